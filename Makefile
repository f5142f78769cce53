# Two commands matter: `make run` serves the desk, `make test` checks it. Both set up what they need.

PYTHON ?= python3
BIN := .venv/bin
# node, npm and the checkers are those of the virtual environment.
IN_VENV := PATH="$(CURDIR)/$(BIN):$$PATH"
PIP := $(BIN)/python -m pip install -qq --no-input --disable-pip-version-check
COMPILE := $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	--no-header --no-annotate pyproject.toml

HAS_BROWSER := import pathlib, sys; from playwright.sync_api import sync_playwright; play = sync_playwright().start(); \
	own = pathlib.Path(play.chromium.executable_path); play.stop(); sys.exit(not own.exists())

# So many files of tests at a time: on two processors three, since browsers and outages mostly wait. A file stays whole,
# and those that take longest (the browsers') come early, as they are collected.
WORKERS ?= 3
PYTEST := $(BIN)/python -m pytest --numprocesses=$(WORKERS) --dist=loadfile --no-loadscope-reorder

# An environment is up to date if it was made here, from exactly these files.
RUN_INPUTS := { pwd; cat pyproject.toml requirements.lock; }
DEV_INPUTS := { pwd; cat pyproject.toml requirements-dev.lock; }

.NOTPARALLEL:
.PHONY: help setup run test lint check audit dev bench lock clean packages dev-packages browser

help:
	@echo "make run     set up what is missing and serve the desk on http://127.0.0.1:8000"
	@echo "make test    set up what is missing and run every test   (ARGS=... goes to pytest: -n0 is one by one)"
	@echo "make setup   what both begin with                        make check   lint, types, imports, fast tests"
	@echo "make dev     serve with hot reload                       make bench   measure"
	@echo "make audit   ask whether the pinned packages have known holes"
	@echo "make lock    renew the pinned versions                   make clean   remove what was built"

setup: packages
	@$(BIN)/python -m app.runtime.frontend

run: setup
	@exec $(BIN)/drydock run $(ARGS)

dev: setup
	@exec env $(IN_VENV) NPM_CONFIG_OMIT_LOCKFILE_REGISTRY_RESOLVED=true $(BIN)/drydock run --dev $(ARGS)

test: setup dev-packages browser
	@$(IN_VENV) $(PYTEST) $(ARGS)

lint: packages dev-packages
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(IN_VENV) $(BIN)/pyright
	@$(BIN)/lint-imports --no-logo

check: lint
	@$(IN_VENV) $(PYTEST) -m "not browser and not slow" $(ARGS)

audit: packages dev-packages
	@$(IN_VENV) $(BIN)/python -m tests.audit

bench: setup dev-packages
	@$(IN_VENV) $(BIN)/python -m tests.bench $(ARGS)

# The page's own lock, reflex.lock, is renewed by a build that finds none.
lock: dev-packages
	@$(COMPILE) --output-file requirements.lock
	@$(COMPILE) --extra dev --constraint requirements.lock --output-file requirements-dev.lock
	@rm -rf reflex.lock .web
	@$(MAKE) --no-print-directory setup

clean:
	@rm -rf .venv .web .web.lock .states dist build .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find app tests alembic -name __pycache__ -type d -prune -exec rm -rf {} +

packages:
	@if [ -x $(BIN)/drydock ] && $(RUN_INPUTS) | cmp -s - .venv/made-of.txt; then exit 0; fi; \
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Drydock needs Python 3.11 or newer: name one, as in 'make $(firstword $(MAKECMDGOALS)) PYTHON=python3.12'." >&2; exit 1; }; \
	$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "This Python cannot make virtual environments: on Debian, 'apt-get install python3-venv' adds that." >&2; exit 1; }; \
	echo "Setting up the Python environment in .venv."; \
	if ! [ "$$(head -n 1 .venv/made-of.txt 2>/dev/null)" = "$$(pwd)" ] || ! $(BIN)/python -c '' 2>/dev/null; then \
		$(PYTHON) -m venv --clear .venv || exit 1; fi; \
	rm -f .venv/made-of.txt; \
	$(PIP) --no-deps --requirement requirements.lock && \
	$(PIP) --no-deps --editable . && \
	$(RUN_INPUTS) > .venv/made-of.txt

dev-packages: packages
	@if $(DEV_INPUTS) | cmp -s - .venv/made-of-dev.txt; then exit 0; fi; \
	echo "Adding the tools for development."; \
	$(PIP) --no-deps --requirement requirements-dev.lock && \
	$(DEV_INPUTS) > .venv/made-of-dev.txt

browser: dev-packages
	@if [ -x /usr/bin/chromium ] || $(BIN)/python -c '$(HAS_BROWSER)' 2>/dev/null; then exit 0; fi; \
	if [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then \
		echo "The browser tests need Chromium: install the package 'chromium', or Playwright's own browser." >&2; exit 1; fi; \
	echo "Installing Debian's chromium for the browser tests."; \
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends chromium \
		$$(apt-cache --names-only search '^chromium-headless-shell$$' | cut -d ' ' -f 1) >/dev/null
