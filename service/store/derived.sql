-- name: cell_row
SELECT operator, simulated, horizon, fence, next_event, terms, salt_key FROM cell WHERE cell = $1

-- name: reach
SELECT min(p.applied) AS reach
FROM position p
LEFT JOIN suspension s ON s.cell = $1 AND s.partition = p.partition AND p.topic = 'telemetry' AND s.until_at IS NULL
WHERE p.cell = $1 AND (s.act IS NULL OR p.next_offset < s.from_offset)

-- name: fence
UPDATE cell SET horizon = $3, fence = fence + 1, next_event = $4
WHERE cell = $1 AND fence = $2 AND horizon <= $3
RETURNING fence

-- name: change_bound
SELECT at FROM change WHERE cell = $1 AND at < $2 ORDER BY at, rank, partition, "offset", n OFFSET $3 LIMIT 1

-- name: changes
SELECT at, rank, partition, "offset", n, kind, run, detail
FROM change
WHERE cell = $1 AND at < $2
ORDER BY at, rank, partition, "offset", n

-- name: forget_changes
DELETE FROM change WHERE cell = $1 AND at < $2 RETURNING n

-- name: due_runs
SELECT run, source, scope, partition, timing, digest, known, tolerance_ms, first_at, last_at, until_at, end_cause, check_at
FROM run
WHERE cell = $1 AND check_at <= $2
ORDER BY check_at, source, scope, run

-- name: move_checks
UPDATE run r SET check_at = u.check_at
FROM unnest($2::bigint[], $3::timestamptz[]) AS u(run, check_at)
WHERE r.cell = $1 AND r.run = u.run
RETURNING r.run

-- name: due_decisions
SELECT asset, at FROM decision WHERE cell = $1 AND at <= $2 ORDER BY at, asset

-- name: runs_by_number
SELECT run, source, scope, partition, timing, digest, known, tolerance_ms, first_at, last_at, until_at, end_cause, check_at
FROM run
WHERE cell = $1 AND run = ANY ($2::bigint[])

-- name: runs_of
SELECT r.run, r.source, r.scope, r.partition, r.timing, r.digest, r.known, r.tolerance_ms, r.first_at, r.last_at,
       r.until_at, r.end_cause, r.check_at
FROM unnest($2::text[], $3::text[]) AS u(source, scope)
JOIN run r ON r.cell = $1 AND r.source = u.source AND r.scope = u.scope
ORDER BY r.source, r.scope, r.first_at, r.run

-- name: inventories
SELECT digest, document FROM inventory WHERE cell = $1 AND digest = ANY ($2::bytea[])

-- name: stated_by
SELECT DISTINCT i.source, i.scope
FROM source_inventory i
JOIN run r ON r.cell = $1 AND r.source = i.source AND r.scope = i.scope AND r.digest = $2 AND r.timing <> 'late' AND r.known
WHERE i.cell = $1 AND i.digest = $2 AND r.first_at <= $3 AND r.last_at + r.tolerance_ms * interval '1 ms' >= $3
  AND (r.until_at IS NULL OR r.until_at > $3)

-- name: act
SELECT "offset", at, key, act, by, body, outcome, words FROM act WHERE cell = $1 AND "offset" = ANY ($2::bigint[])

-- name: settle_acts
UPDATE act a SET outcome = u.outcome, words = u.words
FROM unnest($2::bigint[], $3::text[], $4::text[]) AS u(off, outcome, words)
WHERE a.cell = $1 AND a."offset" = u.off
RETURNING a."offset"

-- name: places
SELECT place, kind, within, country, latitude, longitude, from_at FROM place WHERE cell = $1 AND until_at IS NULL

-- name: aliases
SELECT alias, place FROM place_alias WHERE cell = $1

-- name: close_place
UPDATE place SET until_at = $3 WHERE cell = $1 AND place = $2 AND until_at IS NULL RETURNING from_at

