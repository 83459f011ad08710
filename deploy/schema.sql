-- What the migrations amount to, read back from the catalogue of PostgreSQL 18. Made by `python -m deploy.schema`;
-- to be read and compared, not to be run.

CREATE EXTENSION btree_gist;

CREATE TABLE acceptance (
    cell text NOT NULL,
    release text NOT NULL,
    asset uuid NOT NULL,
    key text NOT NULL,
    "offset" bigint NOT NULL,
    by text NOT NULL,
    document text,
    at timestamp with time zone NOT NULL,
    known_from timestamp with time zone NOT NULL,
    known_until timestamp with time zone,
    CONSTRAINT acceptance_pkey PRIMARY KEY (cell, release, asset, key)
);
CREATE INDEX acceptance_asset ON public.acceptance USING btree (cell, asset);
CREATE INDEX acceptance_key ON public.acceptance USING btree (cell, key);
ALTER TABLE acceptance ENABLE ROW LEVEL SECURITY;
CREATE POLICY acceptance_granted ON acceptance FOR SELECT TO holdfast_api USING (((cell = ( SELECT (viewer_grant() ->> 'cell'::text))) AND ((( SELECT (viewer_grant() ->> 'whole'::text)) ~~ '%s%'::text) OR shows((( SELECT viewer_grant() AS viewer_grant) ->> (asset)::text), 's'::text, NULL::tstzrange))));
CREATE POLICY acceptance_viewer ON acceptance FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON acceptance TO holdfast_api;

CREATE TABLE access (
    cell text NOT NULL,
    "offset" bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    party text NOT NULL,
    credential text NOT NULL,
    asked text NOT NULL,
    sha256 text,
    CONSTRAINT access_pkey PRIMARY KEY (cell, "offset")
);
CREATE INDEX access_party ON public.access USING btree (cell, party, "offset");
ALTER TABLE access ENABLE ROW LEVEL SECURITY;
CREATE POLICY access_granted ON access FOR SELECT TO holdfast_api USING (((cell = ( SELECT (viewer_grant() ->> 'cell'::text))) AND ((( SELECT (viewer_grant() ->> 'whole'::text)) ~~ '%-%'::text) OR (party = ( SELECT (viewer_grant() ->> 'party'::text))))));
CREATE POLICY access_viewer ON access FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON access TO holdfast_api;

CREATE TABLE act (
    cell text NOT NULL,
    "offset" bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    key text NOT NULL,
    act text NOT NULL,
    by text NOT NULL,
    body bytea NOT NULL,
    outcome text,
    words text,
    CONSTRAINT act_pkey PRIMARY KEY (cell, "offset")
);
CREATE INDEX act_key ON public.act USING btree (cell, key);
ALTER TABLE act ENABLE ROW LEVEL SECURITY;
CREATE POLICY act_granted ON act FOR SELECT TO holdfast_api USING (((cell = ( SELECT (viewer_grant() ->> 'cell'::text))) AND (NOT (act ~~ 'finding.%'::text)) AND (( SELECT (viewer_grant() ->> 'whole'::text)) ~~ '%e%'::text)));
CREATE POLICY act_viewer ON act FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON act TO holdfast_api;

CREATE TABLE api_key (
    key_id text NOT NULL,
    hash bytea NOT NULL,
    operator text NOT NULL,
    label text NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    kind text,
    used_at timestamp with time zone,
    replaces text,
    CONSTRAINT api_key_pkey PRIMARY KEY (key_id)
);
CREATE INDEX api_key_of_operator ON public.api_key USING btree (operator, key_id);
ALTER TABLE api_key ENABLE ROW LEVEL SECURITY;
CREATE POLICY api_key_party ON api_key FOR ALL TO holdfast_api USING ((((COALESCE(kind, 'operator'::text) || '/'::text) || operator) = current_setting('holdfast.party'::text, true)));

CREATE TABLE asset (
    cell text NOT NULL,
    asset uuid NOT NULL,
    kind text NOT NULL,
    from_at timestamp with time zone NOT NULL,
    until_at timestamp with time zone,
    exists_during tstzrange GENERATED ALWAYS AS (tstzrange(from_at, until_at)) STORED NOT NULL,
    known_from timestamp with time zone,
    CONSTRAINT asset_pkey PRIMARY KEY (cell, asset, exists_during WITHOUT OVERLAPS)
);
CREATE INDEX asset_asset ON public.asset USING btree (cell, asset, from_at);
CREATE INDEX asset_name_kind ON public.asset USING btree (cell, kind, asset);
ALTER TABLE asset ENABLE ROW LEVEL SECURITY;
CREATE POLICY asset_granted ON asset FOR SELECT TO holdfast_api USING (((cell = ( SELECT (viewer_grant() ->> 'cell'::text))) AND ((( SELECT (viewer_grant() ->> 'whole'::text)) ~~ '%w%'::text) OR shows((( SELECT viewer_grant() AS viewer_grant) ->> (asset)::text), 'w'::text, '(,)'::tstzrange))));
CREATE POLICY asset_viewer ON asset FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON asset TO holdfast_api;

CREATE TABLE asset_name (
    cell text NOT NULL,
    name uuid NOT NULL,
    asset uuid NOT NULL,
    known_from timestamp with time zone NOT NULL,
    known_until timestamp with time zone,
    known tstzrange GENERATED ALWAYS AS (tstzrange(known_from, known_until)) STORED NOT NULL,
    CONSTRAINT asset_name_pkey PRIMARY KEY (cell, name, known WITHOUT OVERLAPS)
);
CREATE INDEX asset_name_asset ON public.asset_name USING btree (cell, asset, known_from);
CREATE INDEX asset_name_name ON public.asset_name USING btree (cell, name, known_from);
ALTER TABLE asset_name ENABLE ROW LEVEL SECURITY;
CREATE POLICY asset_name_granted ON asset_name FOR SELECT TO holdfast_api USING (((cell = ( SELECT (viewer_grant() ->> 'cell'::text))) AND ((( SELECT (viewer_grant() ->> 'whole'::text)) ~~ '%w%'::text) OR shows((( SELECT viewer_grant() AS viewer_grant) ->> (name)::text), 'w'::text, '(,)'::tstzrange))));
CREATE POLICY asset_name_viewer ON asset_name FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON asset_name TO holdfast_api;

CREATE TABLE binding (
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
    from_at timestamp with time zone NOT NULL,
    until_at timestamp with time zone,
    end_cause text,
    known_from timestamp with time zone NOT NULL,
    during tstzrange GENERATED ALWAYS AS (tstzrange(from_at, until_at)) STORED NOT NULL,
    CONSTRAINT binding_pkey PRIMARY KEY (cell, source, scope, slot, during WITHOUT OVERLAPS),
    CONSTRAINT binding_asset_fkey FOREIGN KEY (cell, asset, PERIOD during) REFERENCES asset(cell, asset, PERIOD exists_during)
);
CREATE INDEX binding_asset ON public.binding USING btree (cell, asset, from_at);
CREATE INDEX binding_container ON public.binding USING btree (cell, container, from_at) WHERE (container IS NOT NULL);
CREATE INDEX binding_source ON public.binding USING btree (cell, source, scope) WHERE (until_at IS NULL);
CREATE INDEX binding_stated ON public.binding USING btree (cell, stated) WHERE ((until_at IS NULL) AND (stated IS NOT NULL));
ALTER TABLE binding ENABLE ROW LEVEL SECURITY;
CREATE POLICY binding_granted ON binding FOR SELECT TO holdfast_api USING (((cell = ( SELECT (viewer_grant() ->> 'cell'::text))) AND ((( SELECT (viewer_grant() ->> 'whole'::text)) ~~ '%v%'::text) OR shows((( SELECT viewer_grant() AS viewer_grant) ->> (asset)::text), 'v'::text, NULL::tstzrange))));
CREATE POLICY binding_viewer ON binding FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON binding TO holdfast_api;

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
    from_at timestamp with time zone NOT NULL,
    until_at timestamp with time zone,
    end_cause text,
    known_from timestamp with time zone NOT NULL,
    known_until timestamp with time zone NOT NULL,
    CONSTRAINT binding_past_pkey PRIMARY KEY (cell, source, scope, slot, from_at, known_from)
);
CREATE INDEX binding_past_asset ON public.binding_past USING btree (cell, asset, from_at);
CREATE INDEX binding_past_container ON public.binding_past USING btree (cell, container, from_at) WHERE (container IS NOT NULL);
ALTER TABLE binding_past ENABLE ROW LEVEL SECURITY;
CREATE POLICY binding_past_granted ON binding_past FOR SELECT TO holdfast_api USING (((cell = ( SELECT (viewer_grant() ->> 'cell'::text))) AND ((( SELECT (viewer_grant() ->> 'whole'::text)) ~~ '%v%'::text) OR shows((( SELECT viewer_grant() AS viewer_grant) ->> (asset)::text), 'v'::text, NULL::tstzrange))));
CREATE POLICY binding_past_viewer ON binding_past FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON binding_past TO holdfast_api;

CREATE TABLE cell (
    cell text NOT NULL,
    operator text NOT NULL,
    simulated boolean NOT NULL,
    horizon timestamp with time zone NOT NULL,
    fence bigint NOT NULL,
    next_event bigint NOT NULL,
    terms bigint NOT NULL,
    salt_key bytea NOT NULL,
    budget_from timestamp with time zone,
    CONSTRAINT cell_pkey PRIMARY KEY (cell)
) WITH (fillfactor=50);
CREATE INDEX cell_operator ON public.cell USING btree (operator);
ALTER TABLE cell ENABLE ROW LEVEL SECURITY;
CREATE POLICY cell_granted ON cell FOR SELECT TO holdfast_api USING (((cell = ( SELECT (viewer_grant() ->> 'cell'::text))) AND ((( SELECT (viewer_grant() ->> 'whole'::text)) ~~ '%w%'::text) OR true)));
CREATE POLICY cell_viewer ON cell FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON cell TO holdfast_api;

CREATE TABLE change (
    cell text NOT NULL,
    at timestamp with time zone NOT NULL,
    rank smallint NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    n smallint NOT NULL,
    kind text NOT NULL,
    run bigint,
    detail bytea,
    CONSTRAINT change_pkey PRIMARY KEY (cell, at, rank, partition, "offset", n)
);

CREATE TABLE dead_letter (
    cell text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    epoch integer NOT NULL,
    "offset" bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    code text NOT NULL,
    words text NOT NULL,
    key bytea,
    headers bytea NOT NULL,
    value bytea,
    source text,
    retried_at timestamp with time zone,
    CONSTRAINT dead_letter_pkey PRIMARY KEY (cell, topic, partition, epoch, "offset")
);
CREATE INDEX dead_letter_at ON public.dead_letter USING btree (cell, at);
ALTER TABLE dead_letter ENABLE ROW LEVEL SECURITY;
CREATE POLICY dead_letter_granted ON dead_letter FOR SELECT TO holdfast_api USING (((cell = ( SELECT (viewer_grant() ->> 'cell'::text))) AND ((( SELECT (viewer_grant() ->> 'whole'::text)) ~~ '%v%'::text) OR shows((( SELECT viewer_grant() AS viewer_grant) ->> ('s/'::text || source)), 'd'::text, NULL::tstzrange))));
CREATE POLICY dead_letter_viewer ON dead_letter FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON dead_letter TO holdfast_api;

