#!/usr/bin/env bash
# Resolves pyproject.toml into lock files with the hashes of every package.
# requirements.lock: what runs, and what builds the package; requirements-dev.lock: what tests need besides.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v uv >/dev/null || { echo "lock: install uv first (pip install uv)" >&2; exit 1; }
args=(--quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header)
uv pip compile "${args[@]}" pyproject.toml installer/build.in -o installer/requirements.lock
uv pip compile "${args[@]}" pyproject.toml installer/build.in --extra dev -c installer/requirements.lock -o installer/requirements-dev.lock
