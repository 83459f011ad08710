-- A suspended partition rests from where its own time stood when it came to the offset: its silences are ours from
-- there, not from when a person said so (rules 6, 12).

ALTER TABLE suspension ADD COLUMN rests_at timestamptz;  -- what was applied of it then; NULL: it never came there

UPDATE suspension SET rests_at = from_at WHERE until_at IS NOT NULL;
UPDATE suspension s SET rests_at = p.applied
FROM position p
WHERE s.until_at IS NULL AND p.cell = s.cell AND p.topic = 'telemetry' AND p.partition = s.partition
  AND p.next_offset >= s.from_offset;

-- Partitions that did not count, as known at a moment.
CREATE OR REPLACE FUNCTION read_resting(p_viewer text, p_cell text, p_known_at timestamptz)
RETURNS TABLE (partition integer)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT DISTINCT s.partition
    FROM suspension s
    WHERE s.cell = p_cell AND s.rests_at <= p_known_at AND (s.until_at IS NULL OR s.until_at > p_known_at)
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
    SELECT s.partition, s.rests_at, least(coalesce(s.until_at, p_known_at), p_known_at)
    FROM suspension s
    WHERE s.cell = p_cell AND s.rests_at < least(p_until, p_known_at)
      AND (s.until_at IS NULL OR s.until_at > greatest(p_from, s.rests_at))
    ORDER BY partition, from_at;
END $$;