CREATE TABLE decision (
    cell text NOT NULL,
    asset uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT decision_pkey PRIMARY KEY (cell, asset)
);
CREATE INDEX decision_at ON public.decision USING btree (cell, at);
ALTER TABLE decision ENABLE ROW LEVEL SECURITY;
CREATE POLICY decision_granted ON decision FOR SELECT TO holdfast_api USING (((cell = ( SELECT (viewer_grant() ->> 'cell'::text))) AND (( SELECT (viewer_grant() ->> 'whole'::text)) ~~ '%v%'::text)));
CREATE POLICY decision_viewer ON decision FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON decision TO holdfast_api;

CREATE TABLE directory (
    hmac bytea NOT NULL,
    cell text NOT NULL,
    asset uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT directory_pkey PRIMARY KEY (hmac, cell, asset)
);

CREATE TABLE disclosure_grant (
    cell text NOT NULL,
    key text NOT NULL,
    party text NOT NULL,
    whole boolean NOT NULL,
    place text,
    licence text,
    fields text[] NOT NULL,
    purpose text NOT NULL,
    by text NOT NULL,
    until_at timestamp with time zone NOT NULL,
    known_from timestamp with time zone NOT NULL,
    known_until timestamp with time zone,
    revoked_by text,
    CONSTRAINT disclosure_grant_pkey PRIMARY KEY (cell, key)
);
CREATE INDEX disclosure_grant_party ON public.disclosure_grant USING btree (party, cell) WHERE (known_until IS NULL);
ALTER TABLE disclosure_grant ENABLE ROW LEVEL SECURITY;
CREATE POLICY disclosure_grant_granted ON disclosure_grant FOR SELECT TO holdfast_api USING (((cell = ( SELECT (viewer_grant() ->> 'cell'::text))) AND ((( SELECT (viewer_grant() ->> 'whole'::text)) ~~ '%-%'::text) OR (party = ( SELECT (viewer_grant() ->> 'party'::text))))));
CREATE POLICY disclosure_grant_viewer ON disclosure_grant FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON disclosure_grant TO holdfast_api;

CREATE TABLE disclosure_policy (
    cell text NOT NULL,
    "offset" bigint NOT NULL,
    kind text,
    severity text,
    hours integer NOT NULL,
    by text NOT NULL,
    known_from timestamp with time zone NOT NULL,
    CONSTRAINT disclosure_policy_pkey PRIMARY KEY (cell, "offset")
);
ALTER TABLE disclosure_policy ENABLE ROW LEVEL SECURITY;
CREATE POLICY disclosure_policy_viewer ON disclosure_policy FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON disclosure_policy TO holdfast_api;

CREATE TABLE dispute (
    cell text NOT NULL,
    asset uuid NOT NULL,
    from_at timestamp with time zone NOT NULL,
    until_at timestamp with time zone,
    shown_source text NOT NULL,
    shown_scope text NOT NULL,
    shown_slot text NOT NULL,
    rival_source text NOT NULL,
    rival_scope text NOT NULL,
    rival_slot text NOT NULL,
    known_from timestamp with time zone NOT NULL,
    known_until timestamp with time zone,
    CONSTRAINT dispute_pkey PRIMARY KEY (cell, asset, from_at, shown_source, shown_scope, shown_slot, rival_source, rival_scope, rival_slot, known_from)
);
ALTER TABLE dispute ENABLE ROW LEVEL SECURITY;
CREATE POLICY dispute_granted ON dispute FOR SELECT TO holdfast_api USING (((cell = ( SELECT (viewer_grant() ->> 'cell'::text))) AND ((( SELECT (viewer_grant() ->> 'whole'::text)) ~~ '%v%'::text) OR shows((( SELECT viewer_grant() AS viewer_grant) ->> (asset)::text), 'v'::text, NULL::tstzrange))));
CREATE POLICY dispute_viewer ON dispute FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON dispute TO holdfast_api;

CREATE TABLE edge (
    cell text NOT NULL,
    key text NOT NULL,
    joins boolean NOT NULL,
    one uuid NOT NULL,
    other uuid NOT NULL,
    known_from timestamp with time zone NOT NULL,
    known_until timestamp with time zone,
    CONSTRAINT edge_pkey PRIMARY KEY (cell, key)
);
CREATE INDEX edge_one ON public.edge USING btree (cell, one);
CREATE INDEX edge_other ON public.edge USING btree (cell, other);
ALTER TABLE edge ENABLE ROW LEVEL SECURITY;
CREATE POLICY edge_granted ON edge FOR SELECT TO holdfast_api USING (((cell = ( SELECT (viewer_grant() ->> 'cell'::text))) AND (( SELECT (viewer_grant() ->> 'whole'::text)) ~~ '%v%'::text)));
CREATE POLICY edge_viewer ON edge FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON edge TO holdfast_api;

CREATE TABLE event (
    cell text NOT NULL,
    at timestamp with time zone NOT NULL,
    n bigint NOT NULL,
    kind text NOT NULL,
    subject uuid,
    bytes bytea NOT NULL,
    CONSTRAINT event_pkey PRIMARY KEY (cell, at, n)
) PARTITION BY RANGE (at);
CREATE INDEX event_n ON ONLY public.event USING btree (cell, n);
CREATE INDEX event_subject ON ONLY public.event USING btree (cell, subject, n) WHERE (subject IS NOT NULL);
ALTER TABLE event ENABLE ROW LEVEL SECURITY;
CREATE POLICY event_granted ON event FOR SELECT TO holdfast_api USING (((cell = ( SELECT (viewer_grant() ->> 'cell'::text))) AND (NOT ((kind = 'act'::text) OR (kind ~~ 'finding%'::text))) AND ((( SELECT (viewer_grant() ->> 'whole'::text)) ~~ '%e%'::text) OR shows((( SELECT viewer_grant() AS viewer_grant) ->> (subject)::text), 'e'::text, NULL::tstzrange))));
CREATE POLICY event_viewer ON event FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON event TO holdfast_api;

CREATE TABLE event_2026 PARTITION OF event FOR VALUES FROM ('2026-01-01 00:00:00+00') TO ('2027-01-01 00:00:00+00');

CREATE TABLE event_2027 PARTITION OF event FOR VALUES FROM ('2027-01-01 00:00:00+00') TO ('2028-01-01 00:00:00+00');

CREATE TABLE event_2028 PARTITION OF event FOR VALUES FROM ('2028-01-01 00:00:00+00') TO ('2029-01-01 00:00:00+00');

CREATE TABLE event_before_2026 PARTITION OF event FOR VALUES FROM (MINVALUE) TO ('2026-01-01 00:00:00+00');

CREATE TABLE event_later PARTITION OF event FOR VALUES FROM ('2029-01-01 00:00:00+00') TO (MAXVALUE);

CREATE TABLE finding (
    cell text NOT NULL,
    finding uuid NOT NULL,
    kind text NOT NULL,
    severity text NOT NULL,
    subject text NOT NULL,
    state text NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    words text NOT NULL,
    evidence bytea NOT NULL,
    closed_by text,
    ended_at timestamp with time zone,
    acknowledged_by text,
    shown_from timestamp with time zone,
    CONSTRAINT finding_pkey PRIMARY KEY (cell, finding)
);
CREATE INDEX finding_at ON public.finding USING btree (cell, opened_at);
CREATE INDEX finding_dismissed ON public.finding USING btree (cell) WHERE ((closed_by IS NOT NULL) AND (ended_at IS NULL));
CREATE UNIQUE INDEX finding_open ON public.finding USING btree (cell, kind, subject) WHERE (state = 'open'::text);
CREATE INDEX finding_subject ON public.finding USING btree (cell, subject, opened_at);
ALTER TABLE finding ENABLE ROW LEVEL SECURITY;
CREATE POLICY finding_granted ON finding FOR SELECT TO holdfast_api USING (((cell = ( SELECT (viewer_grant() ->> 'cell'::text))) AND (COALESCE(shown_from, (opened_at + '72:00:00'::interval)) <= ( SELECT COALESCE(((viewer_grant() ->> 'now'::text))::timestamp with time zone, statement_timestamp()) AS "coalesce")) AND ((( SELECT (viewer_grant() ->> 'whole'::text)) ~~ '%f%'::text) OR shows((( SELECT viewer_grant() AS viewer_grant) ->> subject), 'f'::text, NULL::tstzrange))));
CREATE POLICY finding_viewer ON finding FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON finding TO holdfast_api;

CREATE TABLE finding_step (
    cell text NOT NULL,
    finding uuid NOT NULL,
    "offset" bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    step text NOT NULL,
    by text NOT NULL,
    why text,
    key text NOT NULL,
    text text,
    salt text,
    commitment text,
    erased_at timestamp with time zone,
    CONSTRAINT finding_step_pkey PRIMARY KEY (cell, finding, "offset")
);
CREATE INDEX finding_step_key ON public.finding_step USING btree (cell, key);
ALTER TABLE finding_step ENABLE ROW LEVEL SECURITY;
CREATE POLICY finding_step_viewer ON finding_step FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON finding_step TO holdfast_api;

CREATE TABLE gap (
    cell text NOT NULL,
    source text NOT NULL,
    scope text NOT NULL,
    run bigint NOT NULL,
    partition integer NOT NULL,
    from_at timestamp with time zone NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    until_at timestamp with time zone,
    CONSTRAINT gap_pkey PRIMARY KEY (cell, source, scope, from_at)
);
CREATE INDEX gap_at ON public.gap USING btree (cell, opened_at);
CREATE INDEX gap_open ON public.gap USING btree (cell, source, scope) WHERE (until_at IS NULL);
CREATE INDEX gap_source ON public.gap USING btree (cell, source, scope, from_at);
ALTER TABLE gap ENABLE ROW LEVEL SECURITY;
CREATE POLICY gap_granted ON gap FOR SELECT TO holdfast_api USING (((cell = ( SELECT (viewer_grant() ->> 'cell'::text))) AND ((( SELECT (viewer_grant() ->> 'whole'::text)) ~~ '%v%'::text) OR shows((( SELECT viewer_grant() AS viewer_grant) ->> ('s/'::text || source)), 'v'::text, NULL::tstzrange))));
CREATE POLICY gap_viewer ON gap FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON gap TO holdfast_api;

