-- Listings of what a book holds. Each is one round trip; the queries themselves are in migration 0020. $1: the viewer.

-- name: read_identifiers_page
SELECT scheme, scope, value, kind, part, name, asset, strong, shared
FROM read_identifiers_page($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)

-- name: read_whereabouts_page
SELECT asset, kind, container, container_slot, place, moving, disputed, from_at, until_at, known_from
FROM read_whereabouts_page($1, $2, $3, $4, $5, $6, $7, $8)

-- name: read_runs_page
SELECT run, source, scope, timing, digest, known, tolerance_ms, first_at, last_at, until_at, end_cause
FROM read_runs_page($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: read_gaps_page
SELECT source, scope, partition, from_at, opened_at, until_at
FROM read_gaps_page($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)

-- name: read_disputes_page
SELECT asset, from_at, until_at, shown_source, shown_scope, shown_slot, rival_source, rival_scope, rival_slot,
       known_from, sides
FROM read_disputes_page($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: read_events_page
SELECT n, at, kind, subject, sha256, bytes
FROM read_events_page($1, $2, $3, $4, $5, $6)

-- name: read_acts_page
SELECT "offset", at, key, act, by, outcome, words
FROM read_acts_page($1, $2, $3, $4, $5, $6, $7, $8)

-- name: read_ticket
SELECT ticket, known_from, from_at, until_at, assets, places, explains, approver, by, cancelled
FROM read_ticket($1, $2, $3, $4)

-- name: read_dead_letter
SELECT topic, partition, epoch, "offset", at, code, words, source, size, retried_at, key, headers, value
FROM read_dead_letter($1, $2, $3, $4)

-- name: read_last_event
SELECT n
FROM read_last_event($1, $2, $3)