-- name: drop_place
DELETE FROM place WHERE cell = $1 AND place = $2 AND from_at = $3 RETURNING place

-- name: add_place
INSERT INTO place (cell, place, kind, within, country, latitude, longitude, from_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
RETURNING place

-- name: put_alias
INSERT INTO place_alias (cell, alias, place, from_at) VALUES ($1, $2, $3, $4)
ON CONFLICT ON CONSTRAINT place_alias_pkey DO UPDATE SET place = excluded.place, from_at = excluded.from_at
RETURNING alias

-- name: surveys
SELECT source, slot, place, from_at FROM survey WHERE cell = $1 AND until_at IS NULL

-- name: end_survey
UPDATE survey SET until_at = $4 WHERE cell = $1 AND source = $2 AND slot = ANY ($3::text[]) AND until_at IS NULL AND from_at < $4
RETURNING slot

-- name: drop_survey
DELETE FROM survey WHERE cell = $1 AND source = $2 AND slot = ANY ($3::text[]) AND until_at IS NULL AND from_at >= $4
RETURNING slot

-- name: add_surveys
INSERT INTO survey (cell, source, slot, place, from_at)
SELECT $1, $2, u.slot, u.place, $5 FROM unnest($3::text[], $4::text[]) AS u(slot, place)
RETURNING slot

-- name: add_work
INSERT INTO work (cell, ticket, known_from, from_at, until_at, assets, places, explains, approver, by, cancelled)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT ON CONSTRAINT work_pkey DO UPDATE
SET from_at = excluded.from_at, until_at = excluded.until_at, assets = excluded.assets, places = excluded.places,
    explains = excluded.explains, approver = excluded.approver, by = excluded.by, cancelled = excluded.cancelled
RETURNING ticket

-- name: works
SELECT ticket, known_from, from_at, until_at, assets, places, explains, coalesce(cancelled, false) AS cancelled
FROM work
WHERE cell = $1
ORDER BY ticket, known_from

-- name: add_statuses
INSERT INTO status (cell, key, "offset", n, asset, status, party, document, ticket, place, by, from_at, until_at, known_from)
SELECT $1, u.key, u.off, u.n, u.asset, u.status, u.party, u.document, u.ticket, u.place, u.by, u.from_at, u.until_at,
       u.known_from
FROM unnest($2::text[], $3::bigint[], $4::integer[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
            $11::text[], $12::timestamptz[], $13::timestamptz[], $14::timestamptz[])
     AS u(key, off, n, asset, status, party, document, ticket, place, by, from_at, until_at, known_from)
RETURNING n

-- name: withdraw_statuses
UPDATE status SET known_until = $3 WHERE cell = $1 AND key = $2 AND known_until IS NULL RETURNING asset

-- name: released
SELECT asset FROM status WHERE cell = $1 AND key = $2 AND status = 'released' AND known_until IS NULL ORDER BY n

-- name: add_acceptances
INSERT INTO acceptance (cell, release, asset, key, "offset", by, document, at, known_from)
SELECT $1, u.release, u.asset, u.key, u.off, u.by, u.document, u.at, u.known_from
FROM unnest($2::text[], $3::uuid[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::timestamptz[], $9::timestamptz[])
     AS u(release, asset, key, off, by, document, at, known_from)
RETURNING asset

-- name: accepted
SELECT asset FROM acceptance WHERE cell = $1 AND release = $2 AND known_until IS NULL

-- name: withdraw_acceptances
UPDATE acceptance SET known_until = $3 WHERE cell = $1 AND key = $2 AND known_until IS NULL RETURNING asset

-- name: add_edge
INSERT INTO edge (cell, key, joins, one, other, known_from) VALUES ($1, $2, $3, $4, $5, $6) RETURNING key

-- name: undo_edge
UPDATE edge SET known_until = $3 WHERE cell = $1 AND key = $2 AND known_until IS NULL RETURNING joins, one, other

-- name: edges
SELECT key, joins, one, other FROM edge WHERE cell = $1 AND known_until IS NULL

-- name: parts_by_key
SELECT part, asset, kind, alone, at, rank, partition, "offset", n FROM part WHERE cell = $1 AND part = ANY ($2::bytea[])

-- name: parts_by_asset
SELECT part, asset, kind, alone, at, rank, partition, "offset", n FROM part WHERE cell = $1 AND asset = ANY ($2::uuid[])

-- name: holders
SELECT u.kind, u.scheme, u.scope, u.value, v.part
FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS u(kind, scheme, scope, value)
JOIN part_value v ON v.cell = $1 AND v.scheme = u.scheme AND v.scope = u.scope AND v.value = u.value AND v.kind = u.kind

-- name: values_of
SELECT part, kind, scheme, scope, value, strong FROM part_value WHERE cell = $1 AND part = ANY ($2::bytea[])

-- name: shared_among
SELECT u.kind, u.scheme, u.scope, u.value
FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS u(kind, scheme, scope, value)
JOIN shared_value s ON s.cell = $1 AND s.scheme = u.scheme AND s.scope = u.scope AND s.value = u.value AND s.kind = u.kind

-- name: add_parts
INSERT INTO part (cell, part, asset, kind, alone, at, rank, partition, "offset", n, known_from)
SELECT $1, u.part, u.asset, u.kind, u.alone, u.at, u.rank, u.partition, u.off, u.n, u.known_from
FROM unnest($2::bytea[], $3::uuid[], $4::text[], $5::boolean[], $6::timestamptz[], $7::smallint[], $8::integer[], $9::bigint[],
            $10::integer[], $11::timestamptz[]) AS u(part, asset, kind, alone, at, rank, partition, off, n, known_from)
RETURNING part

-- name: add_values
INSERT INTO part_value (cell, kind, scheme, scope, value, part, strong, known_from)
SELECT $1, u.kind, u.scheme, u.scope, u.value, u.part, u.strong, u.known_from
FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bytea[], $7::boolean[], $8::timestamptz[])
     AS u(kind, scheme, scope, value, part, strong, known_from)
ON CONFLICT ON CONSTRAINT part_value_pkey DO NOTHING
RETURNING part

-- name: add_shared
INSERT INTO shared_value (cell, kind, scheme, scope, value, since, by_people)
SELECT $1, u.kind, u.scheme, u.scope, u.value, u.since, u.by_people
FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::boolean[])
     AS u(kind, scheme, scope, value, since, by_people)
ON CONFLICT ON CONSTRAINT shared_value_pkey DO NOTHING
RETURNING value

-- name: add_assets
INSERT INTO asset (cell, asset, kind, from_at, known_from)
SELECT $1, u.asset, u.kind, u.from_at, u.known_from
FROM unnest($2::uuid[], $3::text[], $4::timestamptz[], $5::timestamptz[]) AS u(asset, kind, from_at, known_from)
RETURNING asset

-- name: widen_assets
UPDATE asset a SET from_at = u.from_at
FROM unnest($2::uuid[], $3::timestamptz[]) AS u(asset, from_at)
WHERE a.cell = $1 AND a.asset = u.asset AND a.from_at > u.from_at
RETURNING a.asset

-- name: names
SELECT name, asset, known_from FROM asset_name WHERE cell = $1 AND name = ANY ($2::uuid[]) AND known_until IS NULL

-- name: names_of_assets
SELECT name, asset, known_from FROM asset_name WHERE cell = $1 AND asset = ANY ($2::uuid[]) AND known_until IS NULL

-- name: close_names
UPDATE asset_name n SET known_until = u.until_at
FROM unnest($2::uuid[], $3::timestamptz[], $4::timestamptz[]) AS u(name, known_from, until_at)
WHERE n.cell = $1 AND n.name = u.name AND n.known_from = u.known_from AND n.known_until IS NULL
RETURNING n.name

-- name: add_names
INSERT INTO asset_name (cell, name, asset, known_from, known_until)
SELECT $1, u.name, u.asset, u.known_from, u.known_until
FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::timestamptz[]) AS u(name, asset, known_from, known_until)
RETURNING name

