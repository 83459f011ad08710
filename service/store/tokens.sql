-- Whose the tokens of a provider are: plain rows, made by the command alone.

-- name: rule_create
INSERT INTO token_rule (issuer, rule, audience, wanted, operator, kind, scopes, label, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
RETURNING rule

-- name: rule_list
SELECT rule, issuer, audience, wanted, operator, kind, scopes, label, created_at, revoked_at
FROM token_rule
ORDER BY created_at, rule

-- name: rule_revoke
UPDATE token_rule
SET revoked_at = coalesce(revoked_at, $2)
WHERE rule = $1
RETURNING revoked_at

-- name: rules_of_issuer
SELECT audience, wanted, operator, kind, scopes, cells, granted
FROM rules_of_issuer($1)
