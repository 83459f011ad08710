-- name: born_cell
INSERT INTO cell (cell, operator, simulated, horizon, fence, next_event, terms, salt_key)
VALUES ($1, 'unassigned', $2, to_timestamp(0), 0, 0, 0, $3)
ON CONFLICT ON CONSTRAINT cell_pkey DO NOTHING
RETURNING cell

-- name: join_partition
INSERT INTO position (cell, topic, partition, epoch, next_offset, applied, record_at, joined_at, fence)
VALUES ($1, $2, $3, 0, 0, $4, to_timestamp(0), $4, 0)
ON CONFLICT ON CONSTRAINT position_pkey DO NOTHING
RETURNING partition

-- name: cells
SELECT cell, operator, simulated, horizon, terms FROM cell WHERE cell = ANY ($1::text[])

-- name: positions
SELECT p.cell, p.topic, p.partition, p.epoch, p.next_offset, p.last_offset, p.last_append, p.last_sha256, p.applied,
       p.record_at, p.stopped, p.stop_kind, p.fence, s.from_offsets, s.untils
FROM position p
LEFT JOIN (
    SELECT cell, 'telemetry' AS topic, partition, array_agg(from_offset ORDER BY act) AS from_offsets,
           array_agg(until_at ORDER BY act) AS untils
    FROM suspension
    WHERE cell = ANY ($1::text[])
    GROUP BY cell, partition
) s ON s.cell = p.cell AND s.topic = p.topic AND s.partition = p.partition
WHERE p.cell = ANY ($1::text[])

-- name: advance
UPDATE position p
SET next_offset = u.next_offset, last_offset = u.last_offset, last_append = u.last_append,
    last_sha256 = u.last_sha256, applied = u.applied, record_at = u.record_at
FROM unnest($1::text[], $2::text[], $3::integer[], $4::integer[], $5::bigint[], $6::bigint[], $7::bigint[],
            $8::timestamptz[], $9::bytea[], $10::timestamptz[], $11::timestamptz[], $12::integer[])
     AS u(cell, topic, partition, epoch, held, next_offset, last_offset, last_append, last_sha256, applied, record_at,
          fence)
WHERE p.cell = u.cell AND p.topic = u.topic AND p.partition = u.partition AND p.epoch = u.epoch
  AND p.next_offset = u.held AND p.fence = u.fence AND p.stopped IS NULL
RETURNING p.cell, p.topic, p.partition

-- name: stop_partition
UPDATE position SET stopped = $5, stop_kind = $6
WHERE cell = $1 AND topic = $2 AND partition = $3 AND next_offset = $4 AND stopped IS NULL
RETURNING partition

-- name: stop_telemetry
UPDATE position SET stopped = $2, stop_kind = $3
WHERE cell = $1 AND topic = 'telemetry' AND stopped IS NULL
RETURNING partition

-- name: stopped
SELECT epoch, next_offset, applied, stop_kind
FROM position
WHERE cell = $1 AND topic = $2 AND partition = $3 AND stopped IS NOT NULL
FOR UPDATE

-- name: go_on
UPDATE position
SET next_offset = $4, epoch = epoch + 1, stopped = NULL, stop_kind = NULL, last_offset = NULL, last_append = NULL,
    last_sha256 = NULL, joined_at = $5
WHERE cell = $1 AND topic = $2 AND partition = $3 AND stopped IS NOT NULL
RETURNING epoch

-- name: count_budget_from
UPDATE cell SET budget_from = greatest(budget_from, $2) WHERE cell = $1 RETURNING cell

-- name: suspended
SELECT p.next_offset, s.from_offset
FROM position p
LEFT JOIN suspension s ON s.cell = $1 AND s.partition = $2 AND s.until_at IS NULL
WHERE p.cell = $1 AND p.topic = 'telemetry' AND p.partition = $2
FOR UPDATE OF p

-- name: suspend
INSERT INTO suspension (cell, partition, act, from_offset, from_at) VALUES ($1, $2, $3, $4, $5)
RETURNING partition

-- name: come_to_rest
UPDATE suspension s SET rests_at = p.applied
FROM position p
WHERE s.cell = $1 AND s.until_at IS NULL AND s.rests_at IS NULL
  AND p.cell = $1 AND p.topic = 'telemetry' AND p.partition = s.partition AND p.next_offset >= s.from_offset
