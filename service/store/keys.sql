-- API keys: plain rows, never facts; only hashes are kept.

-- name: key_create
INSERT INTO api_key (key_id, hash, operator, label, scopes, created_at, expires_at, kind)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
RETURNING key_id

-- name: key_list
SELECT key_id, operator, coalesce(kind, 'operator') AS kind, label, scopes, created_at, expires_at, revoked_at
FROM api_key
WHERE $1::text IS NULL OR operator = $1
ORDER BY created_at, key_id

-- name: key_revoke
UPDATE api_key
SET revoked_at = coalesce(revoked_at, $2)
WHERE key_id = $1
RETURNING key_id, revoked_at

-- name: key_find
SELECT hash, operator, kind, scopes, expires_at, revoked, cells, granted
FROM viewer_of_key($1)

-- name: disclosed
SELECT disclosed($1, $2, $3)

-- name: judged_for
SELECT judged_for($1, $2, $3, $4)

-- name: operators
SELECT operator
FROM operator
ORDER BY operator

-- name: operator_of_cell
SELECT operator
FROM cell
WHERE cell = $1

-- name: cells_of_operator
SELECT cell
FROM cell
WHERE operator = $1
ORDER BY cell

-- name: all_cells
SELECT cell, operator, simulated, horizon
FROM cell
ORDER BY cell