-- name: open_bindings
SELECT b.source, b.scope, b.slot, b.asset, b.kind, b.container, b.container_slot, b.stated, b.place, b.surveyed, b.from_at,
       b.until_at, b.end_cause, b.known_from
FROM unnest($2::text[], $3::text[]) AS u(source, scope)
JOIN binding b ON b.cell = $1 AND b.source = u.source AND b.scope = u.scope AND b.until_at IS NULL

-- name: bindings_of_source
SELECT source, scope, slot, asset, kind, container, container_slot, stated, place, surveyed, from_at, until_at, end_cause, known_from
FROM binding WHERE cell = $1 AND source = $2 AND until_at IS NULL

-- name: bindings_stating
SELECT source, scope, slot, asset, kind, container, container_slot, stated, place, surveyed, from_at, until_at, end_cause, known_from
FROM binding WHERE cell = $1 AND stated = ANY ($2::text[]) AND until_at IS NULL

-- name: bindings_of
SELECT source, scope, slot, asset, kind, container, container_slot, stated, place, surveyed, from_at, until_at, end_cause, known_from
FROM binding WHERE cell = $1 AND asset = ANY ($2::uuid[])

-- name: bindings_within
SELECT source, scope, slot, asset, kind, container, container_slot, stated, place, surveyed, from_at, until_at, end_cause, known_from
FROM binding WHERE cell = $1 AND container = ANY ($2::uuid[])

