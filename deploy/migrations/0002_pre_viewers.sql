-- Who may see which rows: a role that cannot bypass the policies, and policies on the row's own columns and a setting
-- of the transaction (SEMANTICS rule 36). `holdfast.cells` lists the cells that the viewer may see.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'holdfast_api') THEN
        CREATE ROLE holdfast_api NOLOGIN NOSUPERUSER NOBYPASSRLS;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;  -- another database of the same server was migrated at the same moment
END
$$;

-- The viewer's cells, as the transaction's setting names them.
CREATE FUNCTION viewer_cells() RETURNS text[] LANGUAGE sql STABLE LEAKPROOF PARALLEL SAFE AS
$$ SELECT string_to_array(current_setting('holdfast.cells', true), ',') $$;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'cell', 'position', 'record_gap', 'outage', 'dead_letter', 'act', 'source_term', 'source_seen', 'place',
        'place_alias', 'survey', 'work', 'inventory', 'source_inventory', 'run', 'asset', 'part', 'part_value',
        'shared_value', 'edge', 'asset_name', 'identity_dispute', 'binding', 'binding_past',
        'whereabouts', 'whereabouts_past', 'dispute', 'decision', 'gap',
        'finding', 'event', 'same_as'
    ] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY %I ON %I FOR SELECT TO holdfast_api USING (cell = ANY (viewer_cells()))',
                       name || '_viewer', name);
        EXECUTE format('GRANT SELECT ON %I TO holdfast_api', name);
    END LOOP;
END
$$;
