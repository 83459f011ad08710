-- What the API may ask. Each read is one round trip (SEMANTICS rule 36): a function that sets the viewer for its
-- transaction and then runs one query, with the caller's rights. p_viewer: the cells that the caller may see,
-- joined by commas. A test explains each query under the API's role.

-- The viewer's cells.
CREATE FUNCTION read_cells(p_viewer text)
RETURNS TABLE (cell text, operator text, simulated boolean, horizon timestamptz)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT c.cell, c.operator, c.simulated, c.horizon
    FROM cell c
    WHERE c.cell = ANY (string_to_array(p_viewer, ','))
    ORDER BY c.cell;
END $$;

-- Which of the viewer's cells knows a name of an asset.
CREATE FUNCTION read_asset_cells(p_viewer text, p_asset uuid)
RETURNS TABLE (cell text)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT DISTINCT a.cell
    FROM asset a
    WHERE a.cell = ANY (string_to_array(p_viewer, ',')) AND a.asset = p_asset;
END $$;

-- The assets that names belong to, as known at a moment, with all their names.
CREATE FUNCTION read_names(p_viewer text, p_cell text, p_names uuid[], p_known_at timestamptz)
RETURNS TABLE (name uuid, asset uuid)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    WITH canonical AS (
        SELECT DISTINCT coalesce(a.asset, g.name) AS asset
        FROM unnest(p_names) AS g(name)
        LEFT JOIN asset_name a ON a.cell = p_cell AND a.name = g.name AND a.known_from <= p_known_at
          AND (a.known_until IS NULL OR a.known_until > p_known_at)
    )
    SELECT a.name, a.asset
    FROM canonical c
    JOIN asset_name a ON a.cell = p_cell AND a.asset = c.asset AND a.known_from <= p_known_at
      AND (a.known_until IS NULL OR a.known_until > p_known_at)
    UNION
    SELECT c.asset, c.asset
    FROM canonical c;
END $$;

-- Which names exist, and as what.
CREATE FUNCTION read_kinds(p_viewer text, p_cell text, p_assets uuid[], p_known_at timestamptz)
RETURNS TABLE (asset uuid, kind text, from_at timestamptz)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT a.asset, a.kind, a.from_at
    FROM asset a
    WHERE a.cell = p_cell AND a.asset = ANY (p_assets) AND a.from_at <= p_known_at;
END $$;

-- A page of the assets of a cell; names that belong to another asset are left out.
CREATE FUNCTION read_assets_page(p_viewer text, p_cell text, p_kind text, p_known_at timestamptz, p_after uuid,
        p_limit integer)
RETURNS TABLE (asset uuid, kind text, from_at timestamptz)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT a.asset, a.kind, a.from_at
    FROM asset a
    WHERE a.cell = p_cell AND a.asset > p_after AND a.from_at <= p_known_at AND (p_kind IS NULL OR a.kind = p_kind)
      AND NOT EXISTS (
          SELECT FROM asset_name n
          WHERE n.cell = p_cell AND n.name = a.asset AND n.asset <> a.asset AND n.known_from <= p_known_at
            AND (n.known_until IS NULL OR n.known_until > p_known_at)
      )
    ORDER BY a.asset
    LIMIT p_limit;
END $$;

-- What sources claim of the identity of the things that bear these names.
CREATE FUNCTION read_identifiers(p_viewer text, p_cell text, p_names uuid[], p_known_at timestamptz)
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
    WHERE p.cell = p_cell AND p.asset = ANY (p_names) AND p.at <= p_known_at
    ORDER BY v.scheme, v.value, v.scope, v.kind, p.asset;
END $$;

-- Who bears a value (normalised).
CREATE FUNCTION read_bearers(p_viewer text, p_cell text, p_scheme text, p_values text[], p_known_at timestamptz)
RETURNS TABLE (name uuid, scope text, kind text, strong boolean)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT p.asset, v.scope, v.kind, v.strong
    FROM part_value v
    JOIN part p ON p.cell = p_cell AND p.part = v.part
    WHERE v.cell = p_cell AND v.value = ANY (p_values) AND v.scheme = p_scheme AND p.at <= p_known_at
    ORDER BY p.asset;
