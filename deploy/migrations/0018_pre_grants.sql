-- Who else may see what: an operator grants a party certain things, a licence's, a place's or the whole cell, for a
-- purpose, until a moment. What a party may see is text in the viewer's setting, as `disclosed` makes it; policies look at
-- that and at the row's own columns alone.

CREATE TABLE disclosure_grant (
    cell text NOT NULL,
    key text NOT NULL,                     -- of the act
    party text NOT NULL,
    whole boolean NOT NULL,                -- all of the cell
    place text,                            -- or what stood there, at whatever time
    licence text,                          -- or what people said was handed over under this paper
    fields text[] NOT NULL,
    purpose text NOT NULL,
    by text NOT NULL,
    until_at timestamptz NOT NULL,
    known_from timestamptz NOT NULL,
    known_until timestamptz,               -- revoked
    revoked_by text,
    CONSTRAINT disclosure_grant_pkey PRIMARY KEY (cell, key)
);
CREATE INDEX disclosure_grant_party ON disclosure_grant (party, cell) WHERE known_until IS NULL;

-- Or the things that it names.
CREATE TABLE granted_thing (
    cell text NOT NULL,
    key text NOT NULL,
    asset uuid NOT NULL,
    CONSTRAINT granted_thing_pkey PRIMARY KEY (cell, key, asset)
);

-- What parties were shown, in the order in which it was noted: before it was shown.
CREATE TABLE access (
    cell text NOT NULL,
    "offset" bigint NOT NULL,              -- number of the act
    at timestamptz NOT NULL,
    party text NOT NULL,
    credential text NOT NULL,
    asked text NOT NULL,                   -- canonical JSON: route, parameters, claim
    sha256 text,                           -- of the answer, where it is one that is a function of what was asked
    CONSTRAINT access_pkey PRIMARY KEY (cell, "offset")
);
CREATE INDEX access_party ON access (cell, party, "offset");

-- What a credential is of: an operator, or one of those that operators grant something to; a machine is one source.
ALTER TABLE api_key ADD COLUMN kind text;  -- NULL: an operator, as all were

CREATE INDEX status_document ON status (cell, document) WHERE document IS NOT NULL;
CREATE INDEX place_within ON place (cell, within) WHERE until_at IS NULL;

-- The viewer -------------------------------------------------------------------------------------------------------

-- The viewer's own cells; none where it sees by grants.
CREATE OR REPLACE FUNCTION viewer_cells() RETURNS text[] LANGUAGE sql STABLE LEAKPROOF PARALLEL SAFE AS
$$ SELECT CASE WHEN current_setting('holdfast.cells', true) LIKE '{%' THEN NULL
               ELSE string_to_array(current_setting('holdfast.cells', true), ',') END $$;

-- What the viewer sees by grants, as `disclosed` made it; NULL where it sees its own cells.
CREATE FUNCTION viewer_grant() RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN current_setting('holdfast.cells', true) LIKE '{%'
               THEN current_setting('holdfast.cells', true)::jsonb END $$;

-- Whether rows of a name are shown: `shown` holds the letters of fields; or, of what merely held something granted, when
-- it did: a multirange, and then only what says where it was, during that.
CREATE FUNCTION shows(shown text, letter text, row_during tstzrange) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN shown IS NULL THEN false
               WHEN shown LIKE '{%' THEN letter = 'w' AND shown::tstzmultirange && row_during
               ELSE strpos(shown, letter) > 0 END $$;

