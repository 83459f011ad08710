-- What the API reads. Each is one round trip; the queries themselves are in migrations. $1: the viewer's cells.

-- name: read_cells
SELECT cell, operator, simulated, horizon
FROM read_cells($1)

-- name: read_asset_cells
SELECT cell
FROM read_asset_cells($1, $2)

-- name: read_assets_page
SELECT asset, kind, from_at
FROM read_assets_page($1, $2, $3, $4, $5, $6)

-- name: read_identifiers
SELECT name, scheme, scope, value, kind, strong, shared
FROM read_identifiers($1, $2, $3, $4)

-- name: read_places
SELECT place, kind, within, country, latitude, longitude, from_at
FROM read_places($1, $2, $3, $4, $5, $6, $7)

-- name: read_sources
SELECT source, source_class, control_domain, interval_ms, clock_offset_ms, lateness_ms, retired, enrolled_at,
       first_at
FROM read_sources($1, $2, $3, $4, $5, $6, $7, $8)

-- name: read_events
SELECT n, at, kind, subject, sha256, bytes
FROM read_events($1, $2, $3, $4, $5, $6)

-- name: read_findings
SELECT finding, kind, severity, subject, state, opened_at, updated_at, closed_at, words, evidence
FROM read_findings($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)

-- name: read_dead_letters
SELECT topic, partition, epoch, "offset", at, code, words, source, size, retried_at
FROM read_dead_letters($1, $2, $3, $4, $5, $6, $7, $8)

-- name: read_act
SELECT "offset", at, key, act, by, outcome, words, horizon
FROM read_act($1, $2, $3)

-- name: read_common_act
SELECT "offset", at, key, act, by, outcome, words, horizon
FROM read_common_act($1, $2, $3, $4)

-- name: read_suspended
SELECT topic, partition, stopped
FROM read_suspended($1, $2)

-- name: read_statuses_page
SELECT key, "offset", n, asset, status, party, document, ticket, place, by, from_at, until_at, known_from, accepted_at,
       accepted_by, accepted_document
FROM read_statuses_page($1, $2, $3, $4, $5, $6, $7, $8)

-- name: read_work_page
SELECT ticket, known_from, from_at, until_at, assets, places, explains, approver, by, cancelled
FROM read_work_page($1, $2, $3, $4, $5)

-- name: read_grants
SELECT key, party, whole, place, licence, things, fields, purpose, by, until_at, known_from, known_until, revoked_by
FROM read_grants($1, $2, $3, $4, $5, $6)

-- name: read_accesses
SELECT "offset", at, party, credential, asked, sha256
FROM read_accesses($1, $2, $3, $4, $5, $6)

-- name: read_finding
SELECT finding, kind, severity, subject, state, opened_at, updated_at, closed_at, words, evidence, closed_by,
       acknowledged_by, shown_from
FROM read_finding($1, $2, $3)

-- name: read_steps
SELECT at, step, by, why, text, commitment, erased
FROM read_steps($1, $2, $3)
