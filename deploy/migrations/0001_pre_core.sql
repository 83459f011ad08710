-- What a cell's book holds. `cell` leads every key and foreign key; constraints have names, temporal ones stand in
-- CREATE TABLE; ids and time bounds are computed by the client; no trigger, sequence or advisory lock carries correctness.
-- Interval tables carry scalar bounds with b-trees beside the guarded range (SEMANTICS rule 21). Times are append times.

CREATE EXTENSION IF NOT EXISTS btree_gist;

-- What spans cells (acts.common): small reference tables -----------------------------------------------------------

CREATE TABLE operator (
    operator text NOT NULL,
    name text NOT NULL,
    country text,
    CONSTRAINT operator_pkey PRIMARY KEY (operator)
);

CREATE TABLE cell (
    cell text NOT NULL,
    operator text NOT NULL,
    simulated boolean NOT NULL,
    horizon timestamptz NOT NULL,          -- everything below it is derived; never goes back
    fence bigint NOT NULL,                 -- moved by compare-and-set by the one deriver
    next_event bigint NOT NULL,
    terms bigint NOT NULL,                 -- moves when an act changes what folding depends on
    salt_key bytea NOT NULL,
    CONSTRAINT cell_pkey PRIMARY KEY (cell)
) WITH (fillfactor = 50);

-- Where consumers are (rules 13, 33) --------------------------------------------------------------------------------

CREATE TABLE position (
    cell text NOT NULL,
    topic text NOT NULL,                   -- 'acts' or 'telemetry'
    partition integer NOT NULL,
    epoch integer NOT NULL,                -- counts how often a person said to go on with other records
    next_offset bigint NOT NULL,
    last_offset bigint,
    last_append timestamptz,
    last_sha256 bytea,
    applied timestamptz NOT NULL,          -- running maximum of append times applied
    record_at timestamptz NOT NULL,        -- the same, beats left out
    joined_at timestamptz NOT NULL,
    suspended boolean NOT NULL,
    stopped text,                          -- why nothing more is applied until a person says so
    CONSTRAINT position_pkey PRIMARY KEY (cell, topic, partition)
) WITH (fillfactor = 50);

-- Offsets that were never applied: gone from the broker, or given up by a person's word.
CREATE TABLE record_gap (
    cell text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    epoch integer NOT NULL,
    from_offset bigint NOT NULL,
    until_offset bigint NOT NULL,
    noted_at timestamptz NOT NULL,
    reason text NOT NULL,
    CONSTRAINT record_gap_pkey PRIMARY KEY (cell, topic, partition, epoch, from_offset)
);

-- Stretches in which no record at all was appended to a partition for three beat intervals (rule 12).
CREATE TABLE outage (
    cell text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    from_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL,
    CONSTRAINT outage_pkey PRIMARY KEY (cell, topic, partition, from_at)
);

CREATE TABLE dead_letter (
    cell text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    epoch integer NOT NULL,
    "offset" bigint NOT NULL,
    at timestamptz NOT NULL,
    code text NOT NULL,
    words text NOT NULL,
    key bytea,
    headers bytea NOT NULL,                -- JSON list of [name, base64 value]
    value bytea,
    source text,                           -- the enrolled source it seems to come from
    retried_at timestamptz,                -- append time of the act that put it through
    CONSTRAINT dead_letter_pkey PRIMARY KEY (cell, topic, partition, epoch, "offset")
);
CREATE INDEX dead_letter_at ON dead_letter (cell, at);

-- Acts and what they state ------------------------------------------------------------------------------------------

CREATE TABLE act (
    cell text NOT NULL,
    "offset" bigint NOT NULL,
    at timestamptz NOT NULL,
    key text NOT NULL,
    act text NOT NULL,
    by text NOT NULL,
    body bytea NOT NULL,
    outcome text,                          -- NULL until derived; 'applied', 'refused', 'repeated'
    words text,
    CONSTRAINT act_pkey PRIMARY KEY (cell, "offset")
);
CREATE INDEX act_key ON act (cell, key);

-- What was enrolled of a source from one act to the next.
CREATE TABLE source_term (
    cell text NOT NULL,
    source text NOT NULL,
    from_at timestamptz NOT NULL,
    source_class text NOT NULL,
    control_domain text NOT NULL,
    interval_ms bigint,
    clock_offset_ms bigint NOT NULL,
    lateness_ms bigint NOT NULL,
    retired boolean NOT NULL,
    CONSTRAINT source_term_pkey PRIMARY KEY (cell, source, from_at)
);

