#!/usr/bin/env bash
# Sees to a Chromium for the tests in the browser. Called by `make test`; never fatal: without one those tests are
# skipped by name (under CI=true they fail instead).
set -uo pipefail

for name in chromium chromium-browser google-chrome; do
    command -v "$name" > /dev/null && exit 0
done
say() { printf 'browser: %s\n' "$1" >&2; }
if [[ $(id -u) != 0 ]] || ! command -v apt-get > /dev/null; then
    say 'no Chromium here, and only root with apt may install one: the tests in the browser will be skipped'
    exit 0
fi
say 'installing Chromium (Debian package)'
export DEBIAN_FRONTEND=noninteractive
apt=(apt-get -qq -o Acquire::Retries=1 -o Acquire::http::Timeout=30 -o Acquire::https::Timeout=30)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
{ "${apt[@]}" update && "${apt[@]}" install --yes --no-install-recommends chromium; } > "$log" 2>&1 < /dev/null \
    || say "could not install it ($(tail -n 1 "$log")): the tests in the browser will be skipped"
exit 0