RETURNING s.partition

-- name: suspended_in_new_log
UPDATE suspension SET from_offset = least(from_offset, $3) WHERE cell = $1 AND partition = $2 RETURNING act

-- name: resume
UPDATE suspension SET until_at = $3 WHERE cell = $1 AND partition = $2 AND until_at IS NULL
RETURNING partition

-- name: read_otherwise
UPDATE position SET fence = fence + 1 WHERE cell = $1 AND topic = 'telemetry' AND partition = $2
RETURNING partition

-- name: note_record_gap
INSERT INTO record_gap (cell, topic, partition, epoch, from_offset, until_offset, noted_at, reason)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT ON CONSTRAINT record_gap_pkey DO NOTHING
RETURNING from_offset

-- name: open_runs
SELECT run, source, scope, timing, digest, known, tolerance_ms, first_at, last_at
FROM run
WHERE cell = $1 AND partition = $2 AND source = ANY ($3::text[]) AND until_at IS NULL
ORDER BY run

-- name: known_inventories
SELECT scope, digest FROM source_inventory WHERE cell = $1 AND partition = $2 AND source = $3

-- name: terms
SELECT source, from_at, source_class, control_domain, interval_ms, clock_offset_ms, lateness_ms, retired
FROM source_term
WHERE cell = $1 AND version > $2
ORDER BY source, from_at

-- name: term
SELECT source_class, control_domain, interval_ms, clock_offset_ms, lateness_ms
FROM source_term
WHERE cell = $1 AND source = $2 AND from_at <= $3
ORDER BY from_at DESC
LIMIT 1

-- name: end_retired
UPDATE run r
SET until_at = t.from_at, end_cause = 'retired'
FROM source_term t
WHERE r.cell = $1 AND r.partition = $2 AND r.until_at IS NULL AND t.from_at >= $3 AND t.from_at <= $4
  AND t.cell = $1 AND t.source = r.source AND t.retired AND t.from_at >= r.first_at
  AND NOT EXISTS (SELECT FROM source_term o
                  WHERE o.cell = $1 AND o.source = t.source AND o.retired AND o.from_at >= r.first_at AND o.from_at < t.from_at)
RETURNING r.source

-- name: hold_acts
SELECT applied FROM position WHERE cell = $1 AND topic = 'acts' AND partition = 0 FOR SHARE

-- name: end_resting
UPDATE run r
SET until_at = t.from_at, end_cause = 'retired'
FROM source_term t
WHERE r.cell = $1 AND r.until_at IS NULL AND t.from_at <= $2
  AND t.cell = $1 AND t.source = r.source AND t.retired AND t.from_at >= r.first_at
  AND NOT EXISTS (SELECT FROM source_term o
                  WHERE o.cell = $1 AND o.source = t.source AND o.retired AND o.from_at >= r.first_at AND o.from_at < t.from_at)
  AND r.partition IN (SELECT s.partition
                      FROM suspension s
                      JOIN position p ON p.cell = $1 AND p.topic = 'telemetry' AND p.partition = s.partition
                      WHERE s.cell = $1 AND s.until_at IS NULL AND p.next_offset >= s.from_offset)
RETURNING r.source

-- name: extend_runs
UPDATE run r SET last_at = u.last_at
FROM unnest($2::bigint[], $3::timestamptz[]) AS u(run, last_at)
WHERE r.cell = $1 AND r.run = u.run
RETURNING r.run

-- name: end_runs
UPDATE run r SET last_at = u.last_at, until_at = u.until_at, end_cause = u.end_cause
FROM unnest($2::bigint[], $3::timestamptz[], $4::timestamptz[], $5::text[]) AS u(run, last_at, until_at, end_cause)
WHERE r.cell = $1 AND r.run = u.run AND r.until_at IS NULL
RETURNING r.run

-- name: begin_runs
INSERT INTO run (cell, run, source, scope, partition, timing, digest, known, tolerance_ms, first_at, last_at, until_at,
                 end_cause, check_at)
SELECT $1, u.run, u.source, u.scope, u.partition, u.timing, u.digest, u.known, u.tolerance_ms, u.first_at, u.last_at,
       u.until_at, u.end_cause, u.check_at
