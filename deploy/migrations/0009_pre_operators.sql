-- What spans cells belongs to operators: an act of acts.common is read by the operator that it is about.

-- Which cells an operator has: asked with every key that is looked up.
CREATE INDEX cell_operator ON cell (operator);

-- One act that spans cells: of one operator, or of any (p_operator NULL).
CREATE FUNCTION read_common_act(p_viewer text, p_cell text, p_offset bigint, p_operator text)
RETURNS TABLE ("offset" bigint, at timestamptz, key text, act text, by text, outcome text, words text, horizon
        timestamptz)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT a."offset", a.at, a.key, a.act, a.by, a.outcome, a.words, c.horizon
    FROM act a
    JOIN cell c ON c.cell = a.cell
    WHERE a.cell = p_cell AND c.cell = p_cell AND a."offset" = p_offset
      AND (p_operator IS NULL OR convert_from(a.body, 'UTF8')::json ->> 'operator' = p_operator);
END $$;

REVOKE EXECUTE ON FUNCTION read_common_act(text, text, bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read_common_act(text, text, bigint, text) TO holdfast_api;
