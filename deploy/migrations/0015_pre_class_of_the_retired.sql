-- A source that was retired and never enrolled is of the class of its format, as before: NULL.

ALTER TABLE source_term ALTER COLUMN source_class DROP NOT NULL;

UPDATE source_term t SET source_class = NULL
WHERE t.retired
  AND NOT EXISTS (SELECT FROM source_term o
                  WHERE o.cell = t.cell AND o.source = t.source AND o.from_at < t.from_at AND NOT o.retired);

CREATE OR REPLACE FUNCTION read_sources(p_viewer text, p_cell text, p_known_at timestamptz, p_after text, p_limit integer)
RETURNS TABLE (source text, source_class text, control_domain text, interval_ms bigint, clock_offset_ms bigint,
               lateness_ms bigint, retired boolean, enrolled_at timestamptz, first_at timestamptz)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    WITH term AS (
        SELECT DISTINCT ON (t.source) t.source, t.source_class, t.control_domain, t.interval_ms, t.clock_offset_ms,
               t.lateness_ms, t.retired, t.from_at
        FROM source_term t
        WHERE t.cell = p_cell AND t.source > p_after AND t.from_at <= p_known_at
        ORDER BY t.source, t.from_at DESC
    ), seen AS (
        SELECT s.source, s.source_class, s.first_at
        FROM source_seen s
        WHERE s.cell = p_cell AND s.source > p_after AND s.first_at <= p_known_at
    )
    SELECT coalesce(t.source, s.source), coalesce(t.source_class, s.source_class), coalesce(t.control_domain,
           'unknown'),
           t.interval_ms, coalesce(t.clock_offset_ms, 0), coalesce(t.lateness_ms, 120000), coalesce(t.retired, false),
           t.from_at, s.first_at
    FROM term t
    FULL JOIN seen s ON s.source = t.source
    WHERE t.source_class IS NOT NULL OR s.source_class IS NOT NULL  -- else it never was a source: only retired
    ORDER BY 1
    LIMIT p_limit;
END $$;

CREATE OR REPLACE FUNCTION read_terms(p_viewer text, p_cell text, p_sources text[], p_known_at timestamptz)
RETURNS TABLE (source text, from_at timestamptz, source_class text, control_domain text)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT s.source, NULL::timestamptz, s.source_class, NULL::text
    FROM source_seen s
    WHERE s.cell = p_cell AND s.source = ANY (p_sources)
    UNION ALL
    SELECT t.source, t.from_at, t.source_class, t.control_domain
    FROM source_term t
    WHERE t.cell = p_cell AND t.source = ANY (p_sources) AND t.from_at <= p_known_at AND t.source_class IS NOT NULL
    ORDER BY 1, 2 NULLS FIRST;
END $$;