FROM unnest($2::bigint[], $3::text[], $4::text[], $5::integer[], $6::text[], $7::bytea[], $8::boolean[], $9::bigint[],
            $10::timestamptz[], $11::timestamptz[], $12::timestamptz[], $13::text[], $14::timestamptz[])
     AS u(run, source, scope, partition, timing, digest, known, tolerance_ms, first_at, last_at, until_at, end_cause, check_at)
RETURNING run

-- name: add_inventories
INSERT INTO inventory (cell, digest, document)
SELECT $1, u.digest, u.document FROM unnest($2::bytea[], $3::bytea[]) AS u(digest, document)
ON CONFLICT ON CONSTRAINT inventory_pkey DO NOTHING
RETURNING digest

-- name: add_source_inventories
INSERT INTO source_inventory (cell, source, scope, partition, digest, first_at)
SELECT $1, u.source, u.scope, u.partition, u.digest, u.first_at
FROM unnest($2::text[], $3::text[], $4::integer[], $5::bytea[], $6::timestamptz[]) AS u(source, scope, partition, digest, first_at)
ON CONFLICT ON CONSTRAINT source_inventory_pkey DO NOTHING
RETURNING digest

-- name: add_sources
INSERT INTO source_seen (cell, source, source_class, first_at)
SELECT $1, u.source, u.source_class, u.first_at
FROM unnest($2::text[], $3::text[], $4::timestamptz[]) AS u(source, source_class, first_at)
ON CONFLICT ON CONSTRAINT source_seen_pkey DO NOTHING
RETURNING source

-- name: add_changes
INSERT INTO change (cell, at, rank, partition, "offset", n, kind, run, detail)
SELECT $1, u.at, u.rank, u.partition, u.off, u.n, u.kind, u.run, u.detail
FROM unnest($2::timestamptz[], $3::smallint[], $4::integer[], $5::bigint[], $6::smallint[], $7::text[], $8::bigint[], $9::bytea[])
     AS u(at, rank, partition, off, n, kind, run, detail)
RETURNING n

-- name: add_outages
INSERT INTO outage (cell, topic, partition, from_at, until_at)
SELECT $1, u.topic, u.partition, u.from_at, u.until_at
FROM unnest($2::text[], $3::integer[], $4::timestamptz[], $5::timestamptz[]) AS u(topic, partition, from_at, until_at)
RETURNING partition

-- name: bury
INSERT INTO dead_letter (cell, topic, partition, epoch, "offset", at, code, words, key, headers, value, source)
SELECT $1, u.topic, u.partition, u.epoch, u.off, u.at, u.code, u.words, u.key, u.headers, u.value, u.source
FROM unnest($2::text[], $3::integer[], $4::integer[], $5::bigint[], $6::timestamptz[], $7::text[], $8::text[], $9::bytea[],
            $10::bytea[], $11::bytea[], $12::text[])
     AS u(topic, partition, epoch, off, at, code, words, key, headers, value, source)
RETURNING "offset"

-- name: budget
WITH enrolled AS (
    SELECT t.source, s.first_at
    FROM (SELECT DISTINCT ON (source) source, retired
          FROM source_term WHERE cell = $1 AND from_at <= $3
          ORDER BY source, from_at DESC) t
    JOIN source_seen s ON s.cell = $1 AND s.source = t.source
    WHERE NOT t.retired
)
SELECT (SELECT count(*) FROM enrolled) AS enrolled, count(DISTINCT d.source) AS unreadable
FROM dead_letter d
JOIN enrolled e ON e.source = d.source AND e.first_at <= d.at
WHERE d.cell = $1 AND d.at > $2 AND d.at <= $3 AND d.code <> 'retired_source'
  AND d.at >= (SELECT coalesce(budget_from, to_timestamp(0)) FROM cell WHERE cell = $1)

-- name: unreadable
SELECT DISTINCT d.at, d.source
FROM dead_letter d
JOIN source_seen s ON s.cell = $1 AND s.source = d.source AND s.first_at <= d.at
JOIN LATERAL (SELECT retired FROM source_term
              WHERE cell = $1 AND source = d.source AND from_at <= $3
              ORDER BY from_at DESC
              LIMIT 1) t ON NOT t.retired