-- Sources that reported, enrolled or not: as what they first appeared.
CREATE TABLE source_seen (
    cell text NOT NULL,
    source text NOT NULL,
    source_class text NOT NULL,
    first_at timestamptz NOT NULL,
    CONSTRAINT source_seen_pkey PRIMARY KEY (cell, source)
);

CREATE TABLE place (
    cell text NOT NULL,
    place text NOT NULL,
    kind text NOT NULL,
    within text,
    country text,
    latitude double precision,
    longitude double precision,
    from_at timestamptz NOT NULL,
    until_at timestamptz,
    valid tstzrange NOT NULL GENERATED ALWAYS AS (tstzrange(from_at, until_at)) STORED,
    CONSTRAINT place_pkey PRIMARY KEY (cell, place, valid WITHOUT OVERLAPS)
);
CREATE INDEX place_name ON place (cell, place, from_at);

CREATE TABLE place_alias (
    cell text NOT NULL,
    alias text NOT NULL,
    place text NOT NULL,
    from_at timestamptz NOT NULL,
    CONSTRAINT place_alias_pkey PRIMARY KEY (cell, alias)
);

CREATE TABLE survey (
    cell text NOT NULL,
    source text NOT NULL,
    slot text NOT NULL,
    place text NOT NULL,
    from_at timestamptz NOT NULL,
    until_at timestamptz,
    valid tstzrange NOT NULL GENERATED ALWAYS AS (tstzrange(from_at, until_at)) STORED,
    CONSTRAINT survey_pkey PRIMARY KEY (cell, source, slot, valid WITHOUT OVERLAPS)
);
CREATE INDEX survey_slot ON survey (cell, source, slot, from_at);
CREATE INDEX survey_open ON survey (cell, source, slot) WHERE until_at IS NULL;

CREATE TABLE work (
    cell text NOT NULL,
    ticket text NOT NULL,
    known_from timestamptz NOT NULL,
    from_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL,
    assets uuid[] NOT NULL,
    places text[] NOT NULL,
    explains text[] NOT NULL,
    CONSTRAINT work_pkey PRIMARY KEY (cell, ticket, known_from)
);
CREATE INDEX work_window ON work (cell, until_at);

-- Runs (section 2): the only rows that telemetry extends ------------------------------------------------------------

CREATE TABLE inventory (
    cell text NOT NULL,
    digest bytea NOT NULL,
    document bytea NOT NULL,               -- RFC 8785 bytes; may hold what no text column may
    CONSTRAINT inventory_pkey PRIMARY KEY (cell, digest)
);

-- Which inventories a source stated itself: its heartbeats may name them (rule 11).
CREATE TABLE source_inventory (
    cell text NOT NULL,
    source text NOT NULL,
    scope text NOT NULL,
    partition integer NOT NULL,            -- folding knows what its own partition brought, and nothing else
    digest bytea NOT NULL,
    first_at timestamptz NOT NULL,
    CONSTRAINT source_inventory_pkey PRIMARY KEY (cell, source, scope, partition, digest)
);
CREATE INDEX source_inventory_digest ON source_inventory (cell, digest);