-- name: end_bindings
UPDATE binding b SET until_at = u.until_at, end_cause = u.end_cause
FROM unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::text[])
     AS u(source, scope, slot, from_at, until_at, end_cause)
WHERE b.cell = $1 AND b.source = u.source AND b.scope = u.scope AND b.slot = u.slot AND b.from_at = u.from_at
RETURNING b.slot

-- name: drop_bindings
DELETE FROM binding b
USING unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[]) AS u(source, scope, slot, from_at)
WHERE b.cell = $1 AND b.source = u.source AND b.scope = u.scope AND b.slot = u.slot AND b.from_at = u.from_at
RETURNING b.slot

-- name: add_bindings
INSERT INTO binding (cell, source, scope, slot, asset, kind, container, container_slot, stated, place, surveyed, from_at, until_at,
                     end_cause, known_from)
SELECT $1, u.source, u.scope, u.slot, u.asset, u.kind, u.container, u.container_slot, u.stated, u.place, u.surveyed, u.from_at,
       u.until_at, u.end_cause, u.known_from
FROM unnest($2::text[], $3::text[], $4::text[], $5::uuid[], $6::text[], $7::uuid[], $8::text[], $9::text[], $10::text[],
            $11::boolean[], $12::timestamptz[], $13::timestamptz[], $14::text[], $15::timestamptz[])
     AS u(source, scope, slot, asset, kind, container, container_slot, stated, place, surveyed, from_at, until_at, end_cause, known_from)
RETURNING slot

-- name: add_past_bindings
INSERT INTO binding_past (cell, source, scope, slot, asset, kind, container, container_slot, stated, place, surveyed, from_at, until_at,
                          end_cause, known_from, known_until)
SELECT $1, u.source, u.scope, u.slot, u.asset, u.kind, u.container, u.container_slot, u.stated, u.place, u.surveyed, u.from_at,
       u.until_at, u.end_cause, u.known_from, u.known_until
