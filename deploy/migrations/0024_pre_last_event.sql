-- Where a feed of changes begins: the number of the last event, as known at a moment.
CREATE FUNCTION read_last_event(p_viewer text, p_cell text, p_known_at timestamptz)
RETURNS TABLE (n bigint)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT e.n
    FROM event e
    WHERE e.cell = p_cell AND e.n >= 0 AND e.at <= p_known_at
    ORDER BY e.n DESC
    LIMIT 1;
END $$;

REVOKE EXECUTE ON FUNCTION read_last_event(text, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read_last_event(text, text, timestamptz) TO holdfast_api;