CREATE TABLE run (
    cell text NOT NULL,
    run bigint NOT NULL,                   -- from the position of its first record: see service.facts.runs
    source text NOT NULL,
    scope text NOT NULL,
    partition integer NOT NULL,
    timing text NOT NULL,
    digest bytea NOT NULL,
    known boolean NOT NULL,                -- whether the inventory is known: else it covers no asset
    tolerance_ms bigint NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    until_at timestamptz,
    end_cause text,
    check_at timestamptz,                  -- moves only once passed, so that extensions stay HOT
    CONSTRAINT run_pkey PRIMARY KEY (cell, run)
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX run_open ON run (cell, source, scope, partition, (timing = 'late')) WHERE until_at IS NULL;
CREATE INDEX run_source ON run (cell, source, scope, first_at);
CREATE INDEX run_check ON run (cell, check_at) WHERE check_at IS NOT NULL;

-- What folding found and deriving has yet to take, in the order of rule 5. A queue: rows leave once derived.
CREATE TABLE change (
    cell text NOT NULL,
    at timestamptz NOT NULL,
    rank smallint NOT NULL,                -- 0 acts, 1 telemetry
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    n smallint NOT NULL,
    kind text NOT NULL,
    run bigint,
    detail bytea,
    CONSTRAINT change_pkey PRIMARY KEY (cell, at, rank, partition, "offset", n)
);

-- Identity (section 3) ----------------------------------------------------------------------------------------------

-- A name of an asset: minted once per part of the identity graph, never reused.
CREATE TABLE asset (
    cell text NOT NULL,
    asset uuid NOT NULL,
    kind text NOT NULL,
    from_at timestamptz NOT NULL,
    until_at timestamptz,
    exists_during tstzrange NOT NULL GENERATED ALWAYS AS (tstzrange(from_at, until_at)) STORED,
    CONSTRAINT asset_pkey PRIMARY KEY (cell, asset, exists_during WITHOUT OVERLAPS)
);
CREATE INDEX asset_asset ON asset (cell, asset, from_at);
CREATE INDEX asset_name_kind ON asset (cell, kind, asset);

-- A node of the identity graph: its own name, and its place in the order of rule 5.
CREATE TABLE part (
    cell text NOT NULL,
    part bytea NOT NULL,
    asset uuid NOT NULL,
    kind text NOT NULL,
    alone boolean NOT NULL,
    at timestamptz NOT NULL,
    rank smallint NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    n integer NOT NULL,
    CONSTRAINT part_pkey PRIMARY KEY (cell, part)
);
CREATE UNIQUE INDEX part_asset ON part (cell, asset);

CREATE TABLE part_value (
    cell text NOT NULL,
    scheme text NOT NULL,
    scope text NOT NULL,
    value text NOT NULL,
    kind text NOT NULL,
    part bytea NOT NULL,
    strong boolean NOT NULL,
    CONSTRAINT part_value_pkey PRIMARY KEY (cell, scheme, scope, value, kind, part)
);
CREATE INDEX part_value_part ON part_value (cell, part);
CREATE INDEX part_value_value ON part_value (cell, value, scheme);

CREATE TABLE shared_value (
    cell text NOT NULL,
    scheme text NOT NULL,
    scope text NOT NULL,
    value text NOT NULL,
    kind text NOT NULL,
    since timestamptz NOT NULL,
    by_people boolean NOT NULL,
    CONSTRAINT shared_value_pkey PRIMARY KEY (cell, scheme, scope, value, kind)
);

-- Merges and parts by persons; undone by another act.
CREATE TABLE edge (
    cell text NOT NULL,
    key text NOT NULL,
    joins boolean NOT NULL,
    one uuid NOT NULL,
    other uuid NOT NULL,
    known_from timestamptz NOT NULL,
    known_until timestamptz,
    CONSTRAINT edge_pkey PRIMARY KEY (cell, key)
);
CREATE INDEX edge_one ON edge (cell, one);
CREATE INDEX edge_other ON edge (cell, other);

-- Which asset a name belongs to, as known over time. A name that nobody joined is its own asset.
CREATE TABLE asset_name (
    cell text NOT NULL,
    name uuid NOT NULL,
    asset uuid NOT NULL,
    known_from timestamptz NOT NULL,
    known_until timestamptz,
    known tstzrange NOT NULL GENERATED ALWAYS AS (tstzrange(known_from, known_until)) STORED,
    CONSTRAINT asset_name_pkey PRIMARY KEY (cell, name, known WITHOUT OVERLAPS)
);
CREATE INDEX asset_name_name ON asset_name (cell, name, known_from);
CREATE INDEX asset_name_asset ON asset_name (cell, asset, known_from);

CREATE TABLE identity_dispute (
    cell text NOT NULL,
    dispute uuid NOT NULL,
    scheme text NOT NULL,
    scope text NOT NULL,
    value text NOT NULL,
    kind text NOT NULL,
    assets uuid[] NOT NULL,
    known_from timestamptz NOT NULL,
    known_until timestamptz,
    CONSTRAINT identity_dispute_pkey PRIMARY KEY (cell, dispute)
);
CREATE INDEX identity_dispute_open ON identity_dispute (cell, scheme, value) WHERE known_until IS NULL;
CREATE INDEX identity_dispute_assets ON identity_dispute USING gin (assets);

-- What sources say of assets (rule 14) and what follows (section 4) -------------------------------------------------

CREATE TABLE binding (
    cell text NOT NULL,
    source text NOT NULL,
    scope text NOT NULL,
    slot text NOT NULL,
    asset uuid NOT NULL,                   -- a name: see asset_name
    kind text NOT NULL,
    container uuid,                        -- a name
    container_slot text,
    stated text,                           -- the place as the source states it
    place text,                            -- the place that this, or a survey, names
    surveyed boolean NOT NULL,
    from_at timestamptz NOT NULL,
    until_at timestamptz,
    end_cause text,
    known_from timestamptz NOT NULL,       -- its beginning, unless identity was corrected later
    during tstzrange NOT NULL GENERATED ALWAYS AS (tstzrange(from_at, until_at)) STORED,
    CONSTRAINT binding_pkey PRIMARY KEY (cell, source, scope, slot, during WITHOUT OVERLAPS),
    CONSTRAINT binding_asset_fkey FOREIGN KEY (cell, asset, PERIOD during)
        REFERENCES asset (cell, asset, PERIOD exists_during)
);
CREATE INDEX binding_source ON binding (cell, source, scope) WHERE until_at IS NULL;
CREATE INDEX binding_asset ON binding (cell, asset, from_at);
CREATE INDEX binding_container ON binding (cell, container, from_at) WHERE container IS NOT NULL;
CREATE INDEX binding_stated ON binding (cell, stated) WHERE until_at IS NULL AND stated IS NOT NULL;

-- Bindings whose asset, or container, turned out to be another, with the period in which we believed them.
CREATE TABLE binding_past (
    cell text NOT NULL,
    source text NOT NULL,
    scope text NOT NULL,
    slot text NOT NULL,
    asset uuid NOT NULL,
    kind text NOT NULL,
    container uuid,
    container_slot text,
    stated text,
    place text,
    surveyed boolean NOT NULL,
    from_at timestamptz NOT NULL,
    until_at timestamptz,
    end_cause text,
    known_from timestamptz NOT NULL,
    known_until timestamptz NOT NULL,
    CONSTRAINT binding_past_pkey PRIMARY KEY (cell, source, scope, slot, from_at, known_from)
);
CREATE INDEX binding_past_asset ON binding_past (cell, asset, from_at);
CREATE INDEX binding_past_container ON binding_past (cell, container, from_at) WHERE container IS NOT NULL;

CREATE TABLE whereabouts (
    cell text NOT NULL,
    asset uuid NOT NULL,
    kind text NOT NULL,
    container uuid,
    container_slot text,
    place text,
    moving boolean NOT NULL,
    disputed boolean NOT NULL,
    from_at timestamptz NOT NULL,
    until_at timestamptz,
    known_from timestamptz NOT NULL,
    during tstzrange NOT NULL GENERATED ALWAYS AS (tstzrange(from_at, until_at)) STORED,
    CONSTRAINT whereabouts_pkey PRIMARY KEY (cell, asset, during WITHOUT OVERLAPS),
    CONSTRAINT whereabouts_asset_fkey FOREIGN KEY (cell, asset, PERIOD during)
        REFERENCES asset (cell, asset, PERIOD exists_during)
);
CREATE INDEX whereabouts_asset ON whereabouts (cell, asset, from_at);
CREATE INDEX whereabouts_container ON whereabouts (cell, container, from_at) WHERE container IS NOT NULL;
CREATE INDEX whereabouts_place ON whereabouts (cell, place, from_at) WHERE place IS NOT NULL;

-- Rows that were corrected, with the period in which we believed them (rule 20).
CREATE TABLE whereabouts_past (
    cell text NOT NULL,
    asset uuid NOT NULL,
    kind text NOT NULL,
    container uuid,
    container_slot text,
    place text,
    moving boolean NOT NULL,
    disputed boolean NOT NULL,
    from_at timestamptz NOT NULL,
    until_at timestamptz,
    known_from timestamptz NOT NULL,
    known_until timestamptz NOT NULL,
    CONSTRAINT whereabouts_past_pkey PRIMARY KEY (cell, asset, from_at, known_from)
);
CREATE INDEX whereabouts_past_container ON whereabouts_past (cell, container, from_at) WHERE container IS NOT NULL;
CREATE INDEX whereabouts_past_place ON whereabouts_past (cell, place, from_at) WHERE place IS NOT NULL;

CREATE TABLE dispute (
    cell text NOT NULL,
    asset uuid NOT NULL,
    from_at timestamptz NOT NULL,
    until_at timestamptz,
    shown_source text NOT NULL,
    shown_scope text NOT NULL,
    shown_slot text NOT NULL,
    rival_source text NOT NULL,
    rival_scope text NOT NULL,
    rival_slot text NOT NULL,
    known_from timestamptz NOT NULL,
    known_until timestamptz,
    CONSTRAINT dispute_pkey PRIMARY KEY
        (cell, asset, from_at, shown_source, shown_scope, shown_slot, rival_source, rival_scope, rival_slot, known_from)
);

-- When an asset that is `moving` can be decided.
CREATE TABLE decision (
    cell text NOT NULL,
    asset uuid NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT decision_pkey PRIMARY KEY (cell, asset)
);
CREATE INDEX decision_at ON decision (cell, at);

-- Silences above the tolerance: [from_at, until_at), known since opened_at (rule 12).
CREATE TABLE gap (
    cell text NOT NULL,
    source text NOT NULL,
    scope text NOT NULL,
    run bigint NOT NULL,
    partition integer NOT NULL,
    from_at timestamptz NOT NULL,
    opened_at timestamptz NOT NULL,
    until_at timestamptz,
    CONSTRAINT gap_pkey PRIMARY KEY (cell, source, scope, from_at)
);
CREATE INDEX gap_open ON gap (cell, source, scope) WHERE until_at IS NULL;
CREATE INDEX gap_at ON gap (cell, opened_at);

CREATE TABLE finding (
    cell text NOT NULL,
    finding uuid NOT NULL,
    kind text NOT NULL,
    severity text NOT NULL,
    subject text NOT NULL,
    state text NOT NULL,                   -- 'open' or 'closed'
    opened_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    closed_at timestamptz,
    words text NOT NULL,
    evidence bytea NOT NULL,               -- canonical JSON
    CONSTRAINT finding_pkey PRIMARY KEY (cell, finding)
);
CREATE UNIQUE INDEX finding_open ON finding (cell, kind, subject) WHERE state = 'open';
CREATE INDEX finding_at ON finding (cell, opened_at);

-- Appended facts (rule 29): everything above can be rebuilt from the bytes.
CREATE TABLE event (
    cell text NOT NULL,
    at timestamptz NOT NULL,
    n bigint NOT NULL,
    kind text NOT NULL,
    subject uuid,
    bytes bytea NOT NULL,
    CONSTRAINT event_pkey PRIMARY KEY (cell, at, n)
) PARTITION BY RANGE (at);
CREATE INDEX event_n ON event (cell, n);
CREATE INDEX event_subject ON event (cell, subject, n) WHERE subject IS NOT NULL;
CREATE TABLE event_before_2026 PARTITION OF event FOR VALUES FROM (MINVALUE) TO ('2026-01-01Z');
CREATE TABLE event_2026 PARTITION OF event FOR VALUES FROM ('2026-01-01Z') TO ('2027-01-01Z');
CREATE TABLE event_2027 PARTITION OF event FOR VALUES FROM ('2027-01-01Z') TO ('2028-01-01Z');
CREATE TABLE event_2028 PARTITION OF event FOR VALUES FROM ('2028-01-01Z') TO ('2029-01-01Z');
CREATE TABLE event_later PARTITION OF event FOR VALUES FROM ('2029-01-01Z') TO (MAXVALUE);

-- Between cells (rules 22, 23) --------------------------------------------------------------------------------------

-- What the deriver found for the directory; a linker takes it from here.
CREATE TABLE outbox (
    cell text NOT NULL,
    n bigint NOT NULL,
    asset uuid NOT NULL,
    kind text NOT NULL,
    scheme text NOT NULL,
    scope text NOT NULL,
    value text NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT outbox_pkey PRIMARY KEY (cell, n)
);

-- Which cells know an identifier: HMACs only, never joined by a foreign key, never on the way of a report.
CREATE TABLE directory (
    hmac bytea NOT NULL,
    cell text NOT NULL,
    asset uuid NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT directory_pkey PRIMARY KEY (hmac, cell, asset)
);

CREATE TABLE same_as (
    cell text NOT NULL,
    asset uuid NOT NULL,
    other_cell text NOT NULL,
    other_asset uuid NOT NULL,
    state text NOT NULL,                   -- 'arrived', 'departed', 'linked', 'disputed'
    ref bytea,                             -- hash of the other side's event
    event bytea NOT NULL,                  -- hash of this side's event
    at timestamptz NOT NULL,
    CONSTRAINT same_as_pkey PRIMARY KEY (cell, asset, other_cell, other_asset, state)
);

-- Who may ask (plain tables, never facts) ---------------------------------------------------------------------------

CREATE TABLE api_key (
    key_id text NOT NULL,
    hash bytea NOT NULL,
    operator text NOT NULL,
    label text NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    CONSTRAINT api_key_pkey PRIMARY KEY (key_id)
);
