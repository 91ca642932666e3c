#!/bin/sh
# Installs anvil, an independent Ethereum node, for the tests that compare with it; needs npm.
# It goes into the user's cache, never into the checkout. PEERWATT_ANVIL may name another one.
set -eu
target="${XDG_CACHE_HOME:-$HOME/.cache}/peerwatt-tests/anvil"
mkdir -p "$target"
# The platform's package holds the program itself, so no install script has to run.
npm install --prefix "$target" --no-audit --no-fund --ignore-scripts @foundry-rs/anvil@1.7.1
ls "$target"/node_modules/@foundry-rs/anvil-*/bin/anvil*