FROM unnest($2::text[], $3::text[], $4::text[], $5::uuid[], $6::text[], $7::uuid[], $8::text[], $9::text[], $10::text[],
            $11::boolean[], $12::timestamptz[], $13::timestamptz[], $14::text[], $15::timestamptz[], $16::timestamptz[])
     AS u(source, scope, slot, asset, kind, container, container_slot, stated, place, surveyed, from_at, until_at, end_cause,
          known_from, known_until)
RETURNING slot

-- name: whereabouts_of
SELECT asset, kind, container, container_slot, place, moving, disputed, from_at, until_at, known_from
FROM whereabouts WHERE cell = $1 AND asset = ANY ($2::uuid[])
ORDER BY asset, from_at

-- name: drop_whereabouts
DELETE FROM whereabouts w USING unnest($2::uuid[], $3::timestamptz[]) AS u(asset, from_at)
WHERE w.cell = $1 AND w.asset = u.asset AND w.from_at = u.from_at
RETURNING w.asset

-- name: add_past_whereabouts
INSERT INTO whereabouts_past (cell, asset, kind, container, container_slot, place, moving, disputed, from_at, until_at, known_from,
                              known_until)
SELECT $1, u.asset, u.kind, u.container, u.container_slot, u.place, u.moving, u.disputed, u.from_at, u.until_at, u.known_from,
       u.known_until
FROM unnest($2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::boolean[], $8::boolean[], $9::timestamptz[],
            $10::timestamptz[], $11::timestamptz[], $12::timestamptz[])
     AS u(asset, kind, container, container_slot, place, moving, disputed, from_at, until_at, known_from, known_until)
RETURNING asset

-- name: add_whereabouts
INSERT INTO whereabouts (cell, asset, kind, container, container_slot, place, moving, disputed, from_at, until_at, known_from)
SELECT $1, u.asset, u.kind, u.container, u.container_slot, u.place, u.moving, u.disputed, u.from_at, u.until_at, u.known_from
FROM unnest($2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::boolean[], $8::boolean[], $9::timestamptz[],
            $10::timestamptz[], $11::timestamptz[])
     AS u(asset, kind, container, container_slot, place, moving, disputed, from_at, until_at, known_from)
RETURNING asset

-- name: disputes_of
SELECT asset, from_at, until_at, shown_source, shown_scope, shown_slot, rival_source, rival_scope, rival_slot, known_from
FROM dispute WHERE cell = $1 AND asset = ANY ($2::uuid[]) AND known_until IS NULL

-- name: close_disputes
UPDATE dispute d SET known_until = u.known_until
FROM unnest($2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::timestamptz[],
            $11::timestamptz[])
     AS u(asset, from_at, shown_source, shown_scope, shown_slot, rival_source, rival_scope, rival_slot, known_from, known_until)
WHERE d.cell = $1 AND d.asset = u.asset AND d.from_at = u.from_at AND d.shown_source = u.shown_source AND d.shown_scope = u.shown_scope
  AND d.shown_slot = u.shown_slot AND d.rival_source = u.rival_source AND d.rival_scope = u.rival_scope AND d.rival_slot = u.rival_slot
  AND d.known_from = u.known_from
RETURNING d.asset

-- name: drop_disputes
DELETE FROM dispute d
USING unnest($2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::timestamptz[])
     AS u(asset, from_at, shown_source, shown_scope, shown_slot, rival_source, rival_scope, rival_slot, known_from)
WHERE d.cell = $1 AND d.asset = u.asset AND d.from_at = u.from_at AND d.shown_source = u.shown_source AND d.shown_scope = u.shown_scope
  AND d.shown_slot = u.shown_slot AND d.rival_source = u.rival_source AND d.rival_scope = u.rival_scope AND d.rival_slot = u.rival_slot
  AND d.known_from = u.known_from
RETURNING d.asset

-- name: add_disputes
INSERT INTO dispute (cell, asset, from_at, until_at, shown_source, shown_scope, shown_slot, rival_source, rival_scope, rival_slot,
                     known_from, known_until)
