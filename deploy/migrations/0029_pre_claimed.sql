-- Of the identifiers that are shown, none is our own weak scheme, which says what holds a board: no source claims it.

CREATE OR REPLACE FUNCTION read_identifiers(p_viewer text, p_cell text, p_names uuid[], p_known_at timestamptz)
RETURNS TABLE (name uuid, scheme text, scope text, value text, kind text, strong boolean, shared boolean)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT p.asset, v.scheme, v.scope, v.value, v.kind, v.strong,
           EXISTS (
               SELECT FROM shared_value s
               WHERE s.cell = p_cell AND s.scheme = v.scheme AND s.scope = v.scope AND s.value = v.value
                 AND s.kind = v.kind AND s.since <= p_known_at
           )
    FROM part p
    JOIN part_value v ON v.cell = p_cell AND v.part = p.part
    WHERE p.cell = p_cell AND p.asset = ANY (p_names) AND v.scheme <> 'holds_board'
      AND coalesce(p.known_from, p.at) <= p_known_at
      AND coalesce(v.known_from, p.at) <= p_known_at
    ORDER BY v.scheme, v.value, v.scope, v.kind, p.asset;
END $$;

CREATE OR REPLACE FUNCTION read_identifiers_page(p_viewer text, p_cell text, p_scheme text, p_values text[],
        p_kind text, p_known_at timestamptz, p_after_scheme text, p_after_scope text, p_after_value text, p_after_kind text,
        p_after_part text, p_limit integer)
RETURNS TABLE (scheme text, scope text, value text, kind text, part text, name uuid, asset uuid, strong boolean,
        shared boolean)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT v.scheme, v.scope, v.value, v.kind, encode(v.part, 'hex'), p.asset, coalesce(n.asset, p.asset), v.strong,
           EXISTS (
               SELECT FROM shared_value s
               WHERE s.cell = p_cell AND s.scheme = v.scheme AND s.scope = v.scope AND s.value = v.value
                 AND s.kind = v.kind AND s.since <= p_known_at
           )
    FROM part_value v
    JOIN part p ON p.cell = p_cell AND p.part = v.part
    LEFT JOIN asset_name n ON n.cell = p_cell AND n.name = p.asset AND n.known_from <= p_known_at
      AND (n.known_until IS NULL OR n.known_until > p_known_at)
    WHERE v.cell = p_cell AND v.scheme <> 'holds_board'
      AND (v.scheme, v.scope, v.value, v.kind, v.part)
          > (p_after_scheme, p_after_scope, p_after_value, p_after_kind, decode(p_after_part, 'hex'))
      AND coalesce(p.known_from, p.at) <= p_known_at AND coalesce(v.known_from, p.at) <= p_known_at
      AND (p_scheme IS NULL OR v.scheme = p_scheme) AND (p_values IS NULL OR v.value = ANY (p_values))
      AND (p_kind IS NULL OR v.kind = p_kind)
    ORDER BY v.scheme, v.scope, v.value, v.kind, v.part
    LIMIT p_limit;
END $$;
