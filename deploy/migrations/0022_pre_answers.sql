-- What people say of findings, and from when on others than the operator may see them.

ALTER TABLE finding
    ADD COLUMN closed_by text,             -- a person; NULL: evidence, or it is open
    ADD COLUMN ended_at timestamptz,       -- once a person closed it: when evidence said the same, or something else
    ADD COLUMN acknowledged_by text,
    ADD COLUMN shown_from timestamptz;     -- to others than the operator; NULL: raised before there was a policy

CREATE INDEX finding_dismissed ON finding (cell) WHERE closed_by IS NOT NULL AND ended_at IS NULL;

-- Steps in their order. What a person wrote can be erased with its salt; the commitment to it stays.
CREATE TABLE finding_step (
    cell text NOT NULL,
    finding uuid NOT NULL,
    "offset" bigint NOT NULL,              -- number of the act
    at timestamptz NOT NULL,
    step text NOT NULL,
    by text NOT NULL,
    why text,
    key text NOT NULL,
    text text,
    salt text,
    commitment text,
    erased_at timestamptz,
    CONSTRAINT finding_step_pkey PRIMARY KEY (cell, finding, "offset")
);
CREATE INDEX finding_step_key ON finding_step (cell, key);

CREATE TABLE disclosure_policy (
    cell text NOT NULL,
    "offset" bigint NOT NULL,
    kind text,
    severity text,
    hours integer NOT NULL,
    by text NOT NULL,
    known_from timestamptz NOT NULL,
    CONSTRAINT disclosure_policy_pkey PRIMARY KEY (cell, "offset")
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['finding_step', 'disclosure_policy'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY %I ON %I FOR SELECT TO holdfast_api USING (cell = ANY (viewer_cells()))',
                       name || '_viewer', name);
        EXECUTE format('GRANT SELECT ON %I TO holdfast_api', name);
    END LOOP;
END
$$;

-- Who sees by grants sees a finding once its time has come: by the clock, in a simulated cell by the horizon.
DROP POLICY finding_granted ON finding;
CREATE POLICY finding_granted ON finding FOR SELECT TO holdfast_api USING (
    cell = (SELECT viewer_grant() ->> 'cell')
    AND coalesce(shown_from, opened_at + interval '72 hours')
        <= (SELECT coalesce((viewer_grant() ->> 'now')::timestamptz, statement_timestamp()))
    AND ((SELECT viewer_grant() ->> 'whole') LIKE '%f%'
         OR shows((SELECT viewer_grant()) ->> subject, 'f', NULL)));

-- The log tells of findings, and what was said of them, at once: to the operator alone.
DROP POLICY event_granted ON event;
CREATE POLICY event_granted ON event FOR SELECT TO holdfast_api USING (
    cell = (SELECT viewer_grant() ->> 'cell')
    AND NOT (kind = 'act' OR kind LIKE 'finding%')
    AND ((SELECT viewer_grant() ->> 'whole') LIKE '%e%'
         OR shows((SELECT viewer_grant()) ->> subject::text, 'e', NULL)));

DROP POLICY act_granted ON act;
CREATE POLICY act_granted ON act FOR SELECT TO holdfast_api USING (
    cell = (SELECT viewer_grant() ->> 'cell')
    AND NOT act LIKE 'finding.%'
    AND ((SELECT viewer_grant() ->> 'whole') LIKE '%e%'));

-- One finding, with what was said of it.
CREATE FUNCTION read_finding(p_viewer text, p_cell text, p_finding uuid)
RETURNS TABLE (finding uuid, kind text, severity text, subject text, state text, opened_at timestamptz, updated_at
        timestamptz, closed_at timestamptz, words text, evidence bytea, closed_by text, acknowledged_by text,
        shown_from timestamptz)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT f.finding, f.kind, f.severity, f.subject, f.state, f.opened_at, f.updated_at, f.closed_at, f.words,
           f.evidence, f.closed_by, f.acknowledged_by, coalesce(f.shown_from, f.opened_at + interval '72 hours')
    FROM finding f
    WHERE f.cell = p_cell AND f.finding = p_finding;
END $$;

CREATE FUNCTION read_steps(p_viewer text, p_cell text, p_finding uuid)
RETURNS TABLE (at timestamptz, step text, by text, why text, text text, commitment text, erased boolean)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT s.at, s.step, s.by, s.why, s.text, s.commitment, s.erased_at IS NOT NULL
    FROM finding_step s
    WHERE s.cell = p_cell AND s.finding = p_finding
    ORDER BY s."offset";
END $$;

REVOKE EXECUTE ON FUNCTION read_finding(text, text, uuid), read_steps(text, text, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read_finding(text, text, uuid), read_steps(text, text, uuid) TO holdfast_api;
