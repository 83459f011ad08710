-- Claims that are judged in chunks: plain rows of their operator, never facts; migration 0019 says why they are keyed so.
-- Reading functions take $1: the viewer's cells, $2: the operator. Writes stand in a transaction that has set the
-- viewer. Leases go by the database's clock.

-- name: jobs_at_hand
SELECT operator, job, cells, ruleset, expired
FROM jobs_at_hand()

-- name: read_job
SELECT job, key, state, cells, asked, digest, size, done, made_at, expires_at, ended_at, words, answer
FROM read_job($1, $2, $3, $4)

-- name: read_jobs_page
SELECT job, key, state, cells, asked, size, done, made_at, expires_at, ended_at, words
FROM read_jobs_page($1, $2, $3, $4, $5)

-- name: read_job_slots
SELECT slot, job
FROM read_job_slots($1, $2)

-- name: read_job_chunks
SELECT n, cell, size, done
FROM read_job_chunks($1, $2, $3)

-- name: read_job_portion
SELECT portion, names
FROM read_job_portion($1, $2, $3, $4)

-- name: read_job_verdicts
SELECT verdicts
FROM read_job_verdicts($1, $2, $3, $4)

-- name: set_viewer
SELECT set_config('holdfast.cells', $1, true)

-- name: set_patience
SELECT set_config('statement_timeout', $1, true)

-- name: job_put
INSERT INTO job (operator, job, key, slot, state, cells, asked, digest, ruleset, size, made_at, expires_at, taken_at)
SELECT $1, $2, $3, $4, 'open', $5, $6, $7, $8, $9, date_trunc('milliseconds', clock_timestamp()),
       clock_timestamp() + $10 * interval '1 second', clock_timestamp()
ON CONFLICT DO NOTHING
RETURNING job

-- name: chunk_put
INSERT INTO job_chunk (operator, job, n, cell, members, unborne, ambiguous, size, tries)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)
RETURNING n

-- name: chunk_take
UPDATE job_chunk
SET lease_until = clock_timestamp() + $3 * interval '1 second', tries = tries + 1
WHERE operator = $1 AND job = $2 AND n = (
    SELECT n
    FROM job_chunk
    WHERE operator = $1 AND job = $2 AND done_at IS NULL
      AND (lease_until IS NULL OR lease_until <= clock_timestamp())
    ORDER BY n
    LIMIT 1
    FOR UPDATE SKIP LOCKED
)
RETURNING n, cell, members, unborne, ambiguous, tries

-- name: job_taken
UPDATE job
SET taken_at = clock_timestamp()
WHERE operator = $1 AND job = $2 AND state = 'open'
RETURNING asked

-- name: chunk_done
UPDATE job_chunk
SET done_at = clock_timestamp(), lease_until = NULL, portion = $4, names = $5, verdicts = $6
WHERE operator = $1 AND job = $2 AND n = $3 AND done_at IS NULL
RETURNING n

-- name: job_lease
UPDATE job
SET lease_until = clock_timestamp() + $3 * interval '1 second'
WHERE operator = $1 AND job = $2 AND state = 'open' AND (lease_until IS NULL OR lease_until <= clock_timestamp())
  AND NOT EXISTS (SELECT FROM job_chunk WHERE operator = $1 AND job = $2 AND done_at IS NULL)
RETURNING asked

-- name: job_end
UPDATE job
SET state = $3, answer = $4, words = $5, slot = NULL, lease_until = NULL, ended_at = clock_timestamp()
WHERE operator = $1 AND job = $2 AND state = 'open'
RETURNING job

-- name: chunks_drop
DELETE FROM job_chunk
WHERE operator = $1 AND job = $2
RETURNING n

-- name: job_drop
DELETE FROM job
WHERE operator = $1 AND job = $2 AND expires_at <= now()
RETURNING job
