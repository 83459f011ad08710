-- What probes ask before there is a viewer.

-- name: all_positions
SELECT cell, simulated, horizon, topic, partition, applied, suspended, stopped, seen_at
FROM all_positions()

-- name: migrations_applied
SELECT number
FROM migrations_applied()