END $$;

-- Where assets were during an interval, as known at a moment (rule 20).
CREATE FUNCTION read_whereabouts(p_viewer text, p_cell text, p_assets uuid[], p_from timestamptz, p_until timestamptz,
        p_known_at timestamptz)
RETURNS TABLE (asset uuid, kind text, container uuid, container_slot text, place text, moving boolean, disputed
        boolean, from_at timestamptz, until_at timestamptz, known_from timestamptz)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT w.asset, w.kind, w.container, w.container_slot, w.place, w.moving, w.disputed, w.from_at, w.until_at,
           w.known_from
    FROM whereabouts w
    WHERE w.cell = p_cell AND w.asset = ANY (p_assets) AND w.from_at < p_until
      AND (w.until_at IS NULL OR w.until_at > p_from) AND w.known_from <= p_known_at
    UNION ALL
    SELECT w.asset, w.kind, w.container, w.container_slot, w.place, w.moving, w.disputed, w.from_at, w.until_at,
           w.known_from
    FROM whereabouts_past w
    WHERE w.cell = p_cell AND w.asset = ANY (p_assets) AND w.from_at < p_until
      AND (w.until_at IS NULL OR w.until_at > p_from)
      AND w.known_from <= p_known_at AND w.known_until > p_known_at
    ORDER BY asset, from_at;
END $$;

-- What stood in places or containers at a moment, and within that, down to a depth.
CREATE FUNCTION read_inside(p_viewer text, p_cell text, p_places text[], p_containers uuid[], p_as_of timestamptz,
        p_known_at timestamptz, p_depth integer)
RETURNS TABLE (asset uuid, kind text, container uuid, container_slot text, place text, depth integer)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    WITH RECURSIVE inside AS (
        SELECT f.asset, f.kind, f.container, f.container_slot, f.place, 1 AS depth
        FROM (
            SELECT w.asset, w.kind, w.container, w.container_slot, w.place
            FROM whereabouts w
            WHERE w.cell = p_cell AND w.place = ANY (p_places) AND w.from_at <= p_as_of
              AND (w.until_at IS NULL OR w.until_at > p_as_of)
              AND w.known_from <= p_known_at
            UNION ALL
            SELECT w.asset, w.kind, w.container, w.container_slot, w.place
            FROM whereabouts_past w
            WHERE w.cell = p_cell AND w.place = ANY (p_places) AND w.from_at <= p_as_of
              AND (w.until_at IS NULL OR w.until_at > p_as_of)
              AND w.known_from <= p_known_at AND w.known_until > p_known_at
            UNION ALL
            SELECT w.asset, w.kind, w.container, w.container_slot, w.place
            FROM whereabouts w
            WHERE w.cell = p_cell AND w.container = ANY (p_containers) AND w.from_at <= p_as_of
              AND (w.until_at IS NULL OR w.until_at > p_as_of)
              AND w.known_from <= p_known_at
            UNION ALL
            SELECT w.asset, w.kind, w.container, w.container_slot, w.place
            FROM whereabouts_past w
            WHERE w.cell = p_cell AND w.container = ANY (p_containers) AND w.from_at <= p_as_of
              AND (w.until_at IS NULL OR w.until_at > p_as_of)
              AND w.known_from <= p_known_at AND w.known_until > p_known_at
        ) f
        UNION
        SELECT x.asset, x.kind, x.container, x.container_slot, x.place, i.depth + 1
        FROM inside i
        CROSS JOIN LATERAL (
            SELECT i.asset AS name
            UNION
            SELECT a.name FROM asset_name a WHERE a.cell = p_cell AND a.asset = i.asset
              AND a.known_from <= p_known_at AND (a.known_until IS NULL OR a.known_until > p_known_at)
        ) n
        CROSS JOIN LATERAL (
            SELECT w.asset, w.kind, w.container, w.container_slot, w.place
            FROM whereabouts w
            WHERE w.cell = p_cell AND w.container = n.name AND w.from_at <= p_as_of
              AND (w.until_at IS NULL OR w.until_at > p_as_of)
              AND w.known_from <= p_known_at
            UNION ALL
            SELECT w.asset, w.kind, w.container, w.container_slot, w.place
            FROM whereabouts_past w
            WHERE w.cell = p_cell AND w.container = n.name AND w.from_at <= p_as_of
              AND (w.until_at IS NULL OR w.until_at > p_as_of)
              AND w.known_from <= p_known_at AND w.known_until > p_known_at
        ) x
        WHERE i.depth < p_depth
    )
    SELECT DISTINCT ON (i.asset) i.asset, i.kind, i.container, i.container_slot, i.place, i.depth
    FROM inside i
    ORDER BY i.asset, i.depth;