SELECT $1, u.asset, u.from_at, u.until_at, u.shown_source, u.shown_scope, u.shown_slot, u.rival_source, u.rival_scope, u.rival_slot,
       u.known_from, u.known_until
FROM unnest($2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
            $11::timestamptz[], $12::timestamptz[])
     AS u(asset, from_at, until_at, shown_source, shown_scope, shown_slot, rival_source, rival_scope, rival_slot, known_from, known_until)
RETURNING asset

-- name: decisions_of
SELECT asset, at FROM decision WHERE cell = $1 AND asset = ANY ($2::uuid[])

-- name: set_decisions
INSERT INTO decision (cell, asset, at)
SELECT $1, u.asset, u.at FROM unnest($2::uuid[], $3::timestamptz[]) AS u(asset, at)
ON CONFLICT ON CONSTRAINT decision_pkey DO UPDATE SET at = excluded.at
RETURNING asset

-- name: drop_decisions
DELETE FROM decision d USING unnest($2::uuid[]) AS u(asset) WHERE d.cell = $1 AND d.asset = u.asset RETURNING d.asset

-- name: all_open_gaps
SELECT source, scope, run, partition, from_at, opened_at FROM gap WHERE cell = $1 AND until_at IS NULL

-- name: close_gaps
UPDATE gap g SET until_at = u.until_at
FROM unnest($2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[]) AS u(source, scope, from_at, until_at)
WHERE g.cell = $1 AND g.source = u.source AND g.scope = u.scope AND g.from_at = u.from_at AND g.until_at IS NULL
RETURNING g.source

-- name: add_gaps
INSERT INTO gap (cell, source, scope, run, partition, from_at, opened_at, until_at)
SELECT $1, u.source, u.scope, u.run, u.partition, u.from_at, u.opened_at, u.until_at
FROM unnest($2::text[], $3::text[], $4::bigint[], $5::integer[], $6::timestamptz[], $7::timestamptz[], $8::timestamptz[])
     AS u(source, scope, run, partition, from_at, opened_at, until_at)
RETURNING source

-- name: open_findings
SELECT finding, kind, severity, subject, state, opened_at, updated_at, closed_at, words, evidence, closed_by, ended_at,
       acknowledged_by, shown_from
FROM finding WHERE cell = $1 AND state = 'open'

-- name: dismissed_findings
SELECT finding, kind, severity, subject, state, opened_at, updated_at, closed_at, words, evidence, closed_by, ended_at,
       acknowledged_by, shown_from
FROM finding WHERE cell = $1 AND closed_by IS NOT NULL AND ended_at IS NULL AND state = 'closed'

-- name: finding
SELECT finding, kind, severity, subject, state, opened_at, updated_at, closed_at, words, evidence, closed_by, ended_at,
       acknowledged_by, shown_from
FROM finding WHERE cell = $1 AND finding = $2

-- name: add_step
INSERT INTO finding_step (cell, finding, "offset", at, step, by, why, key, text, salt, commitment)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
RETURNING "offset"

-- name: erase_text
UPDATE finding_step SET text = NULL, salt = NULL, erased_at = $3
WHERE cell = $1 AND key = $2 AND text IS NOT NULL
RETURNING finding

-- name: erase_act
UPDATE act SET body = $3 WHERE cell = $1 AND "offset" = $2 RETURNING "offset"

-- name: act_of_key
SELECT "offset", body FROM act WHERE cell = $1 AND key = $2 ORDER BY "offset" LIMIT 1

-- name: put_disclosure
INSERT INTO disclosure_policy (cell, "offset", kind, severity, hours, by, known_from)
VALUES ($1, $2, $3, $4, $5, $6, $7)
RETURNING "offset"

-- name: disclosures
SELECT kind, severity, hours FROM disclosure_policy WHERE cell = $1 ORDER BY "offset"

