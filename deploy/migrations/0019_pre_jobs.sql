-- Claims about large sets are judged in chunks, by whichever API process is free. What is asked and what was found so
-- far are plain tables, never facts (SEMANTICS rule 4): the API writes these two, and nothing else.
--
-- Their keys begin with the operator, not with a cell: a job belongs to whoever asked, may span all of its cells, and is
-- found, limited and swept by operator; no row of a cell is joined with it. A viewer sees the jobs all of whose cells
-- are its own.

CREATE TABLE job (
    operator text NOT NULL,
    job uuid NOT NULL,
    key text,                              -- of idempotency, as its operator gave it
    slot integer,                          -- of an open job: there are as many slots as an operator may have open jobs
    state text NOT NULL,                   -- open, done, cancelled, failed
    cells text[] NOT NULL,
    asked bytea NOT NULL,                  -- JSON: of each cell the claim, known_at, what is said beside it
    digest bytea NOT NULL,                 -- SHA-256 of what was asked: the same key asks the same
    ruleset text NOT NULL,
    size integer NOT NULL,                 -- members
    made_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    taken_at timestamptz NOT NULL,         -- when a chunk of it was last begun: open jobs take turns
    lease_until timestamptz,               -- somebody puts the answer together, until then at most
    ended_at timestamptz,
    words text,                            -- why it failed
    answer bytea,
    CONSTRAINT job_pkey PRIMARY KEY (operator, job)
);
CREATE UNIQUE INDEX job_key ON job (operator, key);
CREATE UNIQUE INDEX job_slot ON job (operator, slot);
CREATE INDEX job_page ON job (operator, made_at, job);
CREATE INDEX job_open ON job (taken_at) WHERE state = 'open';
CREATE INDEX job_expires ON job (expires_at);

CREATE TABLE job_chunk (
    operator text NOT NULL,
    job uuid NOT NULL,
    n integer NOT NULL,
    cell text NOT NULL,
    members uuid[] NOT NULL,
    unborne text[] NOT NULL,               -- subjects as they were asked for, of which the book has none
    ambiguous text[] NOT NULL,             -- those of them that name nothing, or many things
    size integer NOT NULL,
    tries integer NOT NULL,
    lease_until timestamptz,               -- somebody judges it, until then at most; by the database's clock
    done_at timestamptz,
    portion bytea,                         -- JSON: what was found out, to be joined with the others
    names uuid[],                          -- whose events it rests on
    verdicts bytea,                        -- JSON Lines: one member each
    CONSTRAINT job_chunk_pkey PRIMARY KEY (operator, job, n)
);

-- For every command: what is written is held against the same.
ALTER TABLE job ENABLE ROW LEVEL SECURITY;
CREATE POLICY job_viewer ON job TO holdfast_api USING (cells <@ viewer_cells());
GRANT SELECT, INSERT, UPDATE, DELETE ON job TO holdfast_api;
ALTER TABLE job_chunk ENABLE ROW LEVEL SECURITY;
CREATE POLICY job_chunk_viewer ON job_chunk TO holdfast_api USING (cell = ANY (viewer_cells()));
GRANT SELECT, INSERT, UPDATE, DELETE ON job_chunk TO holdfast_api;

