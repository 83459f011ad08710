-- When we knew of a thing, a part of the identity graph and a value of it (SEMANTICS rule 3): a part that is found out
-- about later may date from before. NULL in rows from before this migration: known as of their own time.

ALTER TABLE asset ADD COLUMN known_from timestamptz;
ALTER TABLE part ADD COLUMN known_from timestamptz;
ALTER TABLE part_value ADD COLUMN known_from timestamptz;

CREATE INDEX act_suspensions ON act (cell, "offset") WHERE act IN ('partition.suspend', 'partition.resume');

CREATE OR REPLACE FUNCTION read_kinds(p_viewer text, p_cell text, p_assets uuid[], p_known_at timestamptz)
RETURNS TABLE (asset uuid, kind text, from_at timestamptz)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT a.asset, a.kind, a.from_at
    FROM asset a
    WHERE a.cell = p_cell AND a.asset = ANY (p_assets) AND coalesce(a.known_from, a.from_at) <= p_known_at;
END $$;

CREATE OR REPLACE FUNCTION read_assets_page(p_viewer text, p_cell text, p_kind text, p_known_at timestamptz,
        p_after uuid, p_limit integer)
RETURNS TABLE (asset uuid, kind text, from_at timestamptz)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT a.asset, a.kind, a.from_at
    FROM asset a
    WHERE a.cell = p_cell AND a.asset > p_after AND coalesce(a.known_from, a.from_at) <= p_known_at
      AND (p_kind IS NULL OR a.kind = p_kind)
      AND NOT EXISTS (
          SELECT FROM asset_name n
          WHERE n.cell = p_cell AND n.name = a.asset AND n.asset <> a.asset AND n.known_from <= p_known_at
            AND (n.known_until IS NULL OR n.known_until > p_known_at)
      )
    ORDER BY a.asset
    LIMIT p_limit;
END $$;

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
    WHERE p.cell = p_cell AND p.asset = ANY (p_names) AND coalesce(p.known_from, p.at) <= p_known_at
      AND coalesce(v.known_from, p.at) <= p_known_at
    ORDER BY v.scheme, v.value, v.scope, v.kind, p.asset;
END $$;

CREATE OR REPLACE FUNCTION read_bearers(p_viewer text, p_cell text, p_scheme text, p_values text[],
        p_known_at timestamptz)
RETURNS TABLE (name uuid, scope text, kind text, strong boolean)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT p.asset, v.scope, v.kind, v.strong
    FROM part_value v
    JOIN part p ON p.cell = p_cell AND p.part = v.part
    WHERE v.cell = p_cell AND v.value = ANY (p_values) AND v.scheme = p_scheme
      AND coalesce(p.known_from, p.at) <= p_known_at AND coalesce(v.known_from, p.at) <= p_known_at
    ORDER BY p.asset;
END $$;

-- What people said of partitions that do not count, in order: an act that was sent again says nothing new.
CREATE OR REPLACE FUNCTION read_suspensions(p_viewer text, p_cell text, p_known_at timestamptz)
RETURNS TABLE (body bytea)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT a.body
    FROM act a
    WHERE a.cell = p_cell AND a.at <= p_known_at AND a.act IN ('partition.suspend', 'partition.resume')
      AND a.outcome = 'applied'
    ORDER BY a."offset";
END $$;

-- Names of parts that bear a value by which they can be told from others.
CREATE FUNCTION read_named(p_viewer text, p_cell text, p_names uuid[], p_known_at timestamptz)
RETURNS TABLE (name uuid)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT DISTINCT p.asset
    FROM part p
    JOIN part_value v ON v.cell = p_cell AND v.part = p.part
    WHERE p.cell = p_cell AND p.asset = ANY (p_names) AND coalesce(p.known_from, p.at) <= p_known_at
      AND coalesce(v.known_from, p.at) <= p_known_at
      AND NOT EXISTS (
          SELECT FROM shared_value s
          WHERE s.cell = p_cell AND s.scheme = v.scheme AND s.scope = v.scope AND s.value = v.value
            AND s.kind = v.kind AND s.since <= p_known_at
      );
END $$;

-- What people joined, in force at a moment.
CREATE FUNCTION read_merges(p_viewer text, p_cell text, p_names uuid[], p_known_at timestamptz)
RETURNS TABLE (one uuid, other uuid)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT e.one, e.other
    FROM edge e
    WHERE e.cell = p_cell AND e.one = ANY (p_names) AND e.joins AND e.known_from <= p_known_at
      AND (e.known_until IS NULL OR e.known_until > p_known_at)
    ORDER BY e.one, e.other;
END $$;

-- As what sources first appeared, and what was enrolled of them from when on.
CREATE FUNCTION read_terms(p_viewer text, p_cell text, p_sources text[], p_known_at timestamptz)
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
    WHERE t.cell = p_cell AND t.source = ANY (p_sources) AND t.from_at <= p_known_at
    ORDER BY 1, 2 NULLS FIRST;
END $$;

-- Places of which people have said another container or country since a moment.
CREATE FUNCTION read_restated(p_viewer text, p_cell text, p_since timestamptz, p_known_at timestamptz)
RETURNS TABLE (place text)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT DISTINCT p.place
    FROM place p
    JOIN place q ON q.cell = p_cell AND q.place = p.place AND q.until_at = p.from_at
    WHERE p.cell = p_cell AND p.from_at > p_since AND p.from_at <= p_known_at
      AND (p.within IS DISTINCT FROM q.within OR p.country IS DISTINCT FROM q.country)
    ORDER BY p.place;
END $$;

DO $$
DECLARE
    name regprocedure;
BEGIN
    FOR name IN
        SELECT p.oid::regprocedure FROM pg_proc p
        WHERE p.pronamespace = current_schema()::regnamespace
          AND p.proname IN ('read_named', 'read_merges', 'read_terms', 'read_restated')
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', name);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO holdfast_api', name);
    END LOOP;
END
$$;
