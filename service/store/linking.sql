-- What links cells (SEMANTICS rules 22, 23): the outbox, the directory of HMACs, and `same_as`. The directory spans
-- cells by its nature; every other statement names its cell.

-- name: waiting_cells
SELECT c.cell FROM cell c WHERE EXISTS (SELECT FROM outbox o WHERE o.cell = c.cell) ORDER BY c.cell

-- name: take_outbox
DELETE FROM outbox o
USING (SELECT n FROM outbox WHERE cell = $1 ORDER BY n LIMIT $2 FOR UPDATE SKIP LOCKED) AS t
WHERE o.cell = $1 AND o.n = t.n
RETURNING o.asset, o.kind, o.scheme, o.scope, o.value, o.at

-- name: add_directory
INSERT INTO directory (hmac, cell, asset, at)
SELECT u.hmac, $1, u.asset, u.at
FROM unnest($2::bytea[], $3::uuid[], $4::timestamptz[]) AS u(hmac, asset, at)
ON CONFLICT ON CONSTRAINT directory_pkey DO NOTHING
RETURNING hmac

-- name: elsewhere
SELECT count(*) AS elsewhere FROM (SELECT hmac FROM directory GROUP BY hmac HAVING min(cell) <> max(cell)) AS claimed

-- name: matches
SELECT a.hmac, a.asset AS one, b.asset AS other
FROM directory a
JOIN directory b ON b.hmac = a.hmac AND b.cell = $2
WHERE a.cell = $1 AND a.hmac > $3
ORDER BY a.hmac
FETCH FIRST $4 ROWS WITH TIES

-- name: bearers
SELECT DISTINCT asset FROM directory WHERE cell = $1 AND hmac = ANY ($2::bytea[])

-- name: assets_of
SELECT g.name, coalesce(a.asset, g.name) AS asset
FROM unnest($2::uuid[]) AS g(name)
LEFT JOIN asset_name a ON a.cell = $1 AND a.name = g.name AND a.known_until IS NULL

-- name: members
SELECT name, asset FROM asset_name WHERE cell = $1 AND asset = ANY ($2::uuid[]) AND known_until IS NULL

-- name: values_of_names
SELECT p.asset AS name, p.at, v.kind, v.scheme, v.scope, v.value
FROM part p
JOIN part_value v ON v.cell = $1 AND v.part = p.part AND v.strong
WHERE p.cell = $1 AND p.asset = ANY ($2::uuid[])
  AND NOT EXISTS (
      SELECT FROM shared_value s
      WHERE s.cell = $1 AND s.scheme = v.scheme AND s.scope = v.scope AND s.value = v.value AND s.kind = v.kind
  )

-- name: reporting
SELECT b.asset AS name, min(b.from_at) AS since, max(r.last_at) AS last
FROM cell c
JOIN binding b ON b.cell = $1 AND b.asset = ANY ($2::uuid[]) AND b.until_at IS NULL
JOIN run r ON r.cell = $1 AND r.source = b.source AND r.scope = b.scope AND r.known AND r.timing <> 'late'
          AND r.first_at < c.horizon AND r.last_at + r.tolerance_ms * interval '1 ms' >= c.horizon
          AND (r.until_at IS NULL OR r.until_at >= c.horizon)
WHERE c.cell = $1
GROUP BY b.asset

-- name: links
SELECT asset, other_asset, trip, state, event
FROM same_as
WHERE cell = $1 AND other_cell = $2 AND asset = ANY ($3::uuid[])

-- name: trip
SELECT state, ref, event
FROM same_as
WHERE cell = $1 AND asset = $2 AND other_cell = $3 AND other_asset = $4 AND trip = $5

-- name: add_link
INSERT INTO same_as (cell, asset, other_cell, other_asset, trip, state, ref, event, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
RETURNING state

-- name: said
SELECT key, outcome FROM act
WHERE cell = $1 AND key = ANY ($2::text[]) AND outcome IS DISTINCT FROM 'repeated'

-- name: clock
SELECT simulated, horizon FROM cell WHERE cell = $1