CREATE TABLE granted_thing (
    cell text NOT NULL,
    key text NOT NULL,
    asset uuid NOT NULL,
    CONSTRAINT granted_thing_pkey PRIMARY KEY (cell, key, asset)
);
ALTER TABLE granted_thing ENABLE ROW LEVEL SECURITY;
CREATE POLICY granted_thing_granted ON granted_thing FOR SELECT TO holdfast_api USING (((cell = ( SELECT (viewer_grant() ->> 'cell'::text))) AND ((( SELECT (viewer_grant() ->> 'whole'::text)) ~~ '%-%'::text) OR (( SELECT (viewer_grant() -> 'grants'::text)) ? key))));
CREATE POLICY granted_thing_viewer ON granted_thing FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON granted_thing TO holdfast_api;

CREATE TABLE hold (
    cell text NOT NULL,
    key text NOT NULL,
    whole boolean NOT NULL,
    assets uuid[] NOT NULL,
    reference text NOT NULL,
    by text NOT NULL,
    known_from timestamp with time zone NOT NULL,
    known_until timestamp with time zone,
    CONSTRAINT hold_pkey PRIMARY KEY (cell, key)
);
ALTER TABLE hold ENABLE ROW LEVEL SECURITY;
CREATE POLICY hold_viewer ON hold FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON hold TO holdfast_api;

CREATE TABLE identity_dispute (
    cell text NOT NULL,
    dispute uuid NOT NULL,
    scheme text NOT NULL,
    scope text NOT NULL,
    value text NOT NULL,
    kind text NOT NULL,
    assets uuid[] NOT NULL,
    known_from timestamp with time zone NOT NULL,
    known_until timestamp with time zone,
    CONSTRAINT identity_dispute_pkey PRIMARY KEY (cell, dispute)
);
CREATE INDEX identity_dispute_assets ON public.identity_dispute USING gin (assets);
CREATE INDEX identity_dispute_open ON public.identity_dispute USING btree (cell, scheme, value) WHERE (known_until IS NULL);
ALTER TABLE identity_dispute ENABLE ROW LEVEL SECURITY;
CREATE POLICY identity_dispute_granted ON identity_dispute FOR SELECT TO holdfast_api USING (((cell = ( SELECT (viewer_grant() ->> 'cell'::text))) AND ((( SELECT (viewer_grant() ->> 'whole'::text)) ~~ '%v%'::text) OR shows_any(( SELECT viewer_grant() AS viewer_grant), assets, 'v'::text))));
CREATE POLICY identity_dispute_viewer ON identity_dispute FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON identity_dispute TO holdfast_api;

CREATE TABLE inventory (
    cell text NOT NULL,
    digest bytea NOT NULL,
    document bytea NOT NULL,
    CONSTRAINT inventory_pkey PRIMARY KEY (cell, digest)
);
ALTER TABLE inventory ENABLE ROW LEVEL SECURITY;
CREATE POLICY inventory_granted ON inventory FOR SELECT TO holdfast_api USING (((cell = ( SELECT (viewer_grant() ->> 'cell'::text))) AND (( SELECT (viewer_grant() ->> 'whole'::text)) ~~ '%v%'::text)));
CREATE POLICY inventory_viewer ON inventory FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON inventory TO holdfast_api;

CREATE TABLE job (
    operator text NOT NULL,
    job uuid NOT NULL,
    key text,
    slot integer,
    state text NOT NULL,
    cells text[] NOT NULL,
    asked bytea NOT NULL,
    digest bytea NOT NULL,
    ruleset text NOT NULL,
    size integer NOT NULL,
    made_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    taken_at timestamp with time zone NOT NULL,
    lease_until timestamp with time zone,
    ended_at timestamp with time zone,
    words text,
    answer bytea,
    CONSTRAINT job_pkey PRIMARY KEY (operator, job)
);
CREATE INDEX job_expires ON public.job USING btree (expires_at);
CREATE UNIQUE INDEX job_key ON public.job USING btree (operator, key);
CREATE INDEX job_open ON public.job USING btree (taken_at) WHERE (state = 'open'::text);
CREATE INDEX job_page ON public.job USING btree (operator, made_at, job);
CREATE UNIQUE INDEX job_slot ON public.job USING btree (operator, slot);
ALTER TABLE job ENABLE ROW LEVEL SECURITY;
CREATE POLICY job_viewer ON job FOR ALL TO holdfast_api USING ((cells <@ viewer_cells()));
GRANT SELECT ON job TO holdfast_api;
GRANT INSERT ON job TO holdfast_api;
GRANT UPDATE ON job TO holdfast_api;
GRANT DELETE ON job TO holdfast_api;

CREATE TABLE job_chunk (
    operator text NOT NULL,
    job uuid NOT NULL,
    n integer NOT NULL,
    cell text NOT NULL,
    members uuid[] NOT NULL,
    unborne text[] NOT NULL,
    ambiguous text[] NOT NULL,
    size integer NOT NULL,
    tries integer NOT NULL,
    lease_until timestamp with time zone,
    done_at timestamp with time zone,
    portion bytea,
    names uuid[],
    verdicts bytea,
    CONSTRAINT job_chunk_pkey PRIMARY KEY (operator, job, n)
);
ALTER TABLE job_chunk ENABLE ROW LEVEL SECURITY;
CREATE POLICY job_chunk_viewer ON job_chunk FOR ALL TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON job_chunk TO holdfast_api;
GRANT INSERT ON job_chunk TO holdfast_api;
GRANT UPDATE ON job_chunk TO holdfast_api;
GRANT DELETE ON job_chunk TO holdfast_api;

CREATE TABLE migration (
    number integer NOT NULL,
    name text NOT NULL,
    sha256 bytea NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT migration_pkey PRIMARY KEY (number)
);

CREATE TABLE operator (
    operator text NOT NULL,
    name text NOT NULL,
    country text,
    CONSTRAINT operator_pkey PRIMARY KEY (operator)
);

CREATE TABLE outage (
    cell text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    from_at timestamp with time zone NOT NULL,
    until_at timestamp with time zone NOT NULL,
    CONSTRAINT outage_pkey PRIMARY KEY (cell, topic, partition, from_at)
);
ALTER TABLE outage ENABLE ROW LEVEL SECURITY;
CREATE POLICY outage_granted ON outage FOR SELECT TO holdfast_api USING (((cell = ( SELECT (viewer_grant() ->> 'cell'::text))) AND ((( SELECT (viewer_grant() ->> 'whole'::text)) ~~ '%v%'::text) OR true)));
CREATE POLICY outage_viewer ON outage FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON outage TO holdfast_api;

CREATE TABLE outbox (
    cell text NOT NULL,
    n bigint NOT NULL,
    asset uuid NOT NULL,
    kind text NOT NULL,
    scheme text NOT NULL,
    scope text NOT NULL,
    value text NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT outbox_pkey PRIMARY KEY (cell, n)
);

CREATE TABLE part (
    cell text NOT NULL,
    part bytea NOT NULL,
    asset uuid NOT NULL,
    kind text NOT NULL,
    alone boolean NOT NULL,
    at timestamp with time zone NOT NULL,
    rank smallint NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    n integer NOT NULL,
    known_from timestamp with time zone,
    CONSTRAINT part_pkey PRIMARY KEY (cell, part)
);
CREATE UNIQUE INDEX part_asset ON public.part USING btree (cell, asset);
ALTER TABLE part ENABLE ROW LEVEL SECURITY;
CREATE POLICY part_granted ON part FOR SELECT TO holdfast_api USING (((cell = ( SELECT (viewer_grant() ->> 'cell'::text))) AND ((( SELECT (viewer_grant() ->> 'whole'::text)) ~~ '%i%'::text) OR shows((( SELECT viewer_grant() AS viewer_grant) ->> (asset)::text), 'i'::text, NULL::tstzrange))));
CREATE POLICY part_viewer ON part FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON part TO holdfast_api;

CREATE TABLE part_value (
    cell text NOT NULL,
    scheme text NOT NULL,
    scope text NOT NULL,
    value text NOT NULL,
    kind text NOT NULL,
    part bytea NOT NULL,
    strong boolean NOT NULL,
    known_from timestamp with time zone,
    CONSTRAINT part_value_pkey PRIMARY KEY (cell, scheme, scope, value, kind, part)
);
CREATE INDEX part_value_part ON public.part_value USING btree (cell, part);
CREATE INDEX part_value_value ON public.part_value USING btree (cell, value, scheme);
ALTER TABLE part_value ENABLE ROW LEVEL SECURITY;
CREATE POLICY part_value_granted ON part_value FOR SELECT TO holdfast_api USING (((cell = ( SELECT (viewer_grant() ->> 'cell'::text))) AND ((( SELECT (viewer_grant() ->> 'whole'::text)) ~~ '%i%'::text) OR shows((( SELECT viewer_grant() AS viewer_grant) ->> ('b/'::text || encode(part, 'hex'::text))), 'i'::text, NULL::tstzrange))));
CREATE POLICY part_value_viewer ON part_value FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON part_value TO holdfast_api;

CREATE TABLE place (
    cell text NOT NULL,
    place text NOT NULL,
    kind text NOT NULL,
    within text,
    country text,
    latitude double precision,
    longitude double precision,
    from_at timestamp with time zone NOT NULL,
    until_at timestamp with time zone,
    valid tstzrange GENERATED ALWAYS AS (tstzrange(from_at, until_at)) STORED NOT NULL,
    CONSTRAINT place_pkey PRIMARY KEY (cell, place, valid WITHOUT OVERLAPS)
);
CREATE INDEX place_name ON public.place USING btree (cell, place, from_at);
CREATE INDEX place_within ON public.place USING btree (cell, within) WHERE (until_at IS NULL);
ALTER TABLE place ENABLE ROW LEVEL SECURITY;
CREATE POLICY place_granted ON place FOR SELECT TO holdfast_api USING (((cell = ( SELECT (viewer_grant() ->> 'cell'::text))) AND ((( SELECT (viewer_grant() ->> 'whole'::text)) ~~ '%w%'::text) OR shows((( SELECT viewer_grant() AS viewer_grant) ->> ('p/'::text || place)), 'w'::text, NULL::tstzrange))));
CREATE POLICY place_viewer ON place FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON place TO holdfast_api;

CREATE TABLE place_alias (
    cell text NOT NULL,
    alias text NOT NULL,
    place text NOT NULL,
    from_at timestamp with time zone NOT NULL,
    CONSTRAINT place_alias_pkey PRIMARY KEY (cell, alias)
);
ALTER TABLE place_alias ENABLE ROW LEVEL SECURITY;
CREATE POLICY place_alias_granted ON place_alias FOR SELECT TO holdfast_api USING (((cell = ( SELECT (viewer_grant() ->> 'cell'::text))) AND ((( SELECT (viewer_grant() ->> 'whole'::text)) ~~ '%w%'::text) OR shows((( SELECT viewer_grant() AS viewer_grant) ->> ('p/'::text || place)), 'w'::text, NULL::tstzrange))));
CREATE POLICY place_alias_viewer ON place_alias FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON place_alias TO holdfast_api;