-- name: put_findings
INSERT INTO finding (cell, finding, kind, severity, subject, state, opened_at, updated_at, closed_at, words, evidence,
                     closed_by, ended_at, acknowledged_by, shown_from)
SELECT $1, u.finding, u.kind, u.severity, u.subject, u.state, u.opened_at, u.updated_at, u.closed_at, u.words, u.evidence,
       u.closed_by, u.ended_at, u.acknowledged_by, u.shown_from
FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::timestamptz[], $9::timestamptz[],
            $10::text[], $11::bytea[], $12::text[], $13::timestamptz[], $14::text[], $15::timestamptz[])
     AS u(finding, kind, severity, subject, state, opened_at, updated_at, closed_at, words, evidence, closed_by, ended_at,
          acknowledged_by, shown_from)
ON CONFLICT ON CONSTRAINT finding_pkey DO UPDATE
SET state = excluded.state, updated_at = excluded.updated_at, closed_at = excluded.closed_at, words = excluded.words,
    evidence = excluded.evidence, severity = excluded.severity, closed_by = excluded.closed_by,
    ended_at = excluded.ended_at, acknowledged_by = excluded.acknowledged_by, shown_from = excluded.shown_from
RETURNING finding

-- name: add_events
INSERT INTO event (cell, at, n, kind, subject, bytes)
SELECT $1, u.at, u.n, u.kind, u.subject, u.bytes
FROM unnest($2::timestamptz[], $3::bigint[], $4::text[], $5::uuid[], $6::bytea[]) AS u(at, n, kind, subject, bytes)
RETURNING n

