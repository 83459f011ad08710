-- Listings of what a book holds, each a page by a key that never changes, and filters on those that there were.

CREATE INDEX gap_source ON gap (cell, source, scope, from_at);
CREATE INDEX finding_subject ON finding (cell, subject, opened_at);

-- Identifiers that sources claim: of a scheme, of a value as it is compared (any of p_values), of a kind, or all.
CREATE FUNCTION read_identifiers_page(p_viewer text, p_cell text, p_scheme text, p_values text[], p_kind text,
        p_known_at timestamptz, p_after_scheme text, p_after_scope text, p_after_value text, p_after_kind text,
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
    WHERE v.cell = p_cell
      AND (v.scheme, v.scope, v.value, v.kind, v.part)
          > (p_after_scheme, p_after_scope, p_after_value, p_after_kind, decode(p_after_part, 'hex'))
      AND coalesce(p.known_from, p.at) <= p_known_at AND coalesce(v.known_from, p.at) <= p_known_at
      AND (p_scheme IS NULL OR v.scheme = p_scheme) AND (p_values IS NULL OR v.value = ANY (p_values))
      AND (p_kind IS NULL OR v.kind = p_kind)
    ORDER BY v.scheme, v.scope, v.value, v.kind, v.part
    LIMIT p_limit;
END $$;

-- Where everything stood at a moment, by asset; of a place, of a container, or all.
CREATE FUNCTION read_whereabouts_page(p_viewer text, p_cell text, p_place text, p_container uuid, p_as_of timestamptz,
        p_known_at timestamptz, p_after uuid, p_limit integer)
RETURNS TABLE (asset uuid, kind text, container uuid, container_slot text, place text, moving boolean,
        disputed boolean, from_at timestamptz, until_at timestamptz, known_from timestamptz)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT w.asset, w.kind, w.container, w.container_slot, w.place, w.moving, w.disputed, w.from_at, w.until_at,
           w.known_from
    FROM (
        SELECT n.asset, n.kind, n.container, n.container_slot, n.place, n.moving, n.disputed, n.from_at,
               CASE WHEN n.until_at <= p_known_at THEN n.until_at END AS until_at, n.known_from
        FROM whereabouts n
        WHERE n.cell = p_cell AND n.asset > p_after AND n.from_at <= p_as_of
          AND (n.until_at IS NULL OR n.until_at > p_as_of) AND n.known_from <= p_known_at
        UNION ALL
        SELECT o.asset, o.kind, o.container, o.container_slot, o.place, o.moving, o.disputed, o.from_at,
               CASE WHEN o.until_at <= p_known_at THEN o.until_at END, o.known_from
        FROM whereabouts_past o
        WHERE o.cell = p_cell AND o.asset > p_after AND o.from_at <= p_as_of
          AND (o.until_at IS NULL OR o.until_at > p_as_of)
          AND o.known_from <= p_known_at AND o.known_until > p_known_at
    ) w
    WHERE (p_place IS NULL OR w.place = p_place) AND (p_container IS NULL OR w.container = p_container)
    ORDER BY w.asset
    LIMIT p_limit;
END $$;

-- Runs by number: of a source, of a scope of it, that touched an interval, or all.
CREATE FUNCTION read_runs_page(p_viewer text, p_cell text, p_source text, p_scope text, p_from timestamptz,
        p_until timestamptz, p_known_at timestamptz, p_after bigint, p_limit integer)
RETURNS TABLE (run bigint, source text, scope text, timing text, digest bytea, known boolean, tolerance_ms bigint,
        first_at timestamptz, last_at timestamptz, until_at timestamptz, end_cause text)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT r.run, r.source, r.scope, r.timing, r.digest, r.known, r.tolerance_ms, r.first_at,
           least(r.last_at, p_known_at), CASE WHEN r.until_at <= p_known_at THEN r.until_at END,
           CASE WHEN r.until_at <= p_known_at THEN r.end_cause END
    FROM run r
    WHERE r.cell = p_cell AND r.run > p_after AND r.first_at <= p_known_at
      AND (p_source IS NULL OR r.source = p_source) AND (p_scope IS NULL OR r.scope = p_scope)
      AND (p_until IS NULL OR r.first_at < p_until) AND (p_from IS NULL OR r.until_at IS NULL OR r.until_at > p_from)
    ORDER BY r.run
    LIMIT p_limit;
END $$;

-- Silences by source: of one, that touched an interval, that last still, or all.
CREATE FUNCTION read_gaps_page(p_viewer text, p_cell text, p_source text, p_open boolean, p_from timestamptz,
        p_until timestamptz, p_known_at timestamptz, p_after_source text, p_after_scope text, p_after timestamptz,
        p_limit integer)
RETURNS TABLE (source text, scope text, partition integer, from_at timestamptz, opened_at timestamptz,
        until_at timestamptz)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT g.source, g.scope, g.partition, g.from_at, g.opened_at,
           CASE WHEN g.until_at <= p_known_at THEN g.until_at END
    FROM gap g
    WHERE g.cell = p_cell AND (g.source, g.scope, g.from_at) > (p_after_source, p_after_scope, p_after)
      AND g.opened_at <= p_known_at AND (p_source IS NULL OR g.source = p_source)
      AND (p_open IS NULL OR p_open = (g.until_at IS NULL OR g.until_at > p_known_at))
      AND (p_until IS NULL OR g.from_at < p_until) AND (p_from IS NULL OR g.until_at IS NULL OR g.until_at > p_from)
    ORDER BY g.source, g.scope, g.from_at
    LIMIT p_limit;
END $$;

-- Disputes about where things are, by asset: of one, that last still, or all.
CREATE FUNCTION read_disputes_page(p_viewer text, p_cell text, p_names uuid[], p_open boolean, p_known_at timestamptz,
        p_after_asset uuid, p_after timestamptz, p_after_sides text, p_limit integer)
RETURNS TABLE (asset uuid, from_at timestamptz, until_at timestamptz, shown_source text, shown_scope text,
        shown_slot text, rival_source text, rival_scope text, rival_slot text, known_from timestamptz, sides text)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT s.asset, s.from_at, s.until_at, s.shown_source, s.shown_scope, s.shown_slot, s.rival_source, s.rival_scope,
           s.rival_slot, s.known_from, s.sides
    FROM (
        SELECT d.asset, d.from_at, CASE WHEN d.until_at <= p_known_at THEN d.until_at END AS until_at, d.shown_source,
               d.shown_scope, d.shown_slot, d.rival_source, d.rival_scope, d.rival_slot, d.known_from,
               encode(sha256(convert_to(jsonb_build_array(d.shown_source, d.shown_scope, d.shown_slot, d.rival_source,
                                                          d.rival_scope, d.rival_slot, d.known_from)::text, 'UTF8')),
                      'hex') AS sides
        FROM dispute d
        WHERE d.cell = p_cell AND (d.asset, d.from_at) >= (p_after_asset, p_after) AND d.known_from <= p_known_at
          AND (d.known_until IS NULL OR d.known_until > p_known_at) AND (p_names IS NULL OR d.asset = ANY (p_names))
          AND (p_open IS NULL OR p_open = (d.until_at IS NULL OR d.until_at > p_known_at))
    ) s
    WHERE (s.asset, s.from_at, s.sides) > (p_after_asset, p_after, p_after_sides)
    ORDER BY s.asset, s.from_at, s.sides
    LIMIT p_limit;
END $$;

-- Events of the cell by number: of a kind, or all.
CREATE FUNCTION read_events_page(p_viewer text, p_cell text, p_kind text, p_known_at timestamptz, p_after bigint,
        p_limit integer)
RETURNS TABLE (n bigint, at timestamptz, kind text, subject uuid, sha256 bytea, bytes bytea)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT e.n, e.at, e.kind, e.subject, sha256(e.bytes), e.bytes
    FROM event e
    WHERE e.cell = p_cell AND e.n > p_after AND e.at <= p_known_at AND (p_kind IS NULL OR e.kind = p_kind)
    ORDER BY e.n
    LIMIT p_limit;
END $$;

-- Acts by number, with what became of them: of a kind, of an outcome, of a person, or all.
CREATE FUNCTION read_acts_page(p_viewer text, p_cell text, p_act text, p_outcome text, p_by text,
        p_known_at timestamptz, p_after bigint, p_limit integer)
RETURNS TABLE ("offset" bigint, at timestamptz, key text, act text, by text, outcome text, words text)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT a."offset", a.at, a.key, a.act, a.by, a.outcome, a.words
    FROM act a
    WHERE a.cell = p_cell AND a."offset" > p_after AND a.at <= p_known_at AND (p_act IS NULL OR a.act = p_act)
      AND (p_outcome IS NULL OR a.outcome = p_outcome) AND (p_by IS NULL OR a.by = p_by)
    ORDER BY a."offset"
    LIMIT p_limit;
END $$;

-- The versions of a ticket of planned work, as told by a moment, oldest first.
CREATE FUNCTION read_ticket(p_viewer text, p_cell text, p_ticket text, p_known_at timestamptz)
RETURNS TABLE (ticket text, known_from timestamptz, from_at timestamptz, until_at timestamptz, assets uuid[],
        places text[], explains text[], approver text, by text, cancelled boolean)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT k.ticket, k.known_from, k.from_at, k.until_at, k.assets, k.places, k.explains, k.approver, k.by, k.cancelled
    FROM work k
    WHERE k.cell = p_cell AND k.ticket = p_ticket AND k.known_from <= p_known_at
    ORDER BY k.known_from;
END $$;

-- One dead letter, with its bytes.
CREATE FUNCTION read_dead_letter(p_viewer text, p_cell text, p_partition integer, p_offset bigint)
RETURNS TABLE (topic text, partition integer, epoch integer, "offset" bigint, at timestamptz, code text, words text,
        source text, size integer, retried_at timestamptz, key bytea, headers bytea, value bytea)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT d.topic, d.partition, d.epoch, d."offset", d.at, d.code, d.words, d.source, octet_length(d.value),
           d.retried_at, d.key, d.headers, d.value
    FROM dead_letter d
    WHERE d.cell = p_cell AND d.topic IN ('acts', 'telemetry') AND d.partition = p_partition AND d."offset" = p_offset
    ORDER BY d.epoch DESC, d.topic DESC;
END $$;

-- Those that there were, with filters ------------------------------------------------------------------------------

CREATE FUNCTION read_places(p_viewer text, p_cell text, p_kind text, p_within text, p_known_at timestamptz,
        p_after text, p_limit integer)
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
      AND (p_kind IS NULL OR p.kind = p_kind) AND (p_within IS NULL OR p.within = p_within)
    ORDER BY p.place
    LIMIT p_limit;
END $$;

CREATE FUNCTION read_sources(p_viewer text, p_cell text, p_class text, p_domain text, p_retired boolean,
        p_known_at timestamptz, p_after text, p_limit integer)
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
    ), either AS (
        SELECT coalesce(t.source, s.source) AS source, coalesce(t.source_class, s.source_class) AS source_class,
               coalesce(t.control_domain, 'unknown') AS control_domain, t.interval_ms,
               coalesce(t.clock_offset_ms, 0) AS clock_offset_ms, coalesce(t.lateness_ms, 120000) AS lateness_ms,
               coalesce(t.retired, false) AS retired, t.from_at AS enrolled_at, s.first_at
        FROM term t
        FULL JOIN seen s ON s.source = t.source
        WHERE t.source_class IS NOT NULL OR s.source_class IS NOT NULL  -- else it never was a source: only retired
    )
    SELECT e.source, e.source_class, e.control_domain, e.interval_ms, e.clock_offset_ms, e.lateness_ms, e.retired,
           e.enrolled_at, e.first_at
    FROM either e
    WHERE (p_class IS NULL OR e.source_class = p_class) AND (p_domain IS NULL OR e.control_domain = p_domain)
      AND (p_retired IS NULL OR e.retired = p_retired)
    ORDER BY 1
    LIMIT p_limit;