CREATE FUNCTION shows_any(granted jsonb, names uuid[], letter text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT EXISTS (SELECT FROM unnest(names) AS n(name) WHERE shows(granted ->> n.name::text, letter, NULL)) $$;

DO $$
DECLARE
    own text;
    name text;
    seen text;
    in_cell constant text := 'cell = (SELECT viewer_grant() ->> ''cell'')';
    whole constant text := '(SELECT viewer_grant() ->> ''whole'') LIKE ''%%%s%%''';
    by_name constant text := 'shows((SELECT viewer_grant()) ->> %s, ''%s'', %s)';
    ever constant text := '''(,)''::tstzrange';
BEGIN
    FOREACH name IN ARRAY ARRAY['disclosure_grant', 'granted_thing', 'access'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY %I ON %I FOR SELECT TO holdfast_api USING (cell = ANY (viewer_cells()))',
                       name || '_viewer', name);
        EXECUTE format('GRANT SELECT ON %I TO holdfast_api', name);
    END LOOP;
    FOR name, own, seen IN VALUES
        -- of the whole cell, or of nothing
        ('act', 'e', NULL),
        ('position', 'v', NULL),
        ('record_gap', 'v', NULL),
        ('inventory', 'v', NULL),
        ('source_inventory', 'v', NULL),
        ('shared_value', 'i', NULL),
        ('edge', 'v', NULL),
        ('same_as', 'v', NULL),
        ('silent_rack', 'v', NULL),
        ('decision', 'v', NULL),
        -- of everybody who sees anything of it
        ('cell', 'w', 'true'),
        ('outage', 'v', 'true'),
        ('suspension', 'v', 'true'),
        -- by what the row is about
        ('asset', 'w', format(by_name, 'asset::text', 'w', ever)),
        ('asset_name', 'w', format(by_name, 'name::text', 'w', ever)),
        ('whereabouts', 'w', format(by_name, 'asset::text', 'w', 'tstzrange(from_at, until_at)')),
        ('whereabouts_past', 'w', format(by_name, 'asset::text', 'w', 'tstzrange(from_at, until_at)')),
        ('binding', 'v', format(by_name, 'asset::text', 'v', 'NULL')),
        ('binding_past', 'v', format(by_name, 'asset::text', 'v', 'NULL')),
        ('dispute', 'v', format(by_name, 'asset::text', 'v', 'NULL')),
        ('identity_dispute', 'v', 'shows_any((SELECT viewer_grant()), assets, ''v'')'),
        ('part', 'i', format(by_name, 'asset::text', 'i', 'NULL')),
        ('part_value', 'i', format(by_name, '(''b/'' || encode(part, ''hex''))', 'i', 'NULL')),
        ('status', 's', format(by_name, 'asset::text', 's', 'NULL')),
        ('acceptance', 's', format(by_name, 'asset::text', 's', 'NULL')),
        ('work', 'p', 'shows_any((SELECT viewer_grant()), assets, ''p'')'),
        ('event', 'e', format(by_name, 'subject::text', 'e', 'NULL')),
        ('finding', 'f', format(by_name, 'subject', 'f', 'NULL')),
        ('run', 'v', format(by_name, '(''s/'' || source)', 'v', 'NULL')),
        ('gap', 'v', format(by_name, '(''s/'' || source)', 'v', 'NULL')),
        ('source_term', 'v', format(by_name, '(''s/'' || source)', 'v', 'NULL')),
        ('source_seen', 'v', format(by_name, '(''s/'' || source)', 'v', 'NULL')),
        ('dead_letter', 'v', format(by_name, '(''s/'' || source)', 'd', 'NULL')),
        ('place', 'w', format(by_name, '(''p/'' || place)', 'w', 'NULL')),
        ('place_alias', 'w', format(by_name, '(''p/'' || place)', 'w', 'NULL')),
        ('survey', 'v', format(by_name, '(''s/'' || source)', 'v', 'NULL')),
        ('disclosure_grant', '-', 'party = (SELECT viewer_grant() ->> ''party'')'),
        ('granted_thing', '-', '(SELECT viewer_grant() -> ''grants'') ? key'),
        ('access', '-', 'party = (SELECT viewer_grant() ->> ''party'')')
    LOOP
        EXECUTE format('CREATE POLICY %I ON %I FOR SELECT TO holdfast_api USING (%s AND (%s))', name || '_granted',
                       name, in_cell, concat_ws(' OR ', format(whole, own), seen));
    END LOOP;
END
$$;

-- What a party sees in a cell, as the viewer's setting: a JSON object of what is shown of each name of an asset (letters
-- of fields; or when it held something granted), of each part (b/…), place (p/…) and source (s/…), of the `whole`, and
-- by which `grants`, and `now`, for what is shown after a time. NULL: nothing. It runs with the owner's rights, and says nothing about anybody else.
--
-- A thing that was granted is shown whole: all that this cell has about it. Of what held it, where that was meanwhile.
CREATE FUNCTION disclosed(p_party text, p_kind text, p_cell text) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    v_grants jsonb;
    v_whole text;
    v_names jsonb;
    v_now timestamptz;
BEGIN
    IF p_kind = 'machine' THEN
        RETURN (SELECT jsonb_build_object('party', p_party, 'cell', c.cell, 'grants', '[]'::jsonb,
                                          's/' || substr(p_party, length(c.cell) + 2), 'vd')::text
                FROM cell c
                WHERE c.cell = p_cell AND p_party LIKE c.cell || '/_%');
    END IF;
    WITH live AS (
        SELECT g.key, g.whole, l.letters, n.now
        FROM disclosure_grant g
        JOIN cell c ON c.cell = g.cell
        CROSS JOIN LATERAL (SELECT CASE WHEN c.simulated THEN c.horizon ELSE statement_timestamp() END) AS n(now)
        CROSS JOIN LATERAL field_letters(g.fields) AS l(letters)
        WHERE g.party = p_party AND g.cell = p_cell AND g.known_until IS NULL AND g.until_at > n.now
    )
    SELECT jsonb_agg(key ORDER BY key), string_agg(letters, '') FILTER (WHERE whole), min(now)
    INTO v_grants, v_whole, v_now
    FROM live;
    IF v_grants IS NULL THEN
        RETURN NULL;
    END IF;
    WITH RECURSIVE live AS (
        SELECT g.key, g.place, g.licence, l.letters
        FROM disclosure_grant g
        CROSS JOIN LATERAL field_letters(g.fields) AS l(letters)
        WHERE g.cell = p_cell AND v_grants ? g.key AND NOT g.whole
    ), spot AS (
        SELECT l.place, l.letters FROM live l WHERE l.place IS NOT NULL
        UNION
        SELECT p.place, s.letters
        FROM spot s
        JOIN place p ON p.cell = p_cell AND p.within = s.place AND p.until_at IS NULL
    ), inside AS (
        SELECT w.asset, w.during, s.letters
        FROM spot s
        JOIN whereabouts w ON w.cell = p_cell AND w.place = s.place
        UNION
        SELECT w.asset, w.during * i.during, i.letters
        FROM inside i
        JOIN whereabouts w ON w.cell = p_cell AND w.container = i.asset AND w.during && i.during
    ), named AS (
        SELECT t.asset AS name, l.letters
        FROM live l
        JOIN granted_thing t ON t.cell = p_cell AND t.key = l.key
        UNION
        SELECT s.asset, l.letters
        FROM live l
        JOIN status s ON s.cell = p_cell AND s.document = l.licence AND s.known_until IS NULL
        UNION
        SELECT i.asset, i.letters FROM inside i
    ), granted AS (
        SELECT coalesce(a.asset, n.name) AS asset, string_agg(n.letters, '') AS letters
        FROM named n
        LEFT JOIN asset_name a ON a.cell = p_cell AND a.name = n.name AND a.known_until IS NULL
        GROUP BY 1
    ), held AS (
        SELECT g.asset, '(,)'::tstzrange AS during FROM granted g
        UNION
        SELECT coalesce(a.asset, w.container), w.during * h.during
        FROM held h
        JOIN whereabouts w ON w.cell = p_cell AND w.asset = h.asset AND w.container IS NOT NULL AND w.during && h.during
        LEFT JOIN asset_name a ON a.cell = p_cell AND a.name = w.container AND a.known_until IS NULL
    ), holder AS (
        SELECT h.asset, range_agg(h.during) AS during
        FROM held h
        WHERE NOT EXISTS (SELECT FROM granted g WHERE g.asset = h.asset)
        GROUP BY h.asset
    ), shown AS (
        SELECT g.asset, g.letters AS shown, '{(,)}'::tstzmultirange AS during FROM granted g
        UNION ALL
        SELECT h.asset, h.during::text, h.during FROM holder h
    ), every_name AS (
        SELECT s.asset AS name, s.shown FROM shown s
        UNION
        SELECT a.name, s.shown FROM shown s JOIN asset_name a ON a.cell = p_cell AND a.asset = s.asset
    ), stood AS (
        SELECT s.place FROM spot s
        UNION
        SELECT w.place
        FROM shown s
        JOIN whereabouts w ON w.cell = p_cell AND w.asset = s.asset AND w.place IS NOT NULL AND w.during && s.during
        UNION
        SELECT w.place
        FROM granted g
        JOIN whereabouts_past w ON w.cell = p_cell AND w.asset = g.asset AND w.place IS NOT NULL
    ), around AS (
        SELECT s.place FROM stood s
        UNION
        SELECT p.within
        FROM around r
        JOIN place p ON p.cell = p_cell AND p.place = r.place AND p.within IS NOT NULL
    ), spoke AS (
        SELECT DISTINCT b.source
        FROM every_name n
        JOIN binding b ON b.cell = p_cell AND b.asset = n.name
        WHERE shows(n.shown, 'v', NULL)
    ), keyed AS (
        SELECT n.name::text AS name, n.shown FROM every_name n
        UNION ALL
        SELECT 'b/' || encode(p.part, 'hex'), 'i'
        FROM every_name n
        JOIN part p ON p.cell = p_cell AND p.asset = n.name
        WHERE shows(n.shown, 'i', NULL)
        UNION ALL
        SELECT 'p/' || r.place, 'w' FROM around r
        UNION ALL
        SELECT 's/' || k.source, 'v' FROM spoke k
    )
    SELECT jsonb_object_agg(k.name, k.shown) INTO v_names FROM keyed k;
    RETURN (coalesce(v_names, '{}') || jsonb_strip_nulls(jsonb_build_object(
        'party', p_party, 'cell', p_cell, 'grants', v_grants, 'whole', v_whole, 'now', v_now)))::text;
END
$$;

CREATE FUNCTION field_letters(fields text[]) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT 'w' || coalesce(string_agg(CASE f.field WHEN 'identifiers' THEN 'i' WHEN 'evidence' THEN 'v'
       WHEN 'statuses' THEN 's' WHEN 'events' THEN 'e' WHEN 'findings' THEN 'f' WHEN 'work' THEN 'p' END, ''), '')
   FROM unnest(fields) AS f(field) $$;

-- Whose rows a claim of a party about some things is judged on: the cell's, since a verdict on less than all the evidence
-- could be wrong; and only where all of them were granted to it. NULL: not so.
CREATE FUNCTION judged_for(p_party text, p_kind text, p_cell text, p_names uuid[]) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT p_cell
    FROM (SELECT disclosed(p_party, p_kind, p_cell)::jsonb AS shown) d
    WHERE d.shown ->> 'whole' LIKE '%w%'
       OR (d.shown IS NOT NULL
           AND NOT EXISTS (SELECT FROM unnest(p_names) AS n(name)
                           WHERE NOT coalesce(d.shown ->> n.name::text LIKE 'w%', false)))
$$;

-- The cells that are a party's own, and those of which something was granted to it.
CREATE FUNCTION viewer_of(p_party text, p_kind text)
RETURNS TABLE (cells text[], granted text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT ARRAY(SELECT c.cell FROM cell c WHERE p_kind = 'operator' AND c.operator = p_party ORDER BY c.cell),
           ARRAY(SELECT g.cell
                 FROM disclosure_grant g
                 JOIN cell c ON c.cell = g.cell
                 WHERE g.party = p_party AND p_kind <> 'machine' AND g.known_until IS NULL
                   AND g.until_at > CASE WHEN c.simulated THEN c.horizon ELSE statement_timestamp() END
                 UNION
                 SELECT c.cell FROM cell c WHERE p_kind = 'machine' AND c.cell = split_part(p_party, '/', 1)
                 ORDER BY 1)
$$;

-- Who has a key, and what it may ask.
DROP FUNCTION viewer_of_key(text);
CREATE FUNCTION viewer_of_key(p_key_id text)
RETURNS TABLE (hash bytea, operator text, kind text, scopes text[], expires_at timestamptz, revoked boolean,
               cells text[], granted text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT k.hash, k.operator, coalesce(k.kind, 'operator'), k.scopes, k.expires_at, k.revoked_at IS NOT NULL, v.cells, v.granted
    FROM api_key k
    CROSS JOIN LATERAL viewer_of(k.operator, coalesce(k.kind, 'operator')) v
    WHERE k.key_id = p_key_id
$$;

-- Reading them -----------------------------------------------------------------------------------------------------

-- The viewer's cells: its own, or the one of which it sees something.
CREATE OR REPLACE FUNCTION read_cells(p_viewer text)
RETURNS TABLE (cell text, operator text, simulated boolean, horizon timestamptz)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT c.cell, c.operator, c.simulated, c.horizon
    FROM cell c
    WHERE c.cell = ANY (string_to_array(
        CASE WHEN p_viewer LIKE '{%' THEN p_viewer::jsonb ->> 'cell' ELSE p_viewer END, ','))
    ORDER BY c.cell;
END $$;

CREATE OR REPLACE FUNCTION read_asset_cells(p_viewer text, p_asset uuid)
RETURNS TABLE (cell text)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT DISTINCT a.cell
    FROM asset a
    WHERE a.cell = ANY (string_to_array(
        CASE WHEN p_viewer LIKE '{%' THEN p_viewer::jsonb ->> 'cell' ELSE p_viewer END, ',')) AND a.asset = p_asset;
END $$;

-- A page of grants by key, as known at a moment; of one party, or all.
CREATE FUNCTION read_grants(p_viewer text, p_cell text, p_party text, p_known_at timestamptz, p_after text,
        p_limit integer)
RETURNS TABLE (key text, party text, whole boolean, place text, licence text, things uuid[], fields text[],
        purpose text, by text, until_at timestamptz, known_from timestamptz, known_until timestamptz, revoked_by text)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT g.key, g.party, g.whole, g.place, g.licence,
           ARRAY(SELECT t.asset FROM granted_thing t WHERE t.cell = p_cell AND t.key = g.key ORDER BY t.asset),
           g.fields, g.purpose, g.by, g.until_at, g.known_from,
           CASE WHEN g.known_until <= p_known_at THEN g.known_until END,
           CASE WHEN g.known_until <= p_known_at THEN g.revoked_by END
    FROM disclosure_grant g
    WHERE g.cell = p_cell AND g.key > p_after AND g.known_from <= p_known_at AND (p_party IS NULL OR g.party = p_party)
    ORDER BY g.key
    LIMIT p_limit;
END $$;

-- A page of what parties were shown, in its order; of one party, or all.
CREATE FUNCTION read_accesses(p_viewer text, p_cell text, p_party text, p_known_at timestamptz, p_after bigint,
        p_limit integer)
RETURNS TABLE ("offset" bigint, at timestamptz, party text, credential text, asked text, sha256 text)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT a."offset", a.at, a.party, a.credential, a.asked, a.sha256
    FROM access a
    WHERE a.cell = p_cell AND a."offset" > p_after AND a.at <= p_known_at AND (p_party IS NULL OR a.party = p_party)
    ORDER BY a."offset"
    LIMIT p_limit;
END $$;

REVOKE EXECUTE ON FUNCTION disclosed(text, text, text), judged_for(text, text, text, uuid[]), viewer_of(text, text),
    viewer_of_key(text), read_grants(text, text, text, timestamptz, text, integer),
    read_accesses(text, text, text, timestamptz, bigint, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION disclosed(text, text, text), judged_for(text, text, text, uuid[]), viewer_of(text, text),
    viewer_of_key(text), read_grants(text, text, text, timestamptz, text, integer),
    read_accesses(text, text, text, timestamptz, bigint, integer) TO holdfast_api;