-- name: add_outbox
INSERT INTO outbox (cell, n, asset, kind, scheme, scope, value, at)
SELECT $1, u.n, u.asset, u.kind, u.scheme, u.scope, u.value, u.at
FROM unnest($2::bigint[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::timestamptz[])
     AS u(n, asset, kind, scheme, scope, value, at)
RETURNING n

-- name: seen
SELECT source, source_class FROM source_seen WHERE cell = $1 AND source = ANY ($2::text[])

-- name: open_identity_dispute
INSERT INTO identity_dispute (cell, dispute, scheme, scope, value, kind, assets, known_from)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
RETURNING dispute

-- name: close_identity_disputes
UPDATE identity_dispute d SET known_until = u.known_until
FROM unnest($2::uuid[], $3::timestamptz[]) AS u(dispute, known_until)
WHERE d.cell = $1 AND d.dispute = u.dispute
RETURNING d.dispute

-- name: open_identity_disputes
SELECT dispute, kind, scheme, scope, value, assets FROM identity_dispute WHERE cell = $1 AND known_until IS NULL

-- name: still_covered
SELECT run FROM run
WHERE cell = $1 AND source = $2 AND scope = $3 AND run <> $4 AND timing <> 'late'
  AND first_at < $5::timestamptz
  AND last_at + tolerance_ms * interval '1 ms' >= $5::timestamptz
  AND (until_at IS NULL OR until_at >= $5::timestamptz)
LIMIT 1

-- name: silent_racks
SELECT rack, site FROM silent_rack WHERE cell = $1

-- name: put_silent_racks
INSERT INTO silent_rack (cell, rack, site)
SELECT $1, u.rack, u.site FROM unnest($2::uuid[], $3::text[]) AS u(rack, site)
ON CONFLICT ON CONSTRAINT silent_rack_pkey DO UPDATE SET site = excluded.site
RETURNING rack

-- name: drop_silent_racks
DELETE FROM silent_rack s USING unnest($2::uuid[]) AS u(rack) WHERE s.cell = $1 AND s.rack = u.rack RETURNING s.rack

-- name: racks_of_sources
WITH named AS (
    SELECT DISTINCT r.rack
    FROM binding b
    CROSS JOIN LATERAL (
        SELECT w.container AS rack FROM whereabouts w
        WHERE w.cell = $1 AND w.asset = b.asset AND w.until_at IS NULL AND w.container IS NOT NULL
        UNION
        SELECT b.asset WHERE b.kind = 'rack'
    ) r
    JOIN asset a ON a.cell = $1 AND a.asset = r.rack AND a.kind = 'rack'
    WHERE b.cell = $1 AND b.source = ANY ($2::text[]) AND b.until_at IS NULL
)
SELECT n.rack, b.source,
       (SELECT w.place FROM whereabouts w WHERE w.cell = $1 AND w.asset = n.rack AND w.until_at IS NULL LIMIT 1) AS place
FROM named n
JOIN whereabouts c ON c.cell = $1 AND c.container = n.rack AND c.until_at IS NULL
JOIN binding b ON b.cell = $1 AND b.asset = c.asset AND b.until_at IS NULL AND b.from_at <= $3
GROUP BY n.rack, b.source

-- name: speaking
SELECT r.source, r.run, r.timing
FROM run r JOIN cell c ON c.cell = r.cell
WHERE r.cell = $1 AND r.first_at < c.horizon AND (r.until_at IS NULL OR r.until_at >= c.horizon)
  AND r.last_at + r.tolerance_ms * interval '1 ms' >= c.horizon

-- name: behind
SELECT c.cell, c.horizon, min(p.applied) AS reach
FROM cell c
JOIN position p ON p.cell = c.cell
LEFT JOIN suspension s ON s.cell = p.cell AND s.partition = p.partition AND p.topic = 'telemetry' AND s.until_at IS NULL
WHERE c.cell = ANY ($1::text[]) AND (s.act IS NULL OR p.next_offset < s.from_offset)
GROUP BY c.cell, c.horizon
HAVING min(p.applied) > c.horizon
ORDER BY c.cell

-- name: ended_by
SELECT r.run AS next, p.run, p.source, p.scope, p.timing, p.first_at, p.last_at, p.until_at, p.end_cause
FROM run r
JOIN run p ON p.cell = r.cell AND p.source = r.source AND p.scope = r.scope AND p.partition = r.partition
          AND p.until_at = r.first_at AND p.run <> r.run AND (p.timing = 'late') = (r.timing = 'late')
WHERE r.cell = $1 AND r.run = ANY ($2::bigint[])
ORDER BY p.run

-- name: retired_runs
SELECT run, source, scope, timing, first_at, last_at, until_at, end_cause
FROM run WHERE cell = $1 AND source = $2 AND end_cause = 'retired' AND until_at = $3
ORDER BY run

-- name: add_grant
WITH added AS (
    INSERT INTO disclosure_grant (cell, key, party, whole, place, licence, fields, purpose, by, until_at, known_from)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    RETURNING cell, key
)
INSERT INTO granted_thing (cell, key, asset)
SELECT $1, a.key, t.asset FROM added a CROSS JOIN unnest($12::uuid[]) AS t(asset)
RETURNING asset

-- name: revoke_grant
UPDATE disclosure_grant SET known_until = $3, revoked_by = $4
WHERE cell = $1 AND key = $2 AND known_until IS NULL
RETURNING party

-- name: add_access
INSERT INTO access (cell, "offset", at, party, credential, asked, sha256)
VALUES ($1, $2, $3, $4, $5, $6, $7)
RETURNING "offset"

-- name: add_class
INSERT INTO retention_class (cell, name, "offset", record, trigger, keep_days, basis, reference, by, known_from)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
RETURNING name

-- name: drop_class
UPDATE retention_class SET known_until = $3 WHERE cell = $1 AND name = $2 AND known_until IS NULL RETURNING name

-- name: add_hold
INSERT INTO hold (cell, key, whole, assets, reference, by, known_from)
VALUES ($1, $2, $3, $4, $5, $6, $7)
RETURNING key

-- name: release_hold
UPDATE hold SET known_until = $3 WHERE cell = $1 AND key = $2 AND known_until IS NULL RETURNING key