-- Whose jobs have something to be done: a chunk to judge, an answer to put together, or their time is over. Whoever
-- works has no viewer before it knows whose job it is; no claim and no answer is told.
CREATE FUNCTION jobs_at_hand()
RETURNS TABLE (operator text, job uuid, cells text[], ruleset text, expired boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT j.operator, j.job, j.cells, j.ruleset, true
    FROM job j
    WHERE j.expires_at <= statement_timestamp()
    UNION ALL
    (
        SELECT j.operator, j.job, j.cells, j.ruleset, false
        FROM job j
        WHERE j.state = 'open' AND j.expires_at > statement_timestamp()
          AND (j.lease_until IS NULL OR j.lease_until <= statement_timestamp())
          AND (
              EXISTS (
                  SELECT FROM job_chunk c
                  WHERE c.operator = j.operator AND c.job = j.job AND c.done_at IS NULL
                    AND (c.lease_until IS NULL OR c.lease_until <= statement_timestamp())
              )
              OR NOT EXISTS (
                  SELECT FROM job_chunk c
                  WHERE c.operator = j.operator AND c.job = j.job AND c.done_at IS NULL
              )
          )
        ORDER BY j.taken_at
    )
$$;

-- One job, by its id or by its key; how much of it is done is counted. What has expired is not there.
CREATE FUNCTION read_job(p_viewer text, p_operator text, p_job uuid, p_key text)
RETURNS TABLE (job uuid, key text, state text, cells text[], asked bytea, digest bytea, size integer, done integer,
        made_at timestamptz, expires_at timestamptz, ended_at timestamptz, words text, answer bytea)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT j.job, j.key, j.state, j.cells, j.asked, j.digest, j.size,
           (SELECT coalesce(sum(c.size), 0)::integer FROM job_chunk c
            WHERE c.operator = p_operator AND c.job = j.job AND c.done_at IS NOT NULL),
           j.made_at, j.expires_at, j.ended_at, j.words, j.answer
    FROM job j
    WHERE j.operator = p_operator AND j.expires_at > statement_timestamp() AND j.job = p_job
    UNION ALL
    SELECT j.job, j.key, j.state, j.cells, j.asked, j.digest, j.size,
           (SELECT coalesce(sum(c.size), 0)::integer FROM job_chunk c
            WHERE c.operator = p_operator AND c.job = j.job AND c.done_at IS NOT NULL),
           j.made_at, j.expires_at, j.ended_at, j.words, j.answer
    FROM job j
    WHERE j.operator = p_operator AND j.expires_at > statement_timestamp() AND j.key = p_key;
END $$;

-- A page of an operator's jobs, oldest first, without their answers.
CREATE FUNCTION read_jobs_page(p_viewer text, p_operator text, p_after_at timestamptz, p_after uuid, p_limit integer)
RETURNS TABLE (job uuid, key text, state text, cells text[], asked bytea, size integer, done integer,
        made_at timestamptz, expires_at timestamptz, ended_at timestamptz, words text)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT j.job, j.key, j.state, j.cells, j.asked, j.size,
           (SELECT coalesce(sum(c.size), 0)::integer FROM job_chunk c
            WHERE c.operator = p_operator AND c.job = j.job AND c.done_at IS NOT NULL),
           j.made_at, j.expires_at, j.ended_at, j.words
    FROM job j
    WHERE j.operator = p_operator AND (j.made_at, j.job) > (p_after_at, p_after)
      AND j.expires_at > statement_timestamp()
    ORDER BY j.made_at, j.job
    LIMIT p_limit;
END $$;

-- The slots that an operator's open jobs have.
CREATE FUNCTION read_job_slots(p_viewer text, p_operator text)
RETURNS TABLE (slot integer, job uuid)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT j.slot, j.job
    FROM job j
    WHERE j.operator = p_operator AND j.slot >= 0
    ORDER BY j.slot;
END $$;

-- The chunks of a job, in their order, without what they hold.
CREATE FUNCTION read_job_chunks(p_viewer text, p_operator text, p_job uuid)
RETURNS TABLE (n integer, cell text, size integer, done boolean)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT c.n, c.cell, c.size, c.done_at IS NOT NULL
    FROM job_chunk c
    WHERE c.operator = p_operator AND c.job = p_job
    ORDER BY c.n;
END $$;

-- What was found out about one chunk, and whose events that rests on.
CREATE FUNCTION read_job_portion(p_viewer text, p_operator text, p_job uuid, p_n integer)
RETURNS TABLE (portion bytea, names uuid[])
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT c.portion, c.names
    FROM job_chunk c
    WHERE c.operator = p_operator AND c.job = p_job AND c.n = p_n AND c.done_at IS NOT NULL;
END $$;

-- The verdicts on the members of one chunk.
CREATE FUNCTION read_job_verdicts(p_viewer text, p_operator text, p_job uuid, p_n integer)
RETURNS TABLE (verdicts bytea)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT c.verdicts
    FROM job_chunk c
    WHERE c.operator = p_operator AND c.job = p_job AND c.n = p_n AND c.done_at IS NOT NULL;
END $$;

-- All things of a cell that were there before a moment, of some kinds (NULL: of all), up to a number of them; names
-- that belong to another asset are left out.
CREATE FUNCTION read_everything(p_viewer text, p_cell text, p_kinds text[], p_before timestamptz,
        p_known_at timestamptz, p_limit integer)
RETURNS TABLE (asset uuid)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT DISTINCT a.asset
    FROM asset a
    WHERE a.cell = p_cell AND a.asset >= '00000000-0000-0000-0000-000000000000' AND a.from_at <= p_before
      AND a.from_at <= p_known_at AND (p_kinds IS NULL OR a.kind = ANY (p_kinds))
      AND NOT EXISTS (
          SELECT FROM asset_name n
          WHERE n.cell = p_cell AND n.name = a.asset AND n.asset <> a.asset AND n.known_from <= p_known_at
            AND (n.known_until IS NULL OR n.known_until > p_known_at)
      )
    ORDER BY a.asset
    LIMIT p_limit;
END $$;

-- How many events there are about things, the last one's number, and one hash over all their hashes in their order.
CREATE FUNCTION read_event_digest(p_viewer text, p_cell text, p_names uuid[], p_until timestamptz)
RETURNS TABLE (count bigint, last bigint, sha256 bytea)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT count(*), max(e.n), sha256(coalesce(string_agg(sha256(e.bytes), ''::bytea ORDER BY e.n), ''::bytea))
    FROM event e
    WHERE e.cell = p_cell AND e.subject = ANY (p_names) AND e.at <= p_until
    HAVING p_cell IS NOT NULL;
END $$;

REVOKE EXECUTE ON FUNCTION jobs_at_hand(),
    read_job(text, text, uuid, text),
    read_jobs_page(text, text, timestamptz, uuid, integer),
    read_job_slots(text, text),
    read_job_chunks(text, text, uuid),
    read_job_portion(text, text, uuid, integer),
    read_job_verdicts(text, text, uuid, integer),
    read_everything(text, text, text[], timestamptz, timestamptz, integer),
    read_event_digest(text, text, uuid[], timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION jobs_at_hand(),
    read_job(text, text, uuid, text),
    read_jobs_page(text, text, timestamptz, uuid, integer),
    read_job_slots(text, text),
    read_job_chunks(text, text, uuid),
    read_job_portion(text, text, uuid, integer),
    read_job_verdicts(text, text, uuid, integer),
    read_everything(text, text, text[], timestamptz, timestamptz, integer),
    read_event_digest(text, text, uuid[], timestamptz) TO holdfast_api;
