-- How long records are kept, and what may not leave whatever that says.

CREATE TABLE retention_class (
    cell text NOT NULL,
    name text NOT NULL,
    "offset" bigint NOT NULL,              -- number of the act
    record text NOT NULL,
    trigger text NOT NULL,
    keep_days integer NOT NULL,
    basis text NOT NULL,
    reference text NOT NULL,
    by text NOT NULL,
    known_from timestamptz NOT NULL,
    known_until timestamptz,               -- dropped, or said otherwise
    CONSTRAINT retention_class_pkey PRIMARY KEY (cell, name, "offset")
);

CREATE TABLE hold (
    cell text NOT NULL,
    key text NOT NULL,                     -- of the act
    whole boolean NOT NULL,
    assets uuid[] NOT NULL,                -- names: see asset_name
    reference text NOT NULL,
    by text NOT NULL,
    known_from timestamptz NOT NULL,
    known_until timestamptz,               -- released
    CONSTRAINT hold_pkey PRIMARY KEY (cell, key)
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['retention_class', 'hold'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY %I ON %I FOR SELECT TO holdfast_api USING (cell = ANY (viewer_cells()))',
                       name || '_viewer', name);
        EXECUTE format('GRANT SELECT ON %I TO holdfast_api', name);
    END LOOP;
END
$$;

CREATE FUNCTION read_classes(p_viewer text, p_cell text, p_known_at timestamptz)
RETURNS TABLE (name text, record text, trigger text, keep_days integer, basis text, reference text, by text,
        known_from timestamptz)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT c.name, c.record, c.trigger, c.keep_days, c.basis, c.reference, c.by, c.known_from
    FROM retention_class c
    WHERE c.cell = p_cell AND c.known_from <= p_known_at AND (c.known_until IS NULL OR c.known_until > p_known_at)
    ORDER BY c.name;
END $$;

CREATE FUNCTION read_holds(p_viewer text, p_cell text, p_known_at timestamptz, p_after text, p_limit integer)
RETURNS TABLE (key text, whole boolean, assets uuid[], reference text, by text, known_from timestamptz,
        known_until timestamptz)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT h.key, h.whole, h.assets, h.reference, h.by, h.known_from,
           CASE WHEN h.known_until <= p_known_at THEN h.known_until END
    FROM hold h
    WHERE h.cell = p_cell AND h.key > p_after AND h.known_from <= p_known_at
    ORDER BY h.key
    LIMIT p_limit;
END $$;

-- Of one kind of record: how many there are, would leave, are held, wait for their clock to run out, or to begin.
-- p_recorded, p_ended, p_departed: days that the classes about it want after each trigger; NULL where none is about that.
-- All of the cell's records of the kind are looked at: that is what a plan is.
CREATE FUNCTION plan_retention(p_viewer text, p_cell text, p_record text, p_recorded integer, p_ended integer,
        p_departed integer, p_held uuid[], p_all_held boolean, p_at timestamptz)
RETURNS TABLE (total bigint, due bigint, held bigint, running bigint, waiting bigint, next_due timestamptz)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    WITH record AS (
        SELECT e.subject AS asset, e.at AS recorded, e.at AS ended
        FROM event e WHERE p_record = 'event' AND e.cell = p_cell
        UNION ALL
        SELECT NULL, r.first_at, r.until_at FROM run r WHERE p_record = 'run' AND r.cell = p_cell
        UNION ALL
        SELECT s.asset, s.known_from, least(s.until_at, s.known_until)
        FROM status s WHERE p_record = 'status' AND s.cell = p_cell
        UNION ALL
        SELECT a.asset, f.opened_at, f.closed_at
        FROM finding f
        LEFT JOIN asset a ON a.cell = p_cell AND a.asset::text = f.subject
        WHERE p_record = 'finding' AND f.cell = p_cell
        UNION ALL
        SELECT NULL, t.at, f.closed_at
        FROM finding_step t
        JOIN finding f ON f.cell = p_cell AND f.finding = t.finding
        WHERE p_record = 'text' AND t.cell = p_cell AND t.text IS NOT NULL
        UNION ALL
        SELECT NULL, g.known_from, least(g.until_at, g.known_until)
        FROM disclosure_grant g WHERE p_record = 'grant' AND g.cell = p_cell
        UNION ALL
        SELECT NULL, c.at, c.at FROM access c WHERE p_record = 'access' AND c.cell = p_cell
        UNION ALL
        SELECT NULL, d.at, coalesce(d.retried_at, d.at)
        FROM dead_letter d WHERE p_record = 'dead_letter' AND d.cell = p_cell
    ), stood AS (
        SELECT w.asset, CASE WHEN bool_or(w.until_at IS NULL) THEN NULL ELSE max(w.until_at) END AS departed
        FROM whereabouts w
        WHERE p_departed IS NOT NULL AND w.cell = p_cell
        GROUP BY w.asset
    ), timed AS (
        SELECT p_all_held OR coalesce(r.asset = ANY (p_held), false) AS held,
               CASE WHEN p_recorded IS NULL THEN '-infinity'::timestamptz
                    ELSE r.recorded + make_interval(days => p_recorded) END AS one,
               CASE WHEN p_ended IS NULL THEN '-infinity'::timestamptz
                    ELSE r.ended + make_interval(days => p_ended) END AS two,
               CASE WHEN p_departed IS NULL THEN '-infinity'::timestamptz
                    ELSE CASE WHEN r.asset IS NULL OR o.asset IS NULL THEN r.ended ELSE o.departed END
                         + make_interval(days => p_departed) END AS three
        FROM record r
        LEFT JOIN asset_name n ON n.cell = p_cell AND n.name = r.asset AND n.known_until IS NULL
        LEFT JOIN stood o ON o.asset = coalesce(n.asset, r.asset)
    ), dated AS (
        -- NULL: a clock that has not begun
        SELECT t.held, CASE WHEN t.one IS NULL OR t.two IS NULL OR t.three IS NULL THEN NULL
                            ELSE greatest(t.one, t.two, t.three) END AS due_at
        FROM timed t
    )
    SELECT count(*), count(*) FILTER (WHERE d.due_at <= p_at AND NOT d.held),
           count(*) FILTER (WHERE d.due_at <= p_at AND d.held), count(*) FILTER (WHERE d.due_at > p_at),
           count(*) FILTER (WHERE d.due_at IS NULL), min(d.due_at) FILTER (WHERE d.due_at > p_at)
    FROM dated d;
END $$;

REVOKE EXECUTE ON FUNCTION read_classes(text, text, timestamptz),
    read_holds(text, text, timestamptz, text, integer),
    plan_retention(text, text, text, integer, integer, integer, uuid[], boolean, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read_classes(text, text, timestamptz),
    read_holds(text, text, timestamptz, text, integer),
    plan_retention(text, text, text, integer, integer, integer, uuid[], boolean, timestamptz) TO holdfast_api;
