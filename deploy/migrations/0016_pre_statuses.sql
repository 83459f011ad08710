-- What people say of the status of things, and of handing them over: statements, beside what sources see.

-- Each thing of each act; `asset` is the name under which it was known then. [from_at, until_at) is as stated.
CREATE TABLE status (
    cell text NOT NULL,
    key text NOT NULL,                     -- of the act
    "offset" bigint NOT NULL,              -- number of the act: of two that begin at once, the later one stands
    n integer NOT NULL,
    asset uuid NOT NULL,
    status text NOT NULL,
    party text,
    document text,
    ticket text,
    place text,                            -- where it is kept
    by text NOT NULL,
    from_at timestamptz NOT NULL,
    until_at timestamptz,
    known_from timestamptz NOT NULL,
    known_until timestamptz,               -- withdrawn
    CONSTRAINT status_pkey PRIMARY KEY (cell, key, n)
);
CREATE INDEX status_asset ON status (cell, asset, from_at, until_at);
CREATE INDEX status_place ON status (cell, place, from_at, until_at);
CREATE UNIQUE INDEX status_page ON status (cell, "offset", n);

-- What was released is accepted by the other side; `release` is the key of the act that released it.
CREATE TABLE acceptance (
    cell text NOT NULL,
    release text NOT NULL,
    asset uuid NOT NULL,
    key text NOT NULL,
    "offset" bigint NOT NULL,
    by text NOT NULL,
    document text,
    at timestamptz NOT NULL,
    known_from timestamptz NOT NULL,
    known_until timestamptz,
    CONSTRAINT acceptance_pkey PRIMARY KEY (cell, release, asset, key)
);
CREATE INDEX acceptance_key ON acceptance (cell, key);
CREATE INDEX acceptance_asset ON acceptance (cell, asset);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['status', 'acceptance'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY %I ON %I FOR SELECT TO holdfast_api USING (cell = ANY (viewer_cells()))',
                       name || '_viewer', name);
        EXECUTE format('GRANT SELECT ON %I TO holdfast_api', name);
    END LOOP;
END
$$;

-- All that was said of the status of things, each with the first acceptance where it was released.
CREATE FUNCTION read_statuses(p_viewer text, p_cell text, p_names uuid[], p_until timestamptz, p_known_at timestamptz)
RETURNS TABLE (key text, "offset" bigint, asset uuid, status text, party text, document text, ticket text, place text,
        by text, from_at timestamptz, until_at timestamptz, accepted_at timestamptz, accepted_by text,
        accepted_document text)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT s.key, s."offset", s.asset, s.status, s.party, s.document, s.ticket, s.place, s.by, s.from_at, s.until_at,
           a.at, a.by, a.document
    FROM status s
    LEFT JOIN LATERAL (
        SELECT c.at, c.by, c.document
        FROM acceptance c
        WHERE c.cell = p_cell AND c.release = s.key AND c.asset = s.asset AND c.known_from <= p_known_at
          AND (c.known_until IS NULL OR c.known_until > p_known_at)
        ORDER BY c."offset"
        LIMIT 1
    ) a ON s.status = 'released'
    WHERE s.cell = p_cell AND s.asset = ANY (p_names) AND s.from_at < p_until AND s.known_from <= p_known_at
      AND (s.known_until IS NULL OR s.known_until > p_known_at)
    ORDER BY s.asset, s.from_at, s."offset", s.n;
END $$;

-- A page of them, in the order of the acts; of one thing's names, of one status, or all.
CREATE FUNCTION read_statuses_page(p_viewer text, p_cell text, p_names uuid[], p_status text, p_known_at timestamptz,
        p_after bigint, p_after_n integer, p_limit integer)