CREATE TABLE "position" (
    cell text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    epoch integer NOT NULL,
    next_offset bigint NOT NULL,
    last_offset bigint,
    last_append timestamp with time zone,
    last_sha256 bytea,
    applied timestamp with time zone NOT NULL,
    record_at timestamp with time zone NOT NULL,
    joined_at timestamp with time zone NOT NULL,
    stopped text,
    stop_kind text,
    fence integer NOT NULL,
    CONSTRAINT position_pkey PRIMARY KEY (cell, topic, partition)
) WITH (fillfactor=50);
ALTER TABLE "position" ENABLE ROW LEVEL SECURITY;
CREATE POLICY position_granted ON "position" FOR SELECT TO holdfast_api USING (((cell = ( SELECT (viewer_grant() ->> 'cell'::text))) AND (( SELECT (viewer_grant() ->> 'whole'::text)) ~~ '%v%'::text)));
CREATE POLICY position_viewer ON "position" FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON "position" TO holdfast_api;

CREATE TABLE record_gap (
    cell text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    epoch integer NOT NULL,
    from_offset bigint NOT NULL,
    until_offset bigint NOT NULL,
    noted_at timestamp with time zone NOT NULL,
    reason text NOT NULL,
    CONSTRAINT record_gap_pkey PRIMARY KEY (cell, topic, partition, epoch, from_offset)
);
ALTER TABLE record_gap ENABLE ROW LEVEL SECURITY;
CREATE POLICY record_gap_granted ON record_gap FOR SELECT TO holdfast_api USING (((cell = ( SELECT (viewer_grant() ->> 'cell'::text))) AND (( SELECT (viewer_grant() ->> 'whole'::text)) ~~ '%v%'::text)));
CREATE POLICY record_gap_viewer ON record_gap FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON record_gap TO holdfast_api;

CREATE TABLE retention_class (
    cell text NOT NULL,
    name text NOT NULL,
    "offset" bigint NOT NULL,
    record text NOT NULL,
    trigger text NOT NULL,
    keep_days integer NOT NULL,
    basis text NOT NULL,
    reference text NOT NULL,
    by text NOT NULL,
    known_from timestamp with time zone NOT NULL,
    known_until timestamp with time zone,
    CONSTRAINT retention_class_pkey PRIMARY KEY (cell, name, "offset")
);
ALTER TABLE retention_class ENABLE ROW LEVEL SECURITY;
CREATE POLICY retention_class_viewer ON retention_class FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON retention_class TO holdfast_api;

CREATE TABLE run (
    cell text NOT NULL,
    run bigint NOT NULL,
    source text NOT NULL,
    scope text NOT NULL,
    partition integer NOT NULL,
    timing text NOT NULL,
    digest bytea NOT NULL,
    known boolean NOT NULL,
    tolerance_ms bigint NOT NULL,
    first_at timestamp with time zone NOT NULL,
    last_at timestamp with time zone NOT NULL,
    until_at timestamp with time zone,
    end_cause text,
    check_at timestamp with time zone,
    CONSTRAINT run_pkey PRIMARY KEY (cell, run)
) WITH (fillfactor=70);
CREATE INDEX run_check ON public.run USING btree (cell, check_at) WHERE (check_at IS NOT NULL);
CREATE UNIQUE INDEX run_open ON public.run USING btree (cell, source, scope, partition, ((timing = 'late'::text))) WHERE (until_at IS NULL);
CREATE INDEX run_source ON public.run USING btree (cell, source, scope, first_at);
ALTER TABLE run ENABLE ROW LEVEL SECURITY;
CREATE POLICY run_granted ON run FOR SELECT TO holdfast_api USING (((cell = ( SELECT (viewer_grant() ->> 'cell'::text))) AND ((( SELECT (viewer_grant() ->> 'whole'::text)) ~~ '%v%'::text) OR shows((( SELECT viewer_grant() AS viewer_grant) ->> ('s/'::text || source)), 'v'::text, NULL::tstzrange))));
CREATE POLICY run_viewer ON run FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON run TO holdfast_api;

CREATE TABLE same_as (
    cell text NOT NULL,
    asset uuid NOT NULL,
    other_cell text NOT NULL,
    other_asset uuid NOT NULL,
    state text NOT NULL,
    ref bytea,
    event bytea NOT NULL,
    at timestamp with time zone NOT NULL,
    trip integer NOT NULL,
    CONSTRAINT same_as_pkey PRIMARY KEY (cell, asset, other_cell, other_asset, trip, state)
);
ALTER TABLE same_as ENABLE ROW LEVEL SECURITY;
CREATE POLICY same_as_granted ON same_as FOR SELECT TO holdfast_api USING (((cell = ( SELECT (viewer_grant() ->> 'cell'::text))) AND (( SELECT (viewer_grant() ->> 'whole'::text)) ~~ '%v%'::text)));
CREATE POLICY same_as_viewer ON same_as FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON same_as TO holdfast_api;

CREATE TABLE shared_value (
    cell text NOT NULL,
    scheme text NOT NULL,
    scope text NOT NULL,
    value text NOT NULL,
    kind text NOT NULL,
    since timestamp with time zone NOT NULL,
    by_people boolean NOT NULL,
    CONSTRAINT shared_value_pkey PRIMARY KEY (cell, scheme, scope, value, kind)
);
ALTER TABLE shared_value ENABLE ROW LEVEL SECURITY;
CREATE POLICY shared_value_granted ON shared_value FOR SELECT TO holdfast_api USING (((cell = ( SELECT (viewer_grant() ->> 'cell'::text))) AND (( SELECT (viewer_grant() ->> 'whole'::text)) ~~ '%i%'::text)));
CREATE POLICY shared_value_viewer ON shared_value FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON shared_value TO holdfast_api;

CREATE TABLE silent_rack (
    cell text NOT NULL,
    rack uuid NOT NULL,
    site text NOT NULL,
    CONSTRAINT silent_rack_pkey PRIMARY KEY (cell, rack)
);
ALTER TABLE silent_rack ENABLE ROW LEVEL SECURITY;
CREATE POLICY silent_rack_granted ON silent_rack FOR SELECT TO holdfast_api USING (((cell = ( SELECT (viewer_grant() ->> 'cell'::text))) AND (( SELECT (viewer_grant() ->> 'whole'::text)) ~~ '%v%'::text)));
CREATE POLICY silent_rack_viewer ON silent_rack FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON silent_rack TO holdfast_api;

CREATE TABLE source_inventory (
    cell text NOT NULL,
    source text NOT NULL,
    scope text NOT NULL,
    partition integer NOT NULL,
    digest bytea NOT NULL,
    first_at timestamp with time zone NOT NULL,
    CONSTRAINT source_inventory_pkey PRIMARY KEY (cell, source, scope, partition, digest)
);
CREATE INDEX source_inventory_digest ON public.source_inventory USING btree (cell, digest);
ALTER TABLE source_inventory ENABLE ROW LEVEL SECURITY;
CREATE POLICY source_inventory_granted ON source_inventory FOR SELECT TO holdfast_api USING (((cell = ( SELECT (viewer_grant() ->> 'cell'::text))) AND (( SELECT (viewer_grant() ->> 'whole'::text)) ~~ '%v%'::text)));
CREATE POLICY source_inventory_viewer ON source_inventory FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON source_inventory TO holdfast_api;

CREATE TABLE source_seen (
    cell text NOT NULL,
    source text NOT NULL,
    source_class text NOT NULL,
    first_at timestamp with time zone NOT NULL,
    CONSTRAINT source_seen_pkey PRIMARY KEY (cell, source)
);
ALTER TABLE source_seen ENABLE ROW LEVEL SECURITY;
CREATE POLICY source_seen_granted ON source_seen FOR SELECT TO holdfast_api USING (((cell = ( SELECT (viewer_grant() ->> 'cell'::text))) AND ((( SELECT (viewer_grant() ->> 'whole'::text)) ~~ '%v%'::text) OR shows((( SELECT viewer_grant() AS viewer_grant) ->> ('s/'::text || source)), 'v'::text, NULL::tstzrange))));
CREATE POLICY source_seen_viewer ON source_seen FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON source_seen TO holdfast_api;

CREATE TABLE source_term (
    cell text NOT NULL,
    source text NOT NULL,
    from_at timestamp with time zone NOT NULL,
    source_class text,
    control_domain text NOT NULL,
    interval_ms bigint,
    clock_offset_ms bigint NOT NULL,
    lateness_ms bigint NOT NULL,
    retired boolean NOT NULL,
    version bigint NOT NULL,
    CONSTRAINT source_term_pkey PRIMARY KEY (cell, source, from_at)
);
CREATE INDEX source_term_retired ON public.source_term USING btree (cell, from_at) WHERE retired;
CREATE INDEX source_term_version ON public.source_term USING btree (cell, version);
ALTER TABLE source_term ENABLE ROW LEVEL SECURITY;
CREATE POLICY source_term_granted ON source_term FOR SELECT TO holdfast_api USING (((cell = ( SELECT (viewer_grant() ->> 'cell'::text))) AND ((( SELECT (viewer_grant() ->> 'whole'::text)) ~~ '%v%'::text) OR shows((( SELECT viewer_grant() AS viewer_grant) ->> ('s/'::text || source)), 'v'::text, NULL::tstzrange))));
CREATE POLICY source_term_viewer ON source_term FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON source_term TO holdfast_api;

CREATE TABLE status (
    cell text NOT NULL,
    key text NOT NULL,
    "offset" bigint NOT NULL,
    n integer NOT NULL,
    asset uuid NOT NULL,
    status text NOT NULL,
    party text,
    document text,
    ticket text,
    place text,
    by text NOT NULL,
    from_at timestamp with time zone NOT NULL,
    until_at timestamp with time zone,
    known_from timestamp with time zone NOT NULL,
    known_until timestamp with time zone,
    CONSTRAINT status_pkey PRIMARY KEY (cell, key, n)
);
CREATE INDEX status_asset ON public.status USING btree (cell, asset, from_at, until_at);
CREATE INDEX status_document ON public.status USING btree (cell, document) WHERE (document IS NOT NULL);
CREATE UNIQUE INDEX status_page ON public.status USING btree (cell, "offset", n);
CREATE INDEX status_place ON public.status USING btree (cell, place, from_at, until_at);
ALTER TABLE status ENABLE ROW LEVEL SECURITY;
CREATE POLICY status_granted ON status FOR SELECT TO holdfast_api USING (((cell = ( SELECT (viewer_grant() ->> 'cell'::text))) AND ((( SELECT (viewer_grant() ->> 'whole'::text)) ~~ '%s%'::text) OR shows((( SELECT viewer_grant() AS viewer_grant) ->> (asset)::text), 's'::text, NULL::tstzrange))));
CREATE POLICY status_viewer ON status FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON status TO holdfast_api;

