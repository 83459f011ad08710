# Each target does all its set-up: Python 3.11+, make, git and a package index are enough.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCKS := requirements.lock requirements-dev.lock
# Tests wait more than they compute, and each worker starts servers of its own. 0: one test at a time.
WORKERS ?= 2
# New releases wait a week before they can enter the lock.
LOCK_OPTIONS = --universal --python-version 3.11 --generate-hashes --quiet \
	--exclude-newer "$$(date --utc --date '7 days ago' +%Y-%m-%dT00:00:00Z)" --custom-compile-command 'make lock'

.PHONY: help setup demo test browser provider lint types lock bench chaos fuzz clean

help: ## this list
	@echo 'Holdfast: make <target>'
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## a virtual environment in .venv, from the hash-pinned lock; nothing to do where nothing changed
	@PYTHON='$(PYTHON)' deploy/setup.sh

demo: setup ## start everything, play 30 days of a site, ask and print (ONCE=1 exits; CAPTURES=folder adds captures)
	@$(BIN)/holdfast demo $(if $(filter-out 0,$(ONCE)),--once) $(if $(CAPTURES),--captures '$(CAPTURES)')

test: setup browser provider ## every test, on the real PostgreSQL and the real Kafka (WORKERS=0: one at a time)
	@$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal $(ARGS)

provider:
	@deploy/provider.sh

browser:
	@deploy/browser.sh

lint: setup ## ruff: rules and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: setup ## mypy --strict, tests included
	@$(BIN)/mypy

lock: setup ## make the locks again from pyproject.toml and jgo.toml (needs uv and a network)
	@command -v uv > /dev/null || { echo 'make lock needs uv: pip install uv' >&2; exit 1; }
	uv pip compile $(LOCK_OPTIONS) pyproject.toml --group build -o requirements.lock
	uv pip compile $(LOCK_OPTIONS) pyproject.toml --group build --group dev -c requirements.lock -o requirements-dev.lock
	uv pip compile $(LOCK_OPTIONS) tests/provider/requirements.in -o tests/provider/requirements.lock
	npm install --prefix tests/provider --package-lock-only --omit-lockfile-registry-resolved --no-audit --no-fund
	$(BIN)/python -m deploy.embedded.lock_jars

bench: setup ## measure ingest and answers (QUICK=1 takes a minute)
	@$(BIN)/python -m loadtests.bench $(if $(filter-out 0,$(QUICK)),--quick)

chaos: setup ## kill consumer, PostgreSQL and Kafka under load, and compare with an undisturbed run (KILLS=100)
	@$(BIN)/python -m loadtests.chaos --kills $(or $(KILLS),100)

fuzz: setup ## hostile and random requests to the whole API, as every kind of principal (REQUESTS=10000 SEED=1)
	@$(BIN)/python -m loadtests.fuzz --requests $(or $(REQUESTS),10000) --seed $(or $(SEED),1)

clean: ## remove what setup and the tools made; the data folder stays
	rm -rf $(VENV) dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
