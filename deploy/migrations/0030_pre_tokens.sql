-- Keys that are rotated, seen in use and made over HTTP; and whose the tokens of a provider are (OpenID Connect).

ALTER TABLE api_key ADD COLUMN used_at timestamptz;  -- to the minute or so; NULL: never yet
ALTER TABLE api_key ADD COLUMN replaces text;  -- the key that this one was made in place of
CREATE INDEX api_key_of_operator ON api_key (operator, key_id);

-- Tokens of an issuer for an audience, whose claims hold all that is wanted, are a party's, with these scopes.
CREATE TABLE token_rule (
    issuer text NOT NULL,
    rule text NOT NULL,
    audience text NOT NULL,
    wanted jsonb NOT NULL,  -- [[claim, value], …]
    operator text NOT NULL,
    kind text NOT NULL,
    scopes text[] NOT NULL,
    label text NOT NULL,
    created_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CONSTRAINT token_rule_pkey PRIMARY KEY (issuer, rule)
);

-- Who has a key, and what it may ask.
DROP FUNCTION viewer_of_key(text);
CREATE FUNCTION viewer_of_key(p_key_id text)
RETURNS TABLE (hash bytea, operator text, kind text, scopes text[], expires_at timestamptz, revoked boolean,
               used_at timestamptz, cells text[], granted text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT k.hash, k.operator, coalesce(k.kind, 'operator'), k.scopes, k.expires_at, k.revoked_at IS NOT NULL, k.used_at,
           v.cells, v.granted
    FROM api_key k
    CROSS JOIN LATERAL viewer_of(k.operator, coalesce(k.kind, 'operator')) v
    WHERE k.key_id = p_key_id
$$;

-- Whose an issuer's tokens are: every rule that stands, with what its party sees.
CREATE FUNCTION rules_of_issuer(p_issuer text)
RETURNS TABLE (audience text, wanted jsonb, operator text, kind text, scopes text[], cells text[], granted text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT r.audience, r.wanted, r.operator, r.kind, r.scopes, v.cells, v.granted
    FROM token_rule r
    CROSS JOIN LATERAL viewer_of(r.operator, r.kind) v
    WHERE r.issuer = p_issuer AND r.revoked_at IS NULL
    ORDER BY r.rule
$$;

-- Who sees to keys through the API: a party its own, and no hash but to write it. The party is a setting of the
-- transaction, as the viewer of cells is: its kind and its name.
ALTER TABLE api_key ENABLE ROW LEVEL SECURITY;
CREATE POLICY api_key_party ON api_key TO holdfast_api
    USING (coalesce(kind, 'operator') || '/' || operator = current_setting('holdfast.party', true));
GRANT SELECT (key_id, operator, kind, label, scopes, created_at, expires_at, revoked_at, used_at, replaces),
    INSERT (key_id, hash, operator, kind, label, scopes, created_at, expires_at, replaces),
    UPDATE (expires_at, revoked_at, used_at) ON api_key TO holdfast_api;

REVOKE EXECUTE ON FUNCTION viewer_of_key(text), rules_of_issuer(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION viewer_of_key(text), rules_of_issuer(text) TO holdfast_api;
