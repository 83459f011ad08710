-- What is kept how long, and what would leave. $1: the viewer's cells.

-- name: read_classes
SELECT name, record, trigger, keep_days, basis, reference, by, known_from
FROM read_classes($1, $2, $3)

-- name: read_holds
SELECT key, whole, assets, reference, by, known_from, known_until
FROM read_holds($1, $2, $3, $4, $5)

-- name: plan_retention
SELECT total, due, held, running, waiting, next_due
FROM plan_retention($1, $2, $3, $4, $5, $6, $7, $8, $9)
