-- Going on after a stop, and what that depends on.

ALTER TABLE position ADD COLUMN stop_kind text;     -- which kind of stop `stopped` tells of: see schemas.errors

-- From when on the budget of unreadable sources counts (NULL: always), set by a person's going on.
ALTER TABLE cell ADD COLUMN budget_from timestamptz;

-- The version of the cell's terms that brought a term, so that only new ones are read.
ALTER TABLE source_term ADD COLUMN version bigint NOT NULL DEFAULT 0;
ALTER TABLE source_term ALTER COLUMN version DROP DEFAULT;
CREATE INDEX source_term_version ON source_term (cell, version);
CREATE INDEX source_term_retired ON source_term (cell, from_at) WHERE retired;

-- Acts are numbered by their offset, above those of all logs that their topic was before: an offset below 2^40 is one
-- of the log that is there now.
CREATE FUNCTION act_number(p_cell text, p_offset bigint)
RETURNS bigint
LANGUAGE sql STABLE SECURITY INVOKER
RETURN CASE
    WHEN p_offset >= 1099511627776 THEN p_offset
    ELSE p_offset + 1099511627776 * coalesce((
        SELECT p.epoch FROM position p WHERE p.cell = p_cell AND p.topic = 'acts' AND p.partition = 0
    ), 0)
END;

CREATE OR REPLACE FUNCTION read_act(p_viewer text, p_cell text, p_offset bigint)
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
    WHERE a.cell = p_cell AND c.cell = p_cell AND a."offset" = act_number(p_cell, p_offset);
END $$;

CREATE OR REPLACE FUNCTION read_common_act(p_viewer text, p_cell text, p_offset bigint, p_operator text)
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
    WHERE a.cell = p_cell AND c.cell = p_cell AND a."offset" = act_number(p_cell, p_offset)
      AND (p_operator IS NULL OR convert_from(a.body, 'UTF8')::json ->> 'operator' = p_operator);
END $$;

REVOKE EXECUTE ON FUNCTION act_number(text, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act_number(text, bigint) TO holdfast_api;
