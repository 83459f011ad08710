-- What a claim is judged on. Each is one round trip; the queries themselves are in migration 0003. $1: the viewer.

-- name: read_names
SELECT name, asset
FROM read_names($1, $2, $3, $4)

-- name: read_kinds
SELECT asset, kind, from_at
FROM read_kinds($1, $2, $3, $4)

-- name: read_bearers
SELECT name, scope, kind, strong
FROM read_bearers($1, $2, $3, $4, $5)

-- name: read_whereabouts
SELECT asset, kind, container, container_slot, place, moving, disputed, from_at, until_at, known_from
FROM read_whereabouts($1, $2, $3, $4, $5, $6)

-- name: read_bindings
SELECT source, scope, slot, asset, kind, container, container_slot, stated, place, surveyed, from_at, until_at,
       end_cause
FROM read_bindings($1, $2, $3, $4, $5, $6)

-- name: read_bindings_within
SELECT source, scope, slot, asset, kind, container, container_slot, stated, place, surveyed, from_at, until_at,
       end_cause
FROM read_bindings_within($1, $2, $3, $4, $5, $6)

-- name: read_runs
SELECT run, source, scope, partition, timing, digest, known, tolerance_ms, first_at, last_at, until_at, end_cause
FROM read_runs($1, $2, $3, $4, $5, $6)

-- name: read_completeness
SELECT digest, head
FROM read_completeness($1, $2, $3)

-- name: read_disputes
SELECT asset, from_at, until_at, shown_source, shown_scope, shown_slot, rival_source, rival_scope, rival_slot
FROM read_disputes($1, $2, $3, $4, $5, $6)

-- name: read_identity_disputes
SELECT dispute, assets, scheme, known_from, known_until
FROM read_identity_disputes($1, $2, $3, $4)

-- name: read_gaps
SELECT source, scope, partition, from_at, until_at
FROM read_gaps($1, $2, $3, $4, $5, $6)

-- name: read_outages
SELECT partition, from_at, until_at
FROM read_outages($1, $2, $3, $4, $5)

-- name: read_work
SELECT ticket, known_from, from_at, until_at, assets, places, explains, cancelled
FROM read_work($1, $2, $3, $4, $5)

-- name: read_event_hashes
SELECT n, sha256
FROM read_event_hashes($1, $2, $3, $4)

-- name: read_inside
SELECT asset, kind, container, container_slot, place, depth
FROM read_inside($1, $2, $3, $4, $5, $6, $7)

-- name: read_resting
SELECT partition
FROM read_resting($1, $2, $3)

-- name: read_named
SELECT name
FROM read_named($1, $2, $3, $4)

-- name: read_merges
SELECT one, other
FROM read_merges($1, $2, $3, $4)

-- name: read_terms
SELECT source, from_at, source_class, control_domain
FROM read_terms($1, $2, $3, $4)

-- name: read_restated
SELECT place
FROM read_restated($1, $2, $3, $4)

-- name: read_statuses
SELECT key, "offset", asset, status, party, document, ticket, place, by, from_at, until_at, accepted_at, accepted_by,
       accepted_document
FROM read_statuses($1, $2, $3, $4, $5)

-- name: read_kept
SELECT asset
FROM read_kept($1, $2, $3, $4, $5, $6)

-- name: read_stood
SELECT asset, container, from_at, until_at
FROM read_stood($1, $2, $3, $4, $5, $6, $7)

-- name: read_began
SELECT at
FROM read_began($1, $2, $3)

-- name: read_everything
SELECT asset
FROM read_everything($1, $2, $3, $4, $5, $6)

-- name: read_event_digest
SELECT count, last, sha256
FROM read_event_digest($1, $2, $3, $4)