END $$;

-- What sources say of things during an interval, and the last that was said of each before it.
CREATE FUNCTION read_bindings(p_viewer text, p_cell text, p_names uuid[], p_from timestamptz, p_until timestamptz,
        p_known_at timestamptz)
RETURNS TABLE (source text, scope text, slot text, asset uuid, kind text, container uuid, container_slot text, stated
        text, place text, surveyed boolean, from_at timestamptz, until_at timestamptz, end_cause text)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT b.source, b.scope, b.slot, b.asset, b.kind, b.container, b.container_slot, b.stated, b.place,
           b.surveyed, b.from_at,
           b.until_at, b.end_cause
    FROM binding b
    WHERE b.cell = p_cell AND b.asset = ANY (p_names) AND b.from_at < p_until AND b.known_from <= p_known_at
      AND (b.until_at IS NULL OR b.until_at > p_from)
    UNION ALL
    SELECT b.source, b.scope, b.slot, b.asset, b.kind, b.container, b.container_slot, b.stated, b.place,
           b.surveyed, b.from_at,
           b.until_at, b.end_cause
    FROM binding_past b
    WHERE b.cell = p_cell AND b.asset = ANY (p_names) AND b.from_at < p_until
      AND (b.until_at IS NULL OR b.until_at > p_from)
      AND b.known_from <= p_known_at AND b.known_until > p_known_at
    UNION ALL
    SELECT l.source, l.scope, l.slot, l.asset, l.kind, l.container, l.container_slot, l.stated, l.place,
           l.surveyed, l.from_at,
           l.until_at, l.end_cause
    FROM unnest(p_names) AS n(name)
    CROSS JOIN LATERAL (
        (
            SELECT b.source, b.scope, b.slot, b.asset, b.kind, b.container, b.container_slot, b.stated, b.place,
                   b.surveyed, b.from_at,
                   b.until_at, b.end_cause
            FROM binding b
            WHERE b.cell = p_cell AND b.asset = n.name AND b.from_at < p_from AND b.until_at <= p_from
              AND b.known_from <= p_known_at
            ORDER BY b.from_at DESC
            LIMIT 1
        )
        UNION ALL
        (
            SELECT b.source, b.scope, b.slot, b.asset, b.kind, b.container, b.container_slot, b.stated, b.place,
                   b.surveyed, b.from_at,
                   b.until_at, b.end_cause
            FROM binding_past b
            WHERE b.cell = p_cell AND b.asset = n.name AND b.from_at < p_from AND b.until_at <= p_from
              AND b.known_from <= p_known_at AND b.known_until > p_known_at
            ORDER BY b.from_at DESC
            LIMIT 1
        )
    ) l;
END $$;

-- What sources say to stand within things during an interval.
CREATE FUNCTION read_bindings_within(p_viewer text, p_cell text, p_names uuid[], p_from timestamptz, p_until
        timestamptz, p_known_at timestamptz)
