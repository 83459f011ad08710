-- API keys: plain rows, never facts; only hashes are kept.

-- name: set_party
SELECT set_config('holdfast.party', $1, true)

-- name: key_create
INSERT INTO api_key (key_id, hash, operator, label, scopes, created_at, expires_at, kind)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
RETURNING key_id

-- name: key_list
SELECT key_id, operator, coalesce(kind, 'operator') AS kind, label, scopes, created_at, expires_at, revoked_at, used_at,
       replaces
FROM api_key
WHERE $1::text IS NULL OR operator = $1
ORDER BY created_at, key_id

-- name: key_page
SELECT key_id, operator, coalesce(kind, 'operator') AS kind, label, scopes, created_at, expires_at, revoked_at, used_at,
       replaces
FROM api_key
WHERE operator = $1 AND key_id > $2
ORDER BY key_id
LIMIT $3

-- name: key_revoke
UPDATE api_key
SET revoked_at = coalesce(revoked_at, $2)
WHERE key_id = $1
RETURNING key_id, revoked_at

-- name: key_rotate
WITH old AS (
    UPDATE api_key k
    SET expires_at = least(k.expires_at, $5)
    FROM (SELECT w.key_id, w.expires_at FROM api_key w WHERE w.key_id = $1 FOR UPDATE) was
    WHERE k.key_id = was.key_id AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > $4)
    RETURNING k.key_id, k.operator, k.label, k.scopes, k.kind, k.created_at, k.expires_at, was.expires_at AS was_until
)
INSERT INTO api_key AS made (key_id, hash, operator, label, scopes, created_at, expires_at, kind, replaces)
SELECT $2, $3, old.operator, old.label, old.scopes, $4, $4 + (old.was_until - old.created_at), old.kind, old.key_id
FROM old
RETURNING made.key_id, made.scopes, made.label, made.expires_at, (SELECT old.expires_at FROM old) AS old_until

-- name: key_use
UPDATE api_key
SET used_at = $2
WHERE key_id = $1
RETURNING key_id

-- name: key_find
SELECT hash, operator, kind, scopes, expires_at, revoked, used_at, cells, granted
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
