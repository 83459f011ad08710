-- Planned work: who approved it, who said so, that it was called off; and every version of a ticket, since what was told
-- before a thing happened announced it, and what was told afterwards explains it late.

ALTER TABLE work ADD COLUMN approver text;
ALTER TABLE work ADD COLUMN by text;                               -- NULL: said before this was kept
ALTER TABLE work ADD COLUMN cancelled boolean;                     -- NULL, as false: it is planned

-- The versions of tickets that are planned for an interval, oldest first; the last one governs.
DROP FUNCTION read_work(text, text, timestamptz, timestamptz, timestamptz);
CREATE FUNCTION read_work(p_viewer text, p_cell text, p_from timestamptz, p_until timestamptz, p_known_at timestamptz)
RETURNS TABLE (ticket text, known_from timestamptz, from_at timestamptz, until_at timestamptz, assets uuid[], places
        text[], explains text[], cancelled boolean)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT w.ticket, w.known_from, w.from_at, w.until_at, w.assets, w.places, w.explains,
           coalesce(w.cancelled, false)
    FROM (
        SELECT DISTINCT ON (k.ticket) k.ticket, k.from_at, k.until_at, k.cancelled
        FROM work k
        WHERE k.cell = p_cell AND k.known_from <= p_known_at
        ORDER BY k.ticket, k.known_from DESC
    ) l
    JOIN work w ON w.cell = p_cell AND w.ticket = l.ticket AND w.known_from <= p_known_at
    WHERE l.from_at < p_until AND l.until_at > p_from AND l.cancelled IS NOT TRUE
    ORDER BY w.ticket, w.known_from;
END $$;

-- A page of tickets by name, each as last planned.
CREATE FUNCTION read_work_page(p_viewer text, p_cell text, p_known_at timestamptz, p_after text, p_limit integer)
RETURNS TABLE (ticket text, known_from timestamptz, from_at timestamptz, until_at timestamptz, assets uuid[], places
        text[], explains text[], approver text, by text, cancelled boolean)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT DISTINCT ON (k.ticket) k.ticket, k.known_from, k.from_at, k.until_at, k.assets, k.places, k.explains,
           k.approver, k.by, coalesce(k.cancelled, false)
    FROM work k
    WHERE k.cell = p_cell AND k.ticket > p_after AND k.known_from <= p_known_at
    ORDER BY k.ticket, k.known_from DESC
    LIMIT p_limit;
END $$;

REVOKE EXECUTE ON FUNCTION read_work(text, text, timestamptz, timestamptz, timestamptz),
    read_work_page(text, text, timestamptz, text, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read_work(text, text, timestamptz, timestamptz, timestamptz),
    read_work_page(text, text, timestamptz, text, integer) TO holdfast_api;