RETURNS TABLE (source text, scope text, slot text, asset uuid, kind text, container uuid, container_slot text, stated
        text, place text, surveyed boolean, from_at timestamptz, until_at timestamptz, end_cause text)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT b.source, b.scope, b.slot, b.asset, b.kind, b.container, b.container_slot, b.stated, b.place,
           b.surveyed, b.from_at,
           b.until_at, b.end_cause
    FROM binding b
    WHERE b.cell = p_cell AND b.container = ANY (p_names) AND b.from_at < p_until AND b.known_from <= p_known_at
      AND (b.until_at IS NULL OR b.until_at > p_from)
    UNION ALL
    SELECT b.source, b.scope, b.slot, b.asset, b.kind, b.container, b.container_slot, b.stated, b.place,
           b.surveyed, b.from_at,
           b.until_at, b.end_cause
    FROM binding_past b
    WHERE b.cell = p_cell AND b.container = ANY (p_names) AND b.from_at < p_until
      AND (b.until_at IS NULL OR b.until_at > p_from)
      AND b.known_from <= p_known_at AND b.known_until > p_known_at;
END $$;

-- Runs of sources during an interval, of any timing.
CREATE FUNCTION read_runs(p_viewer text, p_cell text, p_sources text[], p_from timestamptz, p_until timestamptz,
        p_known_at timestamptz)
RETURNS TABLE (run bigint, source text, scope text, partition integer, timing text, digest bytea, known boolean,
        tolerance_ms bigint, first_at timestamptz, last_at timestamptz, until_at timestamptz, end_cause text)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT r.run, r.source, r.scope, r.partition, r.timing, r.digest, r.known, r.tolerance_ms, r.first_at,
           r.last_at, r.until_at,
           r.end_cause
    FROM run r
    WHERE r.cell = p_cell AND r.source = ANY (p_sources) AND r.first_at < p_until AND r.first_at <= p_known_at
      AND (r.until_at IS NULL OR r.until_at > p_from)
    ORDER BY r.source, r.scope, r.first_at, r.run;
END $$;

-- The beginning of inventories, where the kinds stand that each is complete for.
CREATE FUNCTION read_completeness(p_viewer text, p_cell text, p_digests bytea[])
RETURNS TABLE (digest bytea, head bytea)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT i.digest, substring(i.document FROM 1 FOR 512)
    FROM inventory i
    WHERE i.cell = p_cell AND i.digest = ANY (p_digests);
END $$;

-- Disputes about where things were during an interval, as known at a moment.
CREATE FUNCTION read_disputes(p_viewer text, p_cell text, p_assets uuid[], p_from timestamptz, p_until timestamptz,
        p_known_at timestamptz)
RETURNS TABLE (asset uuid, from_at timestamptz, until_at timestamptz, shown_source text, shown_scope text, shown_slot
        text, rival_source text, rival_scope text, rival_slot text)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT d.asset, d.from_at, d.until_at, d.shown_source, d.shown_scope, d.shown_slot, d.rival_source, d.rival_scope,
           d.rival_slot
    FROM dispute d
    WHERE d.cell = p_cell AND d.asset = ANY (p_assets) AND d.from_at < p_until
      AND (d.until_at IS NULL OR d.until_at > p_from) AND d.known_from <= p_known_at
      AND (d.known_until IS NULL OR d.known_until > p_known_at)
    ORDER BY d.asset, d.from_at;
END $$;

-- Strong claims to one identity that cannot both be true.
CREATE FUNCTION read_identity_disputes(p_viewer text, p_cell text, p_names uuid[], p_known_at timestamptz)
RETURNS TABLE (dispute uuid, assets uuid[], scheme text, known_from timestamptz, known_until timestamptz)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT d.dispute, d.assets, d.scheme, d.known_from, d.known_until
    FROM identity_dispute d
    WHERE d.cell = p_cell AND d.assets && p_names AND d.known_from <= p_known_at
    ORDER BY d.dispute;
END $$;

-- Silences of sources during an interval, known at a moment.
CREATE FUNCTION read_gaps(p_viewer text, p_cell text, p_sources text[], p_from timestamptz, p_until timestamptz,
        p_known_at timestamptz)
