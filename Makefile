# The locks are complete, so pip installs what they name and looks for nothing else (--no-deps).
# Two targets do everything on a fresh machine: `make demo` and `make test`.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
# Processes that share the tests must see sets in one order; a run can be repeated with its number.
HASHSEED ?= $(shell echo $$RANDOM)
# Branch coverage has three gates: what decides and what is said, what reads, and the rest.
CORE := bot/model/*,bot/acts/*,bot/rules/*,bot/commands/*,bot/judge/*,bot/text/*
COVERED := $(BIN)/python -m coverage report --skip-covered --skip-empty

.PHONY: demo test lint generate golden crash fuzz bench soak peers fleet conformance precision alerts lock clean help

help:
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMP): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Handoff needs Python 3.11 or newer: install python3"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "The venv module is missing: apt-get install python3-venv"; exit 1; }
	@command -v git >/dev/null || { echo "git is missing: apt-get install git"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m bot.readers.secrets
	@touch $(STAMP)

# The second kind of store is tested on a server of its own, which needs the programs only.
.PHONY: postgres
postgres: $(STAMP)
	@$(BIN)/python -m tests.support.postgres || { \
	  [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -q && apt-get install -y -q --no-install-recommends postgresql \
	  && $(BIN)/python -m tests.support.postgres; } || { echo "The tests need Postgres 15 or newer: apt-get install postgresql"; exit 1; }

demo: $(STAMP) ## start a simulated GitHub and the bot, play a small organisation (ONCE=1: play the script, exit)
	$(BIN)/handoff demo $(if $(ONCE),--once)

test: $(STAMP) postgres lint ## lint, then every test with the coverage gates
	PYTHONHASHSEED=$(HASHSEED) $(BIN)/python -m pytest -q -m "not long" -n auto --maxprocesses 4 --dist worksteal --cov --cov-report=
	$(COVERED) --include='$(CORE)' --fail-under=100
	$(COVERED) --include='bot/readers/*' --fail-under=95
	$(COVERED) --omit='$(CORE),bot/readers/*' --fail-under=90

lint: $(STAMP) ## formatting, lint, types, import contracts, generated files, spelling
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy bot tests
	$(BIN)/lint-imports
	$(BIN)/handoff generate --check
	$(BIN)/codespell bot benchmarks config deploy docs tests *.md

generate: $(STAMP) ## rewrite the generated files under config/
	$(BIN)/handoff generate
	git diff --stat -- config

golden: $(STAMP) ## rewrite the golden files, for readers to review
	GOLDEN=1 $(BIN)/python -m pytest -q tests -k golden
	git diff --stat -- tests

crash: $(STAMP) postgres ## kill -9 at length (by hand only)
	$(BIN)/python -m pytest -q -m long -p no:randomly tests/crash

fuzz: $(STAMP) ## made-up comments, words and streams of events at length (by hand, EXAMPLES=2000 SEED=1 ONLY=word)
	EXAMPLES=$(or $(EXAMPLES),2000) $(BIN)/python -m pytest -q -m long -p no:randomly --hypothesis-seed=$(or $(SEED),$(HASHSEED)) -k "$(ONLY)" tests/properties

bench: $(STAMP) ## measure how fast it is here and judge it (ONLY=trickle,burst1 STORE=postgres WORKERS=1,2 RUNS=3)
	ONLY="$(ONLY)" STORE="$(STORE)" WORKERS="$(WORKERS)" RUNS="$(RUNS)" COMMITS="$(COMMITS)" MINUTES="$(MINUTES)" \
	HANDOFF_CORPUS_DIR="$(HANDOFF_CORPUS_DIR)" $(BIN)/python -m benchmarks

soak: ## fifty deliveries a second for half an hour: what grows (by hand, MINUTES=30 STORE=postgres WORKERS=2)
	$(MAKE) bench ONLY=soak STORE="$(or $(STORE),sqlite)"

peers: $(STAMP) ## the same load against another App, side by side (by hand, PEER="command" PEER_PATH=/webhook RUNS=3)
	PEER="$(PEER)" PEER_PATH="$(PEER_PATH)" RUNS="$(RUNS)" $(BIN)/python -m benchmarks.peers

fleet: $(STAMP) ## a day of a whole organisation on a clock that races (REPOSITORIES=2000 HOURS=24)
	REPOSITORIES="$(REPOSITORIES)" HOURS="$(HOURS)" $(BIN)/python -m benchmarks.fleet

conformance: $(STAMP) ## the contract comparison against published pairs (by hand, HANDOFF_CONFORMANCE_DIR=folder)
	$(BIN)/python -m pytest -q -m long tests/corpus

precision: $(STAMP) ## how often findings on real commits are right (by hand, HANDOFF_CORPUS_DIR=folder of clones)
	$(BIN)/python -m tests.corpus.precision "$(HANDOFF_CORPUS_DIR)"

alerts: ## the alerts against series made for each (by hand)
	@command -v promtool >/dev/null || { echo "promtool is missing: apt-get install prometheus"; exit 1; }
	promtool test rules tests/alerts/cases.yml

lock: ## rewrite the lock files (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q pyproject.toml -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q --extra postgres pyproject.toml -o requirements-postgres.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q --all-extras pyproject.toml -o requirements-dev.lock

clean:
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