WHERE d.cell = $1 AND d.at > $2 AND d.at <= $3 AND d.code <> 'retired_source'
  AND d.at >= (SELECT coalesce(budget_from, to_timestamp(0)) FROM cell WHERE cell = $1)
ORDER BY d.at, d.source

-- name: dead_letter
SELECT epoch, "offset", at, code, words, key, headers, value, source, retried_at
FROM dead_letter
WHERE cell = $1 AND topic = 'telemetry' AND partition = $2 AND "offset" = $3 AND at < $4
ORDER BY epoch DESC
LIMIT 1

-- name: retried
UPDATE dead_letter SET retried_at = $5
WHERE cell = $1 AND topic = 'telemetry' AND partition = $2 AND epoch = $3 AND "offset" = $4 AND retried_at IS NULL
RETURNING "offset"

-- name: seen_acts
SELECT DISTINCT ON (key) key, body FROM act WHERE cell = $1 AND key = ANY ($2::text[]) ORDER BY key, "offset"

-- name: add_acts
INSERT INTO act (cell, "offset", at, key, act, by, body, outcome, words)
SELECT $1, u.off, u.at, u.key, u.act, u.by, u.body, u.outcome, u.words
FROM unnest($2::bigint[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::bytea[], $8::text[], $9::text[])
     AS u(off, at, key, act, by, body, outcome, words)
RETURNING "offset"

-- name: add_term
INSERT INTO source_term (cell, source, from_at, source_class, control_domain, interval_ms, clock_offset_ms, lateness_ms,
                         retired, version)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, terms + 1 FROM cell WHERE cell = $1
ON CONFLICT ON CONSTRAINT source_term_pkey DO UPDATE
SET source_class = excluded.source_class, control_domain = excluded.control_domain, interval_ms = excluded.interval_ms,
    clock_offset_ms = excluded.clock_offset_ms, lateness_ms = excluded.lateness_ms, retired = excluded.retired,
    version = excluded.version
RETURNING source

-- name: terms_changed
UPDATE cell SET terms = terms + 1 WHERE cell = $1 RETURNING terms

-- name: acts_applied
SELECT p.cell, p.applied, c.terms, c.simulated, c.horizon
FROM position p JOIN cell c ON c.cell = p.cell
WHERE p.cell = ANY ($1::text[]) AND p.topic = 'acts'

-- name: put_operator
INSERT INTO operator (operator, name, country) VALUES ($1, $2, $3)
ON CONFLICT ON CONSTRAINT operator_pkey DO UPDATE SET name = excluded.name, country = excluded.country
RETURNING operator

-- name: put_cell
INSERT INTO cell (cell, operator, simulated, horizon, fence, next_event, terms, salt_key)
VALUES ($1, $2, $3, to_timestamp(0), 0, 0, 0, $4)
ON CONFLICT ON CONSTRAINT cell_pkey DO UPDATE
SET operator = excluded.operator, simulated = excluded.simulated
WHERE cell.operator IN ('unassigned', excluded.operator)
  AND (cell.simulated = excluded.simulated OR cell.horizon <= to_timestamp(0))
RETURNING cell

-- name: lock_cell
SELECT cell FROM cell WHERE cell = $1 FOR UPDATE

-- name: skip
UPDATE position SET next_offset = $7
WHERE cell = $1 AND topic = $2 AND partition = $3 AND epoch = $4 AND next_offset = $5 AND fence = $6 AND stopped IS NULL
RETURNING partition

-- name: dead_letters
SELECT topic, partition, epoch, "offset", at, code, words, source, retried_at, length(value) AS bytes
FROM dead_letter
WHERE cell = $1 AND ($2::text IS NULL OR code = $2)
ORDER BY at DESC, topic, partition, "offset" DESC
LIMIT $3

-- name: dead_letters_open
SELECT DISTINCT partition, "offset"
FROM dead_letter
WHERE cell = $1 AND topic = 'telemetry' AND retried_at IS NULL AND ($2::text IS NULL OR code = $2)
ORDER BY partition, "offset"

-- name: dead_letter_at
SELECT topic, partition, epoch, "offset", at, code, words, source, retried_at, length(value) AS bytes, key, headers, value
FROM dead_letter
WHERE cell = $1 AND topic = $2 AND partition = $3 AND "offset" = $4
ORDER BY epoch DESC
LIMIT 1
