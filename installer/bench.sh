#!/usr/bin/env bash
# Prepares the environment of a benchmark's peers: .venv-bench-NAME from the hashed installer/bench-NAME.lock.
# Usage: bench.sh NAME | bench.sh --lock NAME (resolves bench-NAME.in anew; needs uv)
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { printf 'bench: %s\n' "$1" >&2; exit 1; }

if [ "${1:-}" = --lock ]; then
    name="${2:?bench.sh --lock NAME}"
    uv="$(command -v uv || true)"
    [ -x .venv/bin/uv ] && uv=.venv/bin/uv
    [ -n "$uv" ] || fail "install uv first (pip install uv)"
    exec "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --no-annotate --no-header "installer/bench-$name.in" -o "installer/bench-$name.lock"
fi

name="${1:?bench.sh NAME}"
lock="installer/bench-$name.lock"
venv=".venv-bench-$name"
[ -f "$lock" ] || fail "$lock is missing; make it with: installer/bench.sh --lock $name"
stamp="$venv/.installed-$(sha256sum < "$lock" | cut -c1-16)"
[ -e "$stamp" ] && exit 0

base="$(.venv/bin/python -c 'import sys; print(sys._base_executable)' 2>/dev/null || command -v python3.11 || command -v python3)"
rm -rf "$venv"
"$base" -m venv "$venv"
echo "Installing the peers of bench $name into $venv (once) ..." >&2
"$venv/bin/python" -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r "$lock" \
    || fail "the peers of bench $name could not be installed; is the package index reachable?"
touch "$stamp"