CREATE TABLE survey (
    cell text NOT NULL,
    source text NOT NULL,
    slot text NOT NULL,
    place text NOT NULL,
    from_at timestamp with time zone NOT NULL,
    until_at timestamp with time zone,
    valid tstzrange GENERATED ALWAYS AS (tstzrange(from_at, until_at)) STORED NOT NULL,
    CONSTRAINT survey_pkey PRIMARY KEY (cell, source, slot, valid WITHOUT OVERLAPS)
);
CREATE INDEX survey_open ON public.survey USING btree (cell, source, slot) WHERE (until_at IS NULL);
CREATE INDEX survey_slot ON public.survey USING btree (cell, source, slot, from_at);
ALTER TABLE survey ENABLE ROW LEVEL SECURITY;
CREATE POLICY survey_granted ON survey FOR SELECT TO holdfast_api USING (((cell = ( SELECT (viewer_grant() ->> 'cell'::text))) AND ((( SELECT (viewer_grant() ->> 'whole'::text)) ~~ '%v%'::text) OR shows((( SELECT viewer_grant() AS viewer_grant) ->> ('s/'::text || source)), 'v'::text, NULL::tstzrange))));
CREATE POLICY survey_viewer ON survey FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON survey TO holdfast_api;

CREATE TABLE suspension (
    cell text NOT NULL,
    partition integer NOT NULL,
    act bigint NOT NULL,
    from_offset bigint NOT NULL,
    from_at timestamp with time zone NOT NULL,
    until_at timestamp with time zone,
    rests_at timestamp with time zone,
    CONSTRAINT suspension_pkey PRIMARY KEY (cell, partition, from_at, act)
);
ALTER TABLE suspension ENABLE ROW LEVEL SECURITY;
CREATE POLICY suspension_granted ON suspension FOR SELECT TO holdfast_api USING (((cell = ( SELECT (viewer_grant() ->> 'cell'::text))) AND ((( SELECT (viewer_grant() ->> 'whole'::text)) ~~ '%v%'::text) OR true)));
CREATE POLICY suspension_viewer ON suspension FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON suspension TO holdfast_api;

CREATE TABLE token_rule (
    issuer text NOT NULL,
    rule text NOT NULL,
    audience text NOT NULL,
    wanted jsonb NOT NULL,
    operator text NOT NULL,
    kind text NOT NULL,
    scopes text[] NOT NULL,
    label text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    CONSTRAINT token_rule_pkey PRIMARY KEY (issuer, rule)
);

CREATE TABLE whereabouts (
    cell text NOT NULL,
    asset uuid NOT NULL,
    kind text NOT NULL,
    container uuid,
    container_slot text,
    place text,
    moving boolean NOT NULL,
    disputed boolean NOT NULL,
    from_at timestamp with time zone NOT NULL,
    until_at timestamp with time zone,
    known_from timestamp with time zone NOT NULL,
    during tstzrange GENERATED ALWAYS AS (tstzrange(from_at, until_at)) STORED NOT NULL,
    CONSTRAINT whereabouts_pkey PRIMARY KEY (cell, asset, during WITHOUT OVERLAPS),
    CONSTRAINT whereabouts_asset_fkey FOREIGN KEY (cell, asset, PERIOD during) REFERENCES asset(cell, asset, PERIOD exists_during)
);
CREATE INDEX whereabouts_asset ON public.whereabouts USING btree (cell, asset, from_at);
CREATE INDEX whereabouts_container ON public.whereabouts USING btree (cell, container, from_at) WHERE (container IS NOT NULL);
CREATE INDEX whereabouts_place ON public.whereabouts USING btree (cell, place, from_at) WHERE (place IS NOT NULL);
ALTER TABLE whereabouts ENABLE ROW LEVEL SECURITY;
CREATE POLICY whereabouts_granted ON whereabouts FOR SELECT TO holdfast_api USING (((cell = ( SELECT (viewer_grant() ->> 'cell'::text))) AND ((( SELECT (viewer_grant() ->> 'whole'::text)) ~~ '%w%'::text) OR shows((( SELECT viewer_grant() AS viewer_grant) ->> (asset)::text), 'w'::text, tstzrange(from_at, until_at)))));
CREATE POLICY whereabouts_viewer ON whereabouts FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON whereabouts TO holdfast_api;

CREATE TABLE whereabouts_past (
    cell text NOT NULL,
    asset uuid NOT NULL,
    kind text NOT NULL,
    container uuid,
    container_slot text,
    place text,
    moving boolean NOT NULL,
    disputed boolean NOT NULL,
    from_at timestamp with time zone NOT NULL,
    until_at timestamp with time zone,
    known_from timestamp with time zone NOT NULL,
    known_until timestamp with time zone NOT NULL,
    CONSTRAINT whereabouts_past_pkey PRIMARY KEY (cell, asset, from_at, known_from)
);
CREATE INDEX whereabouts_past_container ON public.whereabouts_past USING btree (cell, container, from_at) WHERE (container IS NOT NULL);
CREATE INDEX whereabouts_past_place ON public.whereabouts_past USING btree (cell, place, from_at) WHERE (place IS NOT NULL);
ALTER TABLE whereabouts_past ENABLE ROW LEVEL SECURITY;
CREATE POLICY whereabouts_past_granted ON whereabouts_past FOR SELECT TO holdfast_api USING (((cell = ( SELECT (viewer_grant() ->> 'cell'::text))) AND ((( SELECT (viewer_grant() ->> 'whole'::text)) ~~ '%w%'::text) OR shows((( SELECT viewer_grant() AS viewer_grant) ->> (asset)::text), 'w'::text, tstzrange(from_at, until_at)))));
CREATE POLICY whereabouts_past_viewer ON whereabouts_past FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON whereabouts_past TO holdfast_api;

CREATE TABLE work (
    cell text NOT NULL,
    ticket text NOT NULL,
    known_from timestamp with time zone NOT NULL,
    from_at timestamp with time zone NOT NULL,
    until_at timestamp with time zone NOT NULL,
    assets uuid[] NOT NULL,
    places text[] NOT NULL,
    explains text[] NOT NULL,
    approver text,
    by text,
    cancelled boolean,
    CONSTRAINT work_pkey PRIMARY KEY (cell, ticket, known_from)
);
CREATE INDEX work_window ON public.work USING btree (cell, until_at);
ALTER TABLE work ENABLE ROW LEVEL SECURITY;
CREATE POLICY work_granted ON work FOR SELECT TO holdfast_api USING (((cell = ( SELECT (viewer_grant() ->> 'cell'::text))) AND ((( SELECT (viewer_grant() ->> 'whole'::text)) ~~ '%p%'::text) OR shows_any(( SELECT viewer_grant() AS viewer_grant), assets, 'p'::text))));
CREATE POLICY work_viewer ON work FOR SELECT TO holdfast_api USING ((cell = ANY (viewer_cells())));
GRANT SELECT ON work TO holdfast_api;

CREATE OR REPLACE FUNCTION public.act_number(p_cell text, p_offset bigint)
 RETURNS bigint
 LANGUAGE sql
 STABLE
RETURN CASE WHEN (p_offset >= '1099511627776'::bigint) THEN p_offset ELSE (p_offset + ('1099511627776'::bigint * COALESCE((SELECT p.epoch FROM "position" p WHERE ((p.cell = act_number.p_cell) AND (p.topic = 'acts'::text) AND (p.partition = 0))), 0))) END;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.all_positions()
 RETURNS TABLE(cell text, simulated boolean, horizon timestamp with time zone, topic text, partition integer, applied timestamp with time zone, suspended boolean, stopped text, seen_at timestamp with time zone)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO '$user', 'public'
AS $function$
    SELECT c.cell, c.simulated, c.horizon, p.topic, p.partition, p.applied, s.act IS NOT NULL, p.stopped,
           statement_timestamp()
    FROM cell c
    LEFT JOIN position p ON p.cell = c.cell
    LEFT JOIN suspension s
        ON s.cell = c.cell AND s.partition = p.partition AND p.topic = 'telemetry' AND s.until_at IS NULL
    ORDER BY c.cell, p.topic, p.partition
$function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.disclosed(p_party text, p_kind text, p_cell text)
 RETURNS text
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO '$user', 'public'
AS $function$
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
$function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.field_letters(fields text[])
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$ SELECT 'w' || coalesce(string_agg(CASE f.field WHEN 'identifiers' THEN 'i' WHEN 'evidence' THEN 'v'
       WHEN 'statuses' THEN 's' WHEN 'events' THEN 'e' WHEN 'findings' THEN 'f' WHEN 'work' THEN 'p' END, ''), '')
   FROM unnest(fields) AS f(field) $function$;
-- may be called by PUBLIC, holdfast_api

CREATE OR REPLACE FUNCTION public.jobs_at_hand()
 RETURNS TABLE(operator text, job uuid, cells text[], ruleset text, expired boolean)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO '$user', 'public'
AS $function$
    SELECT j.operator, j.job, j.cells, j.ruleset, true
    FROM job j
    WHERE j.expires_at <= statement_timestamp()
    UNION ALL
    (
        SELECT j.operator, j.job, j.cells, j.ruleset, false
        FROM job j
        WHERE j.state = 'open' AND j.expires_at > statement_timestamp()
          AND (j.lease_until IS NULL OR j.lease_until <= statement_timestamp())
          AND (
              EXISTS (
                  SELECT FROM job_chunk c
                  WHERE c.operator = j.operator AND c.job = j.job AND c.done_at IS NULL
                    AND (c.lease_until IS NULL OR c.lease_until <= statement_timestamp())
              )
              OR NOT EXISTS (
                  SELECT FROM job_chunk c
                  WHERE c.operator = j.operator AND c.job = j.job AND c.done_at IS NULL
              )
          )
        ORDER BY j.taken_at
    )
$function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.judged_for(p_party text, p_kind text, p_cell text, p_names uuid[])
 RETURNS text
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO '$user', 'public'
AS $function$
    SELECT p_cell
    FROM (SELECT disclosed(p_party, p_kind, p_cell)::jsonb AS shown) d
    WHERE d.shown ->> 'whole' LIKE '%w%'
       OR (d.shown IS NOT NULL
           AND NOT EXISTS (SELECT FROM unnest(p_names) AS n(name)
                           WHERE NOT coalesce(d.shown ->> n.name::text LIKE 'w%', false)))
$function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.migrations_applied()
 RETURNS TABLE(number integer)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO '$user', 'public'
AS $function$
    SELECT m.number FROM migration m ORDER BY m.number
$function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.plan_retention(p_viewer text, p_cell text, p_record text, p_recorded integer, p_ended integer, p_departed integer, p_held uuid[], p_all_held boolean, p_at timestamp with time zone)
 RETURNS TABLE(total bigint, due bigint, held bigint, running bigint, waiting bigint, next_due timestamp with time zone)
 LANGUAGE plpgsql
