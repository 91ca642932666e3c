# Entry points for newcomers and for CI; each does all the set-up it needs.
SHELL := /bin/bash
VENV := .venv
PY := $(VENV)/bin/python
NAME ?= house

.PHONY: setup setup-dev demo test test-long check format contracts lock bench clean

setup:            ## environment with the `peerwatt` command, from the hashed lock file
	@bash installer/setup.sh run

setup-dev:        ## the same with what tests and builds need
	@bash installer/setup.sh dev

demo: setup       ## a simulated street in the window; nothing to configure
	@$(VENV)/bin/peerwatt demo

test: setup-dev   ## all tests
	@$(PY) -m pytest

test-long: setup-dev ## the contracts' million calls; make test-long [SEEDS=1-12], goes on where it stopped
	@SEEDS=$(SEEDS) $(PY) -m pytest tests/contracts/long tests/unit/market -m long -n 2 -v

check: setup-dev  ## linters, types, import rules, contracts against their sources
	@$(PY) -m ruff check app tests installer
	@$(PY) -m ruff format --check app tests installer
	@$(PY) -m mypy
	@$(VENV)/bin/lint-imports
	@$(PY) installer/build_contracts.py --check

format: setup-dev
	@$(PY) -m ruff check --fix app tests installer
	@$(PY) -m ruff format app tests installer

contracts: setup-dev  ## compile the contracts into resources/contracts
	@$(PY) installer/build_contracts.py

bench: setup-dev  ## make bench NAME=house [JSON=FILE]
	@$(PY) -m tests.bench.$(subst -,_,$(NAME)) $(if $(JSON),--json $(JSON))

lock:             ## resolve the dependencies anew into the hashed lock files
	@bash installer/lock.sh

clean:
	@rm -rf $(VENV) build dist .mypy_cache .ruff_cache .hypothesis .import_linter_cache