RETURNS TABLE (key text, "offset" bigint, n integer, asset uuid, status text, party text, document text, ticket text,
        place text, by text, from_at timestamptz, until_at timestamptz, known_from timestamptz, accepted_at timestamptz,
        accepted_by text, accepted_document text)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT s.key, s."offset", s.n, s.asset, s.status, s.party, s.document, s.ticket, s.place, s.by, s.from_at,
           s.until_at, s.known_from, a.at, a.by, a.document
    FROM status s
    LEFT JOIN LATERAL (
        SELECT c.at, c.by, c.document
        FROM acceptance c
        WHERE c.cell = p_cell AND c.release = s.key AND c.asset = s.asset AND c.known_from <= p_known_at
          AND (c.known_until IS NULL OR c.known_until > p_known_at)
        ORDER BY c."offset"
        LIMIT 1
    ) a ON s.status = 'released'
    WHERE s.cell = p_cell AND (s."offset", s.n) > (p_after, p_after_n) AND s.known_from <= p_known_at
      AND (s.known_until IS NULL OR s.known_until > p_known_at)
      AND (p_names IS NULL OR s.asset = ANY (p_names)) AND (p_status IS NULL OR s.status = p_status)
    ORDER BY s."offset", s.n
    LIMIT p_limit;
END $$;

-- The things that people say are kept in places, at any moment of an interval.
CREATE FUNCTION read_kept(p_viewer text, p_cell text, p_places text[], p_from timestamptz, p_until timestamptz,
        p_known_at timestamptz)
RETURNS TABLE (asset uuid)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT DISTINCT s.asset
    FROM status s
    WHERE s.cell = p_cell AND s.place = ANY (p_places) AND s.from_at < p_until
      AND (s.until_at IS NULL OR s.until_at > p_from)
      AND s.known_from <= p_known_at AND (s.known_until IS NULL OR s.known_until > p_known_at);
END $$;

-- What stood in places and directly within containers at any moment of an interval, and when.
CREATE FUNCTION read_stood(p_viewer text, p_cell text, p_places text[], p_containers uuid[], p_from timestamptz,
        p_until timestamptz, p_known_at timestamptz)
RETURNS TABLE (asset uuid, container uuid, from_at timestamptz, until_at timestamptz)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT w.asset, w.container, w.from_at, w.until_at
    FROM whereabouts w
    WHERE w.cell = p_cell AND w.place = ANY (p_places) AND w.from_at < p_until
      AND (w.until_at IS NULL OR w.until_at > p_from) AND w.known_from <= p_known_at
    UNION
    SELECT w.asset, w.container, w.from_at, w.until_at
    FROM whereabouts_past w
    WHERE w.cell = p_cell AND w.place = ANY (p_places) AND w.from_at < p_until
      AND (w.until_at IS NULL OR w.until_at > p_from)
      AND w.known_from <= p_known_at AND w.known_until > p_known_at
    UNION
    SELECT w.asset, w.container, w.from_at, w.until_at
    FROM whereabouts w
    WHERE w.cell = p_cell AND w.container = ANY (p_containers) AND w.from_at < p_until
      AND (w.until_at IS NULL OR w.until_at > p_from) AND w.known_from <= p_known_at
    UNION
    SELECT w.asset, w.container, w.from_at, w.until_at
    FROM whereabouts_past w
    WHERE w.cell = p_cell AND w.container = ANY (p_containers) AND w.from_at < p_until
      AND (w.until_at IS NULL OR w.until_at > p_from)
      AND w.known_from <= p_known_at AND w.known_until > p_known_at;
END $$;

-- When the book began: its first event, as known at a moment.
CREATE FUNCTION read_began(p_viewer text, p_cell text, p_known_at timestamptz)
RETURNS TABLE (at timestamptz)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT e.at
    FROM event e
    WHERE e.cell = p_cell AND e.n >= 0 AND e.at <= p_known_at
    ORDER BY e.n
    LIMIT 1;
END $$;

REVOKE EXECUTE ON FUNCTION read_statuses(text, text, uuid[], timestamptz, timestamptz),
    read_statuses_page(text, text, uuid[], text, timestamptz, bigint, integer, integer),
    read_kept(text, text, text[], timestamptz, timestamptz, timestamptz),
    read_stood(text, text, text[], uuid[], timestamptz, timestamptz, timestamptz),
    read_began(text, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read_statuses(text, text, uuid[], timestamptz, timestamptz),
    read_statuses_page(text, text, uuid[], text, timestamptz, bigint, integer, integer),
    read_kept(text, text, text[], timestamptz, timestamptz, timestamptz),
    read_stood(text, text, text[], uuid[], timestamptz, timestamptz, timestamptz),
    read_began(text, text, timestamptz) TO holdfast_api;
