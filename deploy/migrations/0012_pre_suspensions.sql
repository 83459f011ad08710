-- What of a suspended partition rests, and until when: a function of the acts, whatever was folded by then (rules 5, 6).

CREATE TABLE suspension (
    cell text NOT NULL,
    partition integer NOT NULL,            -- of its telemetry
    act bigint NOT NULL,                   -- number of the act that said so
    from_offset bigint NOT NULL,           -- what lies from here on rests, and is known from the resumption on
    from_at timestamptz NOT NULL,
    until_at timestamptz,                  -- NULL: still
    CONSTRAINT suspension_pkey PRIMARY KEY (cell, partition, from_at, act)
);

ALTER TABLE suspension ENABLE ROW LEVEL SECURITY;
CREATE POLICY suspension_viewer ON suspension FOR SELECT TO holdfast_api USING (cell = ANY (viewer_cells()));
GRANT SELECT ON suspension TO holdfast_api;

INSERT INTO suspension (cell, partition, act, from_offset, from_at)
SELECT cell, partition, -1, next_offset, applied FROM position WHERE suspended;

ALTER TABLE position ALTER COLUMN suspended SET DEFAULT false;
ALTER TABLE position ADD COLUMN fence integer NOT NULL DEFAULT 0;  -- moved by whoever changes how its log is to be read

-- Partitions that do not count, or that stopped.
CREATE OR REPLACE FUNCTION read_suspended(p_viewer text, p_cell text)
RETURNS TABLE (topic text, partition integer, stopped text)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT p.topic, p.partition, p.stopped
    FROM position p
    LEFT JOIN suspension s
        ON s.cell = p_cell AND s.partition = p.partition AND p.topic = 'telemetry' AND s.until_at IS NULL
    WHERE p.cell = p_cell AND (s.act IS NOT NULL OR p.stopped IS NOT NULL)
    ORDER BY p.topic, p.partition;
END $$;

-- Partitions that did not count, as known at a moment.
CREATE FUNCTION read_resting(p_viewer text, p_cell text, p_known_at timestamptz)
RETURNS TABLE (partition integer)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT s.partition
    FROM suspension s
    WHERE s.cell = p_cell AND s.from_at <= p_known_at AND (s.until_at IS NULL OR s.until_at > p_known_at)
    ORDER BY s.partition;
END $$;

-- Stretches in which nothing at all was appended, or a partition was suspended: these silences are ours.
CREATE OR REPLACE FUNCTION read_outages(p_viewer text, p_cell text, p_from timestamptz, p_until timestamptz, p_known_at
        timestamptz)
RETURNS TABLE (partition integer, from_at timestamptz, until_at timestamptz)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT o.partition, o.from_at, o.until_at
    FROM outage o
    WHERE o.cell = p_cell AND o.topic = 'telemetry' AND o.from_at < p_until AND o.until_at > p_from
      AND o.until_at <= p_known_at
    UNION ALL
    SELECT s.partition, s.from_at, least(coalesce(s.until_at, p_known_at), p_known_at)
    FROM suspension s
    WHERE s.cell = p_cell AND s.from_at < least(p_until, p_known_at)
      AND (s.until_at IS NULL OR s.until_at > greatest(p_from, s.from_at))
    ORDER BY partition, from_at;
END $$;

CREATE OR REPLACE FUNCTION all_positions()
RETURNS TABLE (cell text, simulated boolean, horizon timestamptz, topic text, partition integer, applied timestamptz,
               suspended boolean, stopped text, seen_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT c.cell, c.simulated, c.horizon, p.topic, p.partition, p.applied, s.act IS NOT NULL, p.stopped,
           statement_timestamp()
    FROM cell c
    LEFT JOIN position p ON p.cell = c.cell
    LEFT JOIN suspension s
        ON s.cell = c.cell AND s.partition = p.partition AND p.topic = 'telemetry' AND s.until_at IS NULL
    ORDER BY c.cell, p.topic, p.partition
$$;

REVOKE EXECUTE ON FUNCTION read_resting(text, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read_resting(text, text, timestamptz) TO holdfast_api;