AS $function$
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
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_accesses(p_viewer text, p_cell text, p_party text, p_known_at timestamp with time zone, p_after bigint, p_limit integer)
 RETURNS TABLE("offset" bigint, at timestamp with time zone, party text, credential text, asked text, sha256 text)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT a."offset", a.at, a.party, a.credential, a.asked, a.sha256
    FROM access a
    WHERE a.cell = p_cell AND a."offset" > p_after AND a.at <= p_known_at AND (p_party IS NULL OR a.party = p_party)
    ORDER BY a."offset"
    LIMIT p_limit;
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_act(p_viewer text, p_cell text, p_offset bigint)
 RETURNS TABLE("offset" bigint, at timestamp with time zone, key text, act text, by text, outcome text, words text, horizon timestamp with time zone)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT a."offset", a.at, a.key, a.act, a.by, a.outcome, a.words, c.horizon
    FROM act a
    JOIN cell c ON c.cell = a.cell
    WHERE a.cell = p_cell AND c.cell = p_cell AND a."offset" = act_number(p_cell, p_offset);
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_acts_page(p_viewer text, p_cell text, p_act text, p_outcome text, p_by text, p_known_at timestamp with time zone, p_after bigint, p_limit integer)
 RETURNS TABLE("offset" bigint, at timestamp with time zone, key text, act text, by text, outcome text, words text)
 LANGUAGE plpgsql
AS $function$
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
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_asset_cells(p_viewer text, p_asset uuid)
 RETURNS TABLE(cell text)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT DISTINCT a.cell
    FROM asset a
    WHERE a.cell = ANY (string_to_array(
        CASE WHEN p_viewer LIKE '{%' THEN p_viewer::jsonb ->> 'cell' ELSE p_viewer END, ',')) AND a.asset = p_asset;
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_assets_page(p_viewer text, p_cell text, p_kind text, p_known_at timestamp with time zone, p_after uuid, p_limit integer)
 RETURNS TABLE(asset uuid, kind text, from_at timestamp with time zone)
 LANGUAGE plpgsql
AS $function$
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
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_bearers(p_viewer text, p_cell text, p_scheme text, p_values text[], p_known_at timestamp with time zone)
 RETURNS TABLE(name uuid, scope text, kind text, strong boolean)
 LANGUAGE plpgsql
AS $function$
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
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_began(p_viewer text, p_cell text, p_known_at timestamp with time zone)
 RETURNS TABLE(at timestamp with time zone)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT e.at
    FROM event e
    WHERE e.cell = p_cell AND e.n >= 0 AND e.at <= p_known_at
    ORDER BY e.n
    LIMIT 1;
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_bindings(p_viewer text, p_cell text, p_names uuid[], p_from timestamp with time zone, p_until timestamp with time zone, p_known_at timestamp with time zone)
 RETURNS TABLE(source text, scope text, slot text, asset uuid, kind text, container uuid, container_slot text, stated text, place text, surveyed boolean, from_at timestamp with time zone, until_at timestamp with time zone, end_cause text)
 LANGUAGE plpgsql
AS $function$
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
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_bindings_within(p_viewer text, p_cell text, p_names uuid[], p_from timestamp with time zone, p_until timestamp with time zone, p_known_at timestamp with time zone)
 RETURNS TABLE(source text, scope text, slot text, asset uuid, kind text, container uuid, container_slot text, stated text, place text, surveyed boolean, from_at timestamp with time zone, until_at timestamp with time zone, end_cause text)
 LANGUAGE plpgsql
AS $function$
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
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_cells(p_viewer text)
 RETURNS TABLE(cell text, operator text, simulated boolean, horizon timestamp with time zone)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT c.cell, c.operator, c.simulated, c.horizon
    FROM cell c
    WHERE c.cell = ANY (string_to_array(
        CASE WHEN p_viewer LIKE '{%' THEN p_viewer::jsonb ->> 'cell' ELSE p_viewer END, ','))
    ORDER BY c.cell;
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_classes(p_viewer text, p_cell text, p_known_at timestamp with time zone)
 RETURNS TABLE(name text, record text, trigger text, keep_days integer, basis text, reference text, by text, known_from timestamp with time zone)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT c.name, c.record, c.trigger, c.keep_days, c.basis, c.reference, c.by, c.known_from
    FROM retention_class c
    WHERE c.cell = p_cell AND c.known_from <= p_known_at AND (c.known_until IS NULL OR c.known_until > p_known_at)
    ORDER BY c.name;
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_common_act(p_viewer text, p_cell text, p_offset bigint, p_operator text)
 RETURNS TABLE("offset" bigint, at timestamp with time zone, key text, act text, by text, outcome text, words text, horizon timestamp with time zone)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT a."offset", a.at, a.key, a.act, a.by, a.outcome, a.words, c.horizon
    FROM act a
    JOIN cell c ON c.cell = a.cell
    WHERE a.cell = p_cell AND c.cell = p_cell AND a."offset" = act_number(p_cell, p_offset)
      AND (p_operator IS NULL OR convert_from(a.body, 'UTF8')::json ->> 'operator' = p_operator);
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_completeness(p_viewer text, p_cell text, p_digests bytea[])
 RETURNS TABLE(digest bytea, head bytea)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT i.digest, substring(i.document FROM 1 FOR 512)
    FROM inventory i
    WHERE i.cell = p_cell AND i.digest = ANY (p_digests);
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_dead_letter(p_viewer text, p_cell text, p_partition integer, p_offset bigint)
 RETURNS TABLE(topic text, partition integer, epoch integer, "offset" bigint, at timestamp with time zone, code text, words text, source text, size integer, retried_at timestamp with time zone, key bytea, headers bytea, value bytea)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT d.topic, d.partition, d.epoch, d."offset", d.at, d.code, d.words, d.source, octet_length(d.value),
           d.retried_at, d.key, d.headers, d.value
    FROM dead_letter d
    WHERE d.cell = p_cell AND d.topic IN ('acts', 'telemetry') AND d.partition = p_partition AND d."offset" = p_offset
    ORDER BY d.epoch DESC, d.topic DESC;
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_dead_letters(p_viewer text, p_cell text, p_code text, p_source text, p_after_at timestamp with time zone, p_after_partition integer, p_after_offset bigint, p_limit integer)
 RETURNS TABLE(topic text, partition integer, epoch integer, "offset" bigint, at timestamp with time zone, code text, words text, source text, size integer, retried_at timestamp with time zone)
 LANGUAGE plpgsql
AS $function$
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
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_disputes(p_viewer text, p_cell text, p_assets uuid[], p_from timestamp with time zone, p_until timestamp with time zone, p_known_at timestamp with time zone)
 RETURNS TABLE(asset uuid, from_at timestamp with time zone, until_at timestamp with time zone, shown_source text, shown_scope text, shown_slot text, rival_source text, rival_scope text, rival_slot text)
 LANGUAGE plpgsql
AS $function$
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
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_disputes_page(p_viewer text, p_cell text, p_names uuid[], p_open boolean, p_known_at timestamp with time zone, p_after_asset uuid, p_after timestamp with time zone, p_after_sides text, p_limit integer)
 RETURNS TABLE(asset uuid, from_at timestamp with time zone, until_at timestamp with time zone, shown_source text, shown_scope text, shown_slot text, rival_source text, rival_scope text, rival_slot text, known_from timestamp with time zone, sides text)
 LANGUAGE plpgsql
AS $function$
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
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_event_digest(p_viewer text, p_cell text, p_names uuid[], p_until timestamp with time zone)
 RETURNS TABLE(count bigint, last bigint, sha256 bytea)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT count(*), max(e.n), sha256(coalesce(string_agg(sha256(e.bytes), ''::bytea ORDER BY e.n), ''::bytea))
    FROM event e
    WHERE e.cell = p_cell AND e.subject = ANY (p_names) AND e.at <= p_until
    HAVING p_cell IS NOT NULL;
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_event_hashes(p_viewer text, p_cell text, p_names uuid[], p_until timestamp with time zone)
 RETURNS TABLE(n bigint, sha256 bytea)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT e.n, sha256(e.bytes)
    FROM event e
    WHERE e.cell = p_cell AND e.subject = ANY (p_names) AND e.at <= p_until
    ORDER BY e.n;
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_events(p_viewer text, p_cell text, p_names uuid[], p_known_at timestamp with time zone, p_after bigint, p_limit integer)
 RETURNS TABLE(n bigint, at timestamp with time zone, kind text, subject uuid, sha256 bytea, bytes bytea)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT e.n, e.at, e.kind, e.subject, sha256(e.bytes), e.bytes
    FROM event e
    WHERE e.cell = p_cell AND e.subject = ANY (p_names) AND e.n > p_after AND e.at <= p_known_at
    ORDER BY e.n
    LIMIT p_limit;
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_events_page(p_viewer text, p_cell text, p_kind text, p_known_at timestamp with time zone, p_after bigint, p_limit integer)
 RETURNS TABLE(n bigint, at timestamp with time zone, kind text, subject uuid, sha256 bytea, bytes bytea)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT e.n, e.at, e.kind, e.subject, sha256(e.bytes), e.bytes
    FROM event e
    WHERE e.cell = p_cell AND e.n > p_after AND e.at <= p_known_at AND (p_kind IS NULL OR e.kind = p_kind)
    ORDER BY e.n
    LIMIT p_limit;
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_everything(p_viewer text, p_cell text, p_kinds text[], p_before timestamp with time zone, p_known_at timestamp with time zone, p_limit integer)
 RETURNS TABLE(asset uuid)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT DISTINCT a.asset
    FROM asset a
    WHERE a.cell = p_cell AND a.asset >= '00000000-0000-0000-0000-000000000000' AND a.from_at <= p_before
      AND a.from_at <= p_known_at AND (p_kinds IS NULL OR a.kind = ANY (p_kinds))
      AND NOT EXISTS (
          SELECT FROM asset_name n
          WHERE n.cell = p_cell AND n.name = a.asset AND n.asset <> a.asset AND n.known_from <= p_known_at
            AND (n.known_until IS NULL OR n.known_until > p_known_at)
      )
    ORDER BY a.asset
    LIMIT p_limit;
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_finding(p_viewer text, p_cell text, p_finding uuid)
 RETURNS TABLE(finding uuid, kind text, severity text, subject text, state text, opened_at timestamp with time zone, updated_at timestamp with time zone, closed_at timestamp with time zone, words text, evidence bytea, closed_by text, acknowledged_by text, shown_from timestamp with time zone)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT f.finding, f.kind, f.severity, f.subject, f.state, f.opened_at, f.updated_at, f.closed_at, f.words,
           f.evidence, f.closed_by, f.acknowledged_by, coalesce(f.shown_from, f.opened_at + interval '72 hours')
    FROM finding f
    WHERE f.cell = p_cell AND f.finding = p_finding;
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_findings(p_viewer text, p_cell text, p_state text, p_kind text, p_severity text, p_subject text, p_from timestamp with time zone, p_until timestamp with time zone, p_after_at timestamp with time zone, p_after uuid, p_limit integer)
 RETURNS TABLE(finding uuid, kind text, severity text, subject text, state text, opened_at timestamp with time zone, updated_at timestamp with time zone, closed_at timestamp with time zone, words text, evidence bytea)
 LANGUAGE plpgsql
