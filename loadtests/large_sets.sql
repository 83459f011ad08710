-- A large book as the consumer would have left it after a day: racks of 8 trays with 8 GPUs and a network card each.
-- The trays' agents and BMCs report all of it, switches see the cards at surveyed ports. RACKS: how many.

CREATE TEMP TABLE t AS SELECT to_timestamp(1748736000) AS at, to_timestamp(1748736000 + 86400) AS until;
CREATE FUNCTION pg_temp.id(name text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$ SELECT md5(name)::uuid $$;
CREATE TEMP TABLE rack AS SELECT r, 'S/P' || r AS place, pg_temp.id('rack' || r) AS asset
    FROM generate_series(1, RACKS) r;
CREATE TEMP TABLE tray AS SELECT r * 8 + s AS c, k.asset AS rack, k.place, pg_temp.id('tray' || r * 8 + s) AS asset
    FROM rack k, generate_series(0, 7) s;
CREATE TEMP TABLE part_of AS
    SELECT c, asset AS tray, place, 'gpu' AS kind, 'gpu/' || g AS slot, pg_temp.id('gpu' || c || '/' || g) AS asset
    FROM tray, generate_series(0, 7) g
    UNION ALL SELECT c, asset, place, 'nic', 'nic/0', pg_temp.id('nic' || c) FROM tray;
INSERT INTO operator VALUES ('acme', 'acme', 'MY');
INSERT INTO cell SELECT 'large', 'acme', true, until, 0, 0, 0, 'k' FROM t;
INSERT INTO place (cell, place, kind, within, country, from_at) SELECT 'large', 'S', 'site', NULL, 'MY', at FROM t;
INSERT INTO place (cell, place, kind, within, from_at) SELECT 'large', place, 'rack_position', 'S', at FROM t, rack;
CREATE TEMP TABLE source AS
    SELECT row_number() OVER () AS n, name, class, domain FROM (
        SELECT 'agent-' || c AS name, 'in_band' AS class, 'lessee' AS domain FROM tray
        UNION ALL SELECT 'bmc-' || c, 'out_of_band', 'lessee' FROM tray
        UNION ALL SELECT 'switch-' || r, 'facility', 'site' FROM rack) s;
INSERT INTO source_term SELECT 'large', name, at, class, domain, 300000, 0, 120000, false, 0 FROM source, t;
INSERT INTO inventory SELECT 'large', sha256(name::bytea), '{"complete_for":["gpu"],"items":[]}' FROM source;
INSERT INTO run SELECT 'large', n, name, 'node', 0, 'fresh', sha256(name::bytea), true, 900000, at, until, NULL, NULL,
    NULL FROM source, t;
CREATE TEMP TABLE thing AS SELECT asset, 'rack' AS kind FROM rack UNION ALL SELECT asset, 'chassis' FROM tray
    UNION ALL SELECT asset, kind FROM part_of;
INSERT INTO asset (cell, asset, kind, from_at) SELECT 'large', asset, kind, at FROM thing, t;
INSERT INTO part SELECT 'large', uuid_send(asset), asset, kind, false, at, 1, 0, 0, 0 FROM thing, t;
INSERT INTO part_value SELECT 'large', 'serial', 'acme', upper('SN-' || asset), kind, uuid_send(asset), true
    FROM thing;
INSERT INTO event SELECT 'large', at, row_number() OVER (), 'asset', asset, ('event of ' || asset || '/' || n)::bytea
    FROM thing, t, generate_series(1, 4) n;
INSERT INTO binding (cell, source, scope, slot, asset, kind, container, container_slot, stated, place, surveyed,
        from_at, known_from)
    SELECT 'large', s || c, 'node', slot, asset, kind, tray, slot, NULL, NULL, false, at, at
    FROM part_of, t, unnest('{agent-,bmc-}'::text[]) s
    UNION ALL SELECT 'large', s || c, 'node', 'tray', asset, 'chassis', rack, 'U' || c, NULL, NULL, false, at, at
    FROM tray, t, unnest('{agent-,bmc-}'::text[]) s
    UNION ALL SELECT 'large', 'switch-' || c / 8, 'node', 'port/' || c, asset, 'nic', NULL, NULL, place, place, true,
        at, at FROM part_of, t WHERE kind = 'nic'
    UNION ALL SELECT 'large', 'agent-' || r * 8, 'node', 'rack', asset, 'rack', NULL, NULL, place, place, false, at, at
    FROM rack, t;
INSERT INTO whereabouts (cell, asset, kind, container, container_slot, place, moving, disputed, from_at, known_from)
    SELECT 'large', asset, 'rack', NULL, NULL, place, false, false, at, at FROM rack, t
    UNION ALL SELECT 'large', asset, 'chassis', rack, 'U' || c, NULL, false, false, at, at FROM tray, t
    UNION ALL SELECT 'large', asset, kind, tray, slot, NULL, false, false, at, at FROM part_of, t;
ANALYZE;