RETURNS TABLE (source text, scope text, partition integer, from_at timestamptz, until_at timestamptz)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT g.source, g.scope, g.partition, g.from_at, g.until_at
    FROM gap g
    WHERE g.cell = p_cell AND g.source = ANY (p_sources) AND g.from_at < p_until AND g.opened_at <= p_known_at
      AND (g.until_at IS NULL OR g.until_at > p_from)
    ORDER BY g.source, g.scope, g.from_at;
END $$;

-- Stretches in which nothing at all was appended: these silences are ours.
CREATE FUNCTION read_outages(p_viewer text, p_cell text, p_from timestamptz, p_until timestamptz, p_known_at
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
    ORDER BY o.partition, o.from_at;
END $$;

-- The places of a cell, as known at a moment.
CREATE FUNCTION read_places(p_viewer text, p_cell text, p_known_at timestamptz, p_after text, p_limit integer)
RETURNS TABLE (place text, kind text, within text, country text, latitude double precision, longitude double
        precision, from_at timestamptz)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT p.place, p.kind, p.within, p.country, p.latitude, p.longitude, p.from_at
    FROM place p
    WHERE p.cell = p_cell AND p.place > p_after AND p.from_at <= p_known_at
      AND (p.until_at IS NULL OR p.until_at > p_known_at)
    ORDER BY p.place
    LIMIT p_limit;
END $$;

-- Sources, enrolled or merely seen, with what was enrolled last.
CREATE FUNCTION read_sources(p_viewer text, p_cell text, p_known_at timestamptz, p_after text, p_limit integer)
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
    ORDER BY 1
    LIMIT p_limit;
END $$;

-- Planned work of an interval, in its last version.
CREATE FUNCTION read_work(p_viewer text, p_cell text, p_from timestamptz, p_until timestamptz, p_known_at timestamptz)
RETURNS TABLE (ticket text, from_at timestamptz, until_at timestamptz, assets uuid[], places text[], explains text[])
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT l.ticket, l.from_at, l.until_at, l.assets, l.places, l.explains
    FROM (
        SELECT DISTINCT ON (k.ticket) k.ticket, k.from_at, k.until_at, k.assets, k.places, k.explains
        FROM work k
        WHERE k.cell = p_cell AND k.known_from <= p_known_at
        ORDER BY k.ticket, k.known_from DESC
    ) l
    WHERE l.from_at < p_until AND l.until_at > p_from;
END $$;

-- A page of the events about things.
CREATE FUNCTION read_events(p_viewer text, p_cell text, p_names uuid[], p_known_at timestamptz, p_after bigint,
        p_limit integer)
RETURNS TABLE (n bigint, at timestamptz, kind text, subject uuid, sha256 bytea, bytes bytea)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT e.n, e.at, e.kind, e.subject, sha256(e.bytes), e.bytes
    FROM event e
    WHERE e.cell = p_cell AND e.subject = ANY (p_names) AND e.n > p_after AND e.at <= p_known_at
    ORDER BY e.n
    LIMIT p_limit;
END $$;

-- Numbers and hashes of all events about things up to a moment.
CREATE FUNCTION read_event_hashes(p_viewer text, p_cell text, p_names uuid[], p_until timestamptz)
RETURNS TABLE (n bigint, sha256 bytea)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT e.n, sha256(e.bytes)
    FROM event e
    WHERE e.cell = p_cell AND e.subject = ANY (p_names) AND e.at <= p_until
    ORDER BY e.n;
END $$;

-- A page of findings, oldest first.
CREATE FUNCTION read_findings(p_viewer text, p_cell text, p_state text, p_kind text, p_after_at timestamptz, p_after
        uuid, p_limit integer)
RETURNS TABLE (finding uuid, kind text, severity text, subject text, state text, opened_at timestamptz, updated_at
        timestamptz, closed_at timestamptz, words text, evidence bytea)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT f.finding, f.kind, f.severity, f.subject, f.state, f.opened_at, f.updated_at, f.closed_at, f.words,
           f.evidence
    FROM finding f
    WHERE f.cell = p_cell AND (f.opened_at, f.finding) > (p_after_at, p_after)
      AND (p_state IS NULL OR f.state = p_state) AND (p_kind IS NULL OR f.kind = p_kind)
    ORDER BY f.opened_at, f.finding
    LIMIT p_limit;
END $$;

-- A page of dead letters, oldest first.
CREATE FUNCTION read_dead_letters(p_viewer text, p_cell text, p_after_at timestamptz, p_after_partition integer,
        p_after_offset bigint, p_limit integer)
RETURNS TABLE (topic text, partition integer, epoch integer, "offset" bigint, at timestamptz, code text, words text,
        source text, size integer, retried_at timestamptz)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT d.topic, d.partition, d.epoch, d."offset", d.at, d.code, d.words, d.source, octet_length(d.value),
           d.retried_at
    FROM dead_letter d
    WHERE d.cell = p_cell AND d.at >= p_after_at
      AND (d.at, d.partition, d."offset") > (p_after_at, p_after_partition, p_after_offset)
    ORDER BY d.at, d.partition, d."offset"
    LIMIT p_limit;
END $$;

-- One act and its outcome.
CREATE FUNCTION read_act(p_viewer text, p_cell text, p_offset bigint)
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
    WHERE a.cell = p_cell AND c.cell = p_cell AND a."offset" = p_offset;
END $$;

-- Partitions that do not count, or that stopped.
CREATE FUNCTION read_suspended(p_viewer text, p_cell text)
RETURNS TABLE (topic text, partition integer, stopped text)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT p.topic, p.partition, p.stopped
    FROM position p
    WHERE p.cell = p_cell AND (p.suspended OR p.stopped IS NOT NULL)
    ORDER BY p.topic, p.partition;
END $$;

-- What people said of partitions that do not count, in order.
CREATE FUNCTION read_suspensions(p_viewer text, p_cell text, p_known_at timestamptz)
RETURNS TABLE (body bytea)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT a.body
    FROM act a
    WHERE a.cell = p_cell AND a.at <= p_known_at AND a.act IN ('partition.suspend', 'partition.resume')
      AND a.outcome IS DISTINCT FROM 'refused'
    ORDER BY a."offset";
END $$;

-- What is asked before there is a viewer, with the owner's rights and these columns only -------------------------

CREATE FUNCTION viewer_of_key(p_key_id text)
RETURNS TABLE (hash bytea, operator text, scopes text[], expires_at timestamptz, revoked boolean, cells text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT k.hash, k.operator, k.scopes, k.expires_at, k.revoked_at IS NOT NULL,
           ARRAY(SELECT c.cell FROM cell c WHERE c.operator = k.operator ORDER BY c.cell)
    FROM api_key k
    WHERE k.key_id = p_key_id
$$;

-- Where every partition is: for /readyz and /metrics.
CREATE FUNCTION all_positions()
RETURNS TABLE (cell text, simulated boolean, horizon timestamptz, topic text, partition integer, applied timestamptz,
               suspended boolean, stopped text, seen_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT c.cell, c.simulated, c.horizon, p.topic, p.partition, p.applied, p.suspended, p.stopped,
           statement_timestamp()
    FROM cell c
    LEFT JOIN position p ON p.cell = c.cell
    ORDER BY c.cell, p.topic, p.partition
$$;

CREATE FUNCTION rejected_by_reason()
RETURNS TABLE (cell text, code text, count bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT d.cell, d.code, count(*) FROM dead_letter d GROUP BY d.cell, d.code ORDER BY d.cell, d.code
$$;

CREATE FUNCTION migrations_applied()
RETURNS TABLE (number integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT m.number FROM migration m ORDER BY m.number
$$;

DO $$
DECLARE
    name regprocedure;
BEGIN
    FOR name IN
        SELECT p.oid::regprocedure FROM pg_proc p
        WHERE p.pronamespace = current_schema()::regnamespace
          AND (p.proname LIKE 'read\_%' OR p.proname IN
               ('viewer_of_key', 'all_positions', 'rejected_by_reason', 'migrations_applied'))
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', name);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO holdfast_api', name);
    END LOOP;
END
$$;