AS $function$
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
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_gaps(p_viewer text, p_cell text, p_sources text[], p_from timestamp with time zone, p_until timestamp with time zone, p_known_at timestamp with time zone)
 RETURNS TABLE(source text, scope text, partition integer, from_at timestamp with time zone, until_at timestamp with time zone)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT g.source, g.scope, g.partition, g.from_at, g.until_at
    FROM gap g
    WHERE g.cell = p_cell AND g.source = ANY (p_sources) AND g.from_at < p_until AND g.opened_at <= p_known_at
      AND (g.until_at IS NULL OR g.until_at > p_from)
    ORDER BY g.source, g.scope, g.from_at;
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_gaps_page(p_viewer text, p_cell text, p_source text, p_open boolean, p_from timestamp with time zone, p_until timestamp with time zone, p_known_at timestamp with time zone, p_after_source text, p_after_scope text, p_after timestamp with time zone, p_limit integer)
 RETURNS TABLE(source text, scope text, partition integer, from_at timestamp with time zone, opened_at timestamp with time zone, until_at timestamp with time zone)
 LANGUAGE plpgsql
AS $function$
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
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_grants(p_viewer text, p_cell text, p_party text, p_known_at timestamp with time zone, p_after text, p_limit integer)
 RETURNS TABLE(key text, party text, whole boolean, place text, licence text, things uuid[], fields text[], purpose text, by text, until_at timestamp with time zone, known_from timestamp with time zone, known_until timestamp with time zone, revoked_by text)
 LANGUAGE plpgsql
AS $function$
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
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_holds(p_viewer text, p_cell text, p_known_at timestamp with time zone, p_after text, p_limit integer)
 RETURNS TABLE(key text, whole boolean, assets uuid[], reference text, by text, known_from timestamp with time zone, known_until timestamp with time zone)
 LANGUAGE plpgsql
AS $function$
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
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_identifiers(p_viewer text, p_cell text, p_names uuid[], p_known_at timestamp with time zone)
 RETURNS TABLE(name uuid, scheme text, scope text, value text, kind text, strong boolean, shared boolean)
 LANGUAGE plpgsql
AS $function$
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
    WHERE p.cell = p_cell AND p.asset = ANY (p_names) AND v.scheme <> 'holds_board'
      AND coalesce(p.known_from, p.at) <= p_known_at
      AND coalesce(v.known_from, p.at) <= p_known_at
    ORDER BY v.scheme, v.value, v.scope, v.kind, p.asset;
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_identifiers_page(p_viewer text, p_cell text, p_scheme text, p_values text[], p_kind text, p_known_at timestamp with time zone, p_after_scheme text, p_after_scope text, p_after_value text, p_after_kind text, p_after_part text, p_limit integer)
 RETURNS TABLE(scheme text, scope text, value text, kind text, part text, name uuid, asset uuid, strong boolean, shared boolean)
 LANGUAGE plpgsql
AS $function$
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
    WHERE v.cell = p_cell AND v.scheme <> 'holds_board'
      AND (v.scheme, v.scope, v.value, v.kind, v.part)
          > (p_after_scheme, p_after_scope, p_after_value, p_after_kind, decode(p_after_part, 'hex'))
      AND coalesce(p.known_from, p.at) <= p_known_at AND coalesce(v.known_from, p.at) <= p_known_at
      AND (p_scheme IS NULL OR v.scheme = p_scheme) AND (p_values IS NULL OR v.value = ANY (p_values))
      AND (p_kind IS NULL OR v.kind = p_kind)
    ORDER BY v.scheme, v.scope, v.value, v.kind, v.part
    LIMIT p_limit;
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_identity_disputes(p_viewer text, p_cell text, p_names uuid[], p_known_at timestamp with time zone)
 RETURNS TABLE(dispute uuid, assets uuid[], scheme text, known_from timestamp with time zone, known_until timestamp with time zone)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT d.dispute, d.assets, d.scheme, d.known_from, d.known_until
    FROM identity_dispute d
    WHERE d.cell = p_cell AND d.assets && p_names AND d.known_from <= p_known_at
    ORDER BY d.dispute;
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_inside(p_viewer text, p_cell text, p_places text[], p_containers uuid[], p_as_of timestamp with time zone, p_known_at timestamp with time zone, p_depth integer)
 RETURNS TABLE(asset uuid, kind text, container uuid, container_slot text, place text, depth integer)
 LANGUAGE plpgsql
AS $function$
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
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_job(p_viewer text, p_operator text, p_job uuid, p_key text)
 RETURNS TABLE(job uuid, key text, state text, cells text[], asked bytea, digest bytea, size integer, done integer, made_at timestamp with time zone, expires_at timestamp with time zone, ended_at timestamp with time zone, words text, answer bytea)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT j.job, j.key, j.state, j.cells, j.asked, j.digest, j.size,
           (SELECT coalesce(sum(c.size), 0)::integer FROM job_chunk c
            WHERE c.operator = p_operator AND c.job = j.job AND c.done_at IS NOT NULL),
           j.made_at, j.expires_at, j.ended_at, j.words, j.answer
    FROM job j
    WHERE j.operator = p_operator AND j.expires_at > statement_timestamp() AND j.job = p_job
    UNION ALL
    SELECT j.job, j.key, j.state, j.cells, j.asked, j.digest, j.size,
           (SELECT coalesce(sum(c.size), 0)::integer FROM job_chunk c
            WHERE c.operator = p_operator AND c.job = j.job AND c.done_at IS NOT NULL),
           j.made_at, j.expires_at, j.ended_at, j.words, j.answer
    FROM job j
    WHERE j.operator = p_operator AND j.expires_at > statement_timestamp() AND j.key = p_key;
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_job_chunks(p_viewer text, p_operator text, p_job uuid)
 RETURNS TABLE(n integer, cell text, size integer, done boolean)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT c.n, c.cell, c.size, c.done_at IS NOT NULL
    FROM job_chunk c
    WHERE c.operator = p_operator AND c.job = p_job
    ORDER BY c.n;
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_job_portion(p_viewer text, p_operator text, p_job uuid, p_n integer)
 RETURNS TABLE(portion bytea, names uuid[])
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT c.portion, c.names
    FROM job_chunk c
    WHERE c.operator = p_operator AND c.job = p_job AND c.n = p_n AND c.done_at IS NOT NULL;
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_job_slots(p_viewer text, p_operator text)
 RETURNS TABLE(slot integer, job uuid)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT j.slot, j.job
    FROM job j
    WHERE j.operator = p_operator AND j.slot >= 0
    ORDER BY j.slot;
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_job_verdicts(p_viewer text, p_operator text, p_job uuid, p_n integer)
 RETURNS TABLE(verdicts bytea)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT c.verdicts
    FROM job_chunk c
    WHERE c.operator = p_operator AND c.job = p_job AND c.n = p_n AND c.done_at IS NOT NULL;
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_jobs_page(p_viewer text, p_operator text, p_after_at timestamp with time zone, p_after uuid, p_limit integer)
 RETURNS TABLE(job uuid, key text, state text, cells text[], asked bytea, size integer, done integer, made_at timestamp with time zone, expires_at timestamp with time zone, ended_at timestamp with time zone, words text)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT j.job, j.key, j.state, j.cells, j.asked, j.size,
           (SELECT coalesce(sum(c.size), 0)::integer FROM job_chunk c
            WHERE c.operator = p_operator AND c.job = j.job AND c.done_at IS NOT NULL),
           j.made_at, j.expires_at, j.ended_at, j.words
    FROM job j
    WHERE j.operator = p_operator AND (j.made_at, j.job) > (p_after_at, p_after)
      AND j.expires_at > statement_timestamp()
    ORDER BY j.made_at, j.job
    LIMIT p_limit;
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_kept(p_viewer text, p_cell text, p_places text[], p_from timestamp with time zone, p_until timestamp with time zone, p_known_at timestamp with time zone)
 RETURNS TABLE(asset uuid)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT DISTINCT s.asset
    FROM status s
    WHERE s.cell = p_cell AND s.place = ANY (p_places) AND s.from_at < p_until
      AND (s.until_at IS NULL OR s.until_at > p_from)
      AND s.known_from <= p_known_at AND (s.known_until IS NULL OR s.known_until > p_known_at);
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_kinds(p_viewer text, p_cell text, p_assets uuid[], p_known_at timestamp with time zone)
 RETURNS TABLE(asset uuid, kind text, from_at timestamp with time zone)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT a.asset, a.kind, a.from_at
    FROM asset a
    WHERE a.cell = p_cell AND a.asset = ANY (p_assets) AND coalesce(a.known_from, a.from_at) <= p_known_at;
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_last_event(p_viewer text, p_cell text, p_known_at timestamp with time zone)
 RETURNS TABLE(n bigint)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT e.n
    FROM event e
    WHERE e.cell = p_cell AND e.n >= 0 AND e.at <= p_known_at
    ORDER BY e.n DESC
    LIMIT 1;
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_merges(p_viewer text, p_cell text, p_names uuid[], p_known_at timestamp with time zone)
 RETURNS TABLE(one uuid, other uuid)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT e.one, e.other
    FROM edge e
    WHERE e.cell = p_cell AND e.one = ANY (p_names) AND e.joins AND e.known_from <= p_known_at
      AND (e.known_until IS NULL OR e.known_until > p_known_at)
    ORDER BY e.one, e.other;
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_named(p_viewer text, p_cell text, p_names uuid[], p_known_at timestamp with time zone)
 RETURNS TABLE(name uuid)
 LANGUAGE plpgsql
AS $function$
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
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_names(p_viewer text, p_cell text, p_names uuid[], p_known_at timestamp with time zone)
 RETURNS TABLE(name uuid, asset uuid)
 LANGUAGE plpgsql
AS $function$
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
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_outages(p_viewer text, p_cell text, p_from timestamp with time zone, p_until timestamp with time zone, p_known_at timestamp with time zone)
 RETURNS TABLE(partition integer, from_at timestamp with time zone, until_at timestamp with time zone)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT o.partition, o.from_at, o.until_at
    FROM outage o
    WHERE o.cell = p_cell AND o.topic = 'telemetry' AND o.from_at < p_until AND o.until_at > p_from
      AND o.until_at <= p_known_at
    UNION ALL
    SELECT s.partition, s.rests_at, least(coalesce(s.until_at, p_known_at), p_known_at)
    FROM suspension s
    WHERE s.cell = p_cell AND s.rests_at < least(p_until, p_known_at)
      AND (s.until_at IS NULL OR s.until_at > greatest(p_from, s.rests_at))
    ORDER BY partition, from_at;
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_places(p_viewer text, p_cell text, p_kind text, p_within text, p_known_at timestamp with time zone, p_after text, p_limit integer)
 RETURNS TABLE(place text, kind text, within text, country text, latitude double precision, longitude double precision, from_at timestamp with time zone)
 LANGUAGE plpgsql
AS $function$
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
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_restated(p_viewer text, p_cell text, p_since timestamp with time zone, p_known_at timestamp with time zone)
 RETURNS TABLE(place text)
 LANGUAGE plpgsql