END $$;

CREATE FUNCTION read_findings(p_viewer text, p_cell text, p_state text, p_kind text, p_severity text, p_subject text,
        p_from timestamptz, p_until timestamptz, p_after_at timestamptz, p_after uuid, p_limit integer)
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
      AND (p_severity IS NULL OR f.severity = p_severity) AND (p_subject IS NULL OR f.subject = p_subject)
      AND (p_until IS NULL OR f.opened_at < p_until) AND (p_from IS NULL OR f.closed_at IS NULL OR f.closed_at > p_from)
    ORDER BY f.opened_at, f.finding
    LIMIT p_limit;
END $$;

CREATE FUNCTION read_dead_letters(p_viewer text, p_cell text, p_code text, p_source text, p_after_at timestamptz,
        p_after_partition integer, p_after_offset bigint, p_limit integer)
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
      AND (p_code IS NULL OR d.code = p_code) AND (p_source IS NULL OR d.source = p_source)
    ORDER BY d.at, d.partition, d."offset"
    LIMIT p_limit;
END $$;

DO $$
DECLARE
    name regprocedure;
BEGIN
    FOR name IN
        SELECT p.oid::regprocedure FROM pg_proc p
        WHERE p.pronamespace = current_schema()::regnamespace AND p.proname LIKE 'read\_%'
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', name);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO holdfast_api', name);
    END LOOP;
END
$$;
