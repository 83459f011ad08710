#!/usr/bin/env bash
# Makes .venv from the hash-pinned lock and installs the checkout into it, editable. Called by `make setup`.
# Where the lock and pyproject.toml are what they were, it does nothing and needs no network.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

python=${PYTHON:-python3}
venv=.venv
stamp=$venv/holdfast-setup.sha256

fail() { printf 'setup: %s\n' "$1" >&2; exit 1; }

command -v "$python" > /dev/null || fail "no $python here: install Python 3.11 or later, or say which with PYTHON=…"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
    || fail "$("$python" --version) is too old: install Python 3.11 or later, or say which with PYTHON=…"

# Two at once (make demo beside make test) take turns.
if command -v flock > /dev/null; then
    exec 9> .setup.lock
    flock 9
fi

wanted=$("$python" - requirements-dev.lock pyproject.toml <<'PY'
import hashlib, pathlib, sys
print(hashlib.sha256(b"\0".join(pathlib.Path(name).read_bytes() for name in sys.argv[1:])).hexdigest())
PY
)
if [[ -x $venv/bin/holdfast && $(cat "$stamp" 2> /dev/null) == "$wanted $PWD" ]] && "$venv/bin/python" -c '' 2> /dev/null; then
    exit 0
fi

"$python" -c 'import venv, ensurepip' 2> /dev/null \
    || fail "this Python has no venv: install it (Debian and Ubuntu: apt install python3-venv), then run this again"
if ! "$venv/bin/python" -m pip --version > /dev/null 2>&1 || [[ $(head -n 1 "$venv/bin/pip") != "#!$PWD/"* ]]; then
    echo "setup: making $venv"
    rm -rf "$venv"
    "$python" -m venv "$venv" || fail "could not make $venv: see above"
fi
rm -f "$stamp"

echo 'setup: installing the locked packages (a minute the first time)'
pip() { "$venv/bin/python" -m pip --quiet --disable-pip-version-check --no-input "$@"; }
pip install --require-hashes --only-binary :all: -r requirements-dev.lock \
    || fail 'could not install the locked packages: is a package index reachable? see above'
pip install --no-deps --no-build-isolation --no-index -e . || fail 'could not install the checkout itself: see above'
echo "$wanted $PWD" > "$stamp"
echo 'setup: done'