AS $function$
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
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_resting(p_viewer text, p_cell text, p_known_at timestamp with time zone)
 RETURNS TABLE(partition integer)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT DISTINCT s.partition
    FROM suspension s
    WHERE s.cell = p_cell AND s.rests_at <= p_known_at AND (s.until_at IS NULL OR s.until_at > p_known_at)
    ORDER BY s.partition;
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_runs(p_viewer text, p_cell text, p_sources text[], p_from timestamp with time zone, p_until timestamp with time zone, p_known_at timestamp with time zone)
 RETURNS TABLE(run bigint, source text, scope text, partition integer, timing text, digest bytea, known boolean, tolerance_ms bigint, first_at timestamp with time zone, last_at timestamp with time zone, until_at timestamp with time zone, end_cause text)
 LANGUAGE plpgsql
AS $function$
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
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_runs_page(p_viewer text, p_cell text, p_source text, p_scope text, p_from timestamp with time zone, p_until timestamp with time zone, p_known_at timestamp with time zone, p_after bigint, p_limit integer)
 RETURNS TABLE(run bigint, source text, scope text, timing text, digest bytea, known boolean, tolerance_ms bigint, first_at timestamp with time zone, last_at timestamp with time zone, until_at timestamp with time zone, end_cause text)
 LANGUAGE plpgsql
AS $function$
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
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_sources(p_viewer text, p_cell text, p_class text, p_domain text, p_retired boolean, p_known_at timestamp with time zone, p_after text, p_limit integer)
 RETURNS TABLE(source text, source_class text, control_domain text, interval_ms bigint, clock_offset_ms bigint, lateness_ms bigint, retired boolean, enrolled_at timestamp with time zone, first_at timestamp with time zone)
 LANGUAGE plpgsql
AS $function$
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
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_statuses(p_viewer text, p_cell text, p_names uuid[], p_until timestamp with time zone, p_known_at timestamp with time zone)
 RETURNS TABLE(key text, "offset" bigint, asset uuid, status text, party text, document text, ticket text, place text, by text, from_at timestamp with time zone, until_at timestamp with time zone, accepted_at timestamp with time zone, accepted_by text, accepted_document text)
 LANGUAGE plpgsql
AS $function$
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
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_statuses_page(p_viewer text, p_cell text, p_names uuid[], p_status text, p_known_at timestamp with time zone, p_after bigint, p_after_n integer, p_limit integer)
 RETURNS TABLE(key text, "offset" bigint, n integer, asset uuid, status text, party text, document text, ticket text, place text, by text, from_at timestamp with time zone, until_at timestamp with time zone, known_from timestamp with time zone, accepted_at timestamp with time zone, accepted_by text, accepted_document text)
 LANGUAGE plpgsql
AS $function$
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
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_steps(p_viewer text, p_cell text, p_finding uuid)
 RETURNS TABLE(at timestamp with time zone, step text, by text, why text, text text, commitment text, erased boolean)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT s.at, s.step, s.by, s.why, s.text, s.commitment, s.erased_at IS NOT NULL
    FROM finding_step s
    WHERE s.cell = p_cell AND s.finding = p_finding
    ORDER BY s."offset";
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_stood(p_viewer text, p_cell text, p_places text[], p_containers uuid[], p_from timestamp with time zone, p_until timestamp with time zone, p_known_at timestamp with time zone)
 RETURNS TABLE(asset uuid, container uuid, from_at timestamp with time zone, until_at timestamp with time zone)
 LANGUAGE plpgsql
AS $function$
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
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_suspended(p_viewer text, p_cell text)
 RETURNS TABLE(topic text, partition integer, stopped text)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT p.topic, p.partition, p.stopped
    FROM position p
    LEFT JOIN suspension s
        ON s.cell = p_cell AND s.partition = p.partition AND p.topic = 'telemetry' AND s.until_at IS NULL
    WHERE p.cell = p_cell AND (s.act IS NOT NULL OR p.stopped IS NOT NULL)
    ORDER BY p.topic, p.partition;
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_terms(p_viewer text, p_cell text, p_sources text[], p_known_at timestamp with time zone)
 RETURNS TABLE(source text, from_at timestamp with time zone, source_class text, control_domain text)
 LANGUAGE plpgsql
AS $function$
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
    WHERE t.cell = p_cell AND t.source = ANY (p_sources) AND t.from_at <= p_known_at AND t.source_class IS NOT NULL
    ORDER BY 1, 2 NULLS FIRST;
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_ticket(p_viewer text, p_cell text, p_ticket text, p_known_at timestamp with time zone)
 RETURNS TABLE(ticket text, known_from timestamp with time zone, from_at timestamp with time zone, until_at timestamp with time zone, assets uuid[], places text[], explains text[], approver text, by text, cancelled boolean)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT k.ticket, k.known_from, k.from_at, k.until_at, k.assets, k.places, k.explains, k.approver, k.by, k.cancelled
    FROM work k
    WHERE k.cell = p_cell AND k.ticket = p_ticket AND k.known_from <= p_known_at
    ORDER BY k.known_from;
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_whereabouts(p_viewer text, p_cell text, p_assets uuid[], p_from timestamp with time zone, p_until timestamp with time zone, p_known_at timestamp with time zone)
 RETURNS TABLE(asset uuid, kind text, container uuid, container_slot text, place text, moving boolean, disputed boolean, from_at timestamp with time zone, until_at timestamp with time zone, known_from timestamp with time zone)
 LANGUAGE plpgsql
AS $function$
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
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_whereabouts_page(p_viewer text, p_cell text, p_place text, p_container uuid, p_as_of timestamp with time zone, p_known_at timestamp with time zone, p_after uuid, p_limit integer)
 RETURNS TABLE(asset uuid, kind text, container uuid, container_slot text, place text, moving boolean, disputed boolean, from_at timestamp with time zone, until_at timestamp with time zone, known_from timestamp with time zone)
 LANGUAGE plpgsql
AS $function$
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
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_work(p_viewer text, p_cell text, p_from timestamp with time zone, p_until timestamp with time zone, p_known_at timestamp with time zone)
 RETURNS TABLE(ticket text, known_from timestamp with time zone, from_at timestamp with time zone, until_at timestamp with time zone, assets uuid[], places text[], explains text[], cancelled boolean)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT w.ticket, w.known_from, w.from_at, w.until_at, w.assets, w.places, w.explains,
           coalesce(w.cancelled, false)
    FROM (
        SELECT DISTINCT ON (k.ticket) k.ticket, k.from_at, k.until_at, k.cancelled
        FROM work k
        WHERE k.cell = p_cell AND k.known_from <= p_known_at
        ORDER BY k.ticket, k.known_from DESC
    ) l
    JOIN work w ON w.cell = p_cell AND w.ticket = l.ticket AND w.known_from <= p_known_at
    WHERE l.from_at < p_until AND l.until_at > p_from AND l.cancelled IS NOT TRUE
    ORDER BY w.ticket, w.known_from;
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.read_work_page(p_viewer text, p_cell text, p_known_at timestamp with time zone, p_after text, p_limit integer)
 RETURNS TABLE(ticket text, known_from timestamp with time zone, from_at timestamp with time zone, until_at timestamp with time zone, assets uuid[], places text[], explains text[], approver text, by text, cancelled boolean)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM set_config('holdfast.cells', p_viewer, true);
    RETURN QUERY
    SELECT DISTINCT ON (k.ticket) k.ticket, k.known_from, k.from_at, k.until_at, k.assets, k.places, k.explains,
           k.approver, k.by, coalesce(k.cancelled, false)
    FROM work k
    WHERE k.cell = p_cell AND k.ticket > p_after AND k.known_from <= p_known_at
    ORDER BY k.ticket, k.known_from DESC
    LIMIT p_limit;
END $function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.rules_of_issuer(p_issuer text)
 RETURNS TABLE(audience text, wanted jsonb, operator text, kind text, scopes text[], cells text[], granted text[])
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO '$user', 'public'
AS $function$
    SELECT r.audience, r.wanted, r.operator, r.kind, r.scopes, v.cells, v.granted
    FROM token_rule r
    CROSS JOIN LATERAL viewer_of(r.operator, r.kind) v
    WHERE r.issuer = p_issuer AND r.revoked_at IS NULL
    ORDER BY r.rule
$function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.shows(shown text, letter text, row_during tstzrange)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$ SELECT CASE WHEN shown IS NULL THEN false
               WHEN shown LIKE '{%' THEN letter = 'w' AND shown::tstzmultirange && row_during
               ELSE strpos(shown, letter) > 0 END $function$;
-- may be called by PUBLIC, holdfast_api

CREATE OR REPLACE FUNCTION public.shows_any(granted jsonb, names uuid[], letter text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$ SELECT EXISTS (SELECT FROM unnest(names) AS n(name) WHERE shows(granted ->> n.name::text, letter, NULL)) $function$;
-- may be called by PUBLIC, holdfast_api

CREATE OR REPLACE FUNCTION public.viewer_cells()
 RETURNS text[]
 LANGUAGE sql
 STABLE PARALLEL SAFE LEAKPROOF
AS $function$ SELECT CASE WHEN current_setting('holdfast.cells', true) LIKE '{%' THEN NULL
               ELSE string_to_array(current_setting('holdfast.cells', true), ',') END $function$;
-- may be called by PUBLIC, holdfast_api

CREATE OR REPLACE FUNCTION public.viewer_grant()
 RETURNS jsonb
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$ SELECT CASE WHEN current_setting('holdfast.cells', true) LIKE '{%'
               THEN current_setting('holdfast.cells', true)::jsonb END $function$;
-- may be called by PUBLIC, holdfast_api

CREATE OR REPLACE FUNCTION public.viewer_of(p_party text, p_kind text)
 RETURNS TABLE(cells text[], granted text[])
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO '$user', 'public'
AS $function$
    SELECT ARRAY(SELECT c.cell FROM cell c WHERE p_kind = 'operator' AND c.operator = p_party ORDER BY c.cell),
           ARRAY(SELECT g.cell
                 FROM disclosure_grant g
                 JOIN cell c ON c.cell = g.cell
                 WHERE g.party = p_party AND p_kind <> 'machine' AND g.known_until IS NULL
                   AND g.until_at > CASE WHEN c.simulated THEN c.horizon ELSE statement_timestamp() END
                 UNION
                 SELECT c.cell FROM cell c WHERE p_kind = 'machine' AND c.cell = split_part(p_party, '/', 1)
                 ORDER BY 1)
$function$;
-- may be called by holdfast_api

CREATE OR REPLACE FUNCTION public.viewer_of_key(p_key_id text)
 RETURNS TABLE(hash bytea, operator text, kind text, scopes text[], expires_at timestamp with time zone, revoked boolean, used_at timestamp with time zone, cells text[], granted text[])
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO '$user', 'public'
AS $function$
    SELECT k.hash, k.operator, coalesce(k.kind, 'operator'), k.scopes, k.expires_at, k.revoked_at IS NOT NULL, k.used_at,
           v.cells, v.granted
    FROM api_key k
    CROSS JOIN LATERAL viewer_of(k.operator, coalesce(k.kind, 'operator')) v
    WHERE k.key_id = p_key_id
$function$;
-- may be called by holdfast_api
