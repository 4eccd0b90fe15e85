# Everything a person or CI does with this tree. `make help` lists it.
# A fresh machine needs Python >= 3.11, make and git; the rest is installed into the tree.

PYTHON ?= python3
PORT ?= 8000
DATA ?= data
SEEDS ?= 200
FROM ?= 0
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(CURDIR)/pwa/node_modules/.bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Compiled once even where the environment forbids to keep it: a third of what a command costs to start.
export PYTHONDONTWRITEBYTECODE :=

PY_READY := $(VENV)/.ready
NODE_READY := pwa/node_modules/.ready
CONFORMANCE_READY := tests/conformance/node_modules/.ready
PWA_READY := pwa/dist/index.html
APP_READY := $(PY_READY) $(NODE_READY) $(PWA_READY)
# Each by itself, so that `make -j2 check` uses two cores; the longest begins first.
CHECKS := check-mypy check-pyright check-web check-layers check-python
PWA_SOURCES := $(shell find pwa/src pwa/public pwa/tools pwa/index.html pwa/vite.config.ts -type f 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help setup ready demo run test test-python test-web test-long sim proof-checks check $(CHECKS) \
  format types lock audit bench torture shots sheet look clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | sed -E 's/:[^#]*## /\t/' | expand -t 12

# All that tests need.
ready: setup $(VENV)/.browser

setup: $(APP_READY) $(CONFORMANCE_READY) ## install everything and build the web app; start nothing

demo: $(APP_READY) ## a demo clinic on http://127.0.0.1:8000, with a link for each role
	@rejoint demo --data $(DATA) --port $(PORT) $(ARGS)

run: $(APP_READY) ## the server alone, no demo data
	@rejoint serve --data $(DATA) --port $(PORT) $(ARGS)

test: test-python test-web ## every test once, at its small size

test-python: ready
	pytest -n 3 --dist loadfile --no-loadscope-reorder -m "not long"

test-web: ready
	cd pwa && vitest run

test-long: setup $(VENV)/.browser ## every test at its full count
	REJOINT_LONG=1 pytest -n 2 --dist loadfile --no-loadscope-reorder
	cd pwa && REJOINT_LONG=1 vitest run

sim: setup ## seeded worlds: SEEDS=20000 of them, FROM=0; one alone tells what happened in it
	cd tests && PYTHONHASHSEED=0 python -m sim.run --seeds $(SEEDS) --from $(FROM) $(ARGS)

proof-checks: setup ## delete each check of the circle code in turn; print which vector turns red
	cd tests && python -m vectors.delete_checks $(ARGS)

check: $(CHECKS) ## format, lint, types, layers

check-mypy: $(PY_READY)
	mypy

check-pyright: $(NODE_READY)
	pyright --project pyproject.toml

check-web: $(NODE_READY)
	python pwa/tools/make_records.py --check
	cd pwa && biome ci . && tsc -b

check-layers: $(PY_READY)
	lint-imports

check-python: $(PY_READY)
	ruff format --check .
	ruff check .
	codespell

format: setup ## rewrite the sources in the house's format
	ruff format .
	ruff check --fix-only --quiet .
	cd pwa && biome check --write .

types: setup ## regenerate the TypeScript records from the pydantic models
	python pwa/tools/make_records.py

lock: $(PY_READY) ## pin all dependencies anew, with hashes
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
	  --group dev --custom-compile-command "make lock" pyproject.toml -o requirements.lock
	cd pwa && rm -rf node_modules package-lock.json && npm install --package-lock-only --ignore-scripts
	cd tests/conformance && npm install --package-lock-only

audit: setup ## known weaknesses of dependencies (needs the network)
	uvx pip-audit --require-hashes --disable-pip -r requirements.lock
	cd pwa && npm audit
	cd tests/conformance && npm audit

bench: setup $(VENV)/.browser ## figures of this tree, as ratios in one run
	python tests/bench/run.py $(ARGS)
	python tests/bench/circles.py
	python tests/bench/one_request.py
	python tests/bench/served.py
	python tests/bench/load.py
	python tests/bench/sealing.py
	python tests/bench/flat.py
	python tests/bench/wire.py
	python tests/bench/first_load.py
	python tests/bench/starts.py
	python tests/bench/reminders.py
	python tests/bench/pings.py
	python tests/bench/starting.py

torture: setup $(VENV)/.browser ## records through networks that hardly are any, beside stock PouchDB
	python tests/bench/torture.py $(ARGS)

shots: setup $(VENV)/.browser ## pictures of every screen into build/shots/
	python pwa/tools/shots.py

sheet: setup $(VENV)/.browser ## contact sheets of every screen, in English, Arabic and Hindi
	python pwa/tools/shots.py --sheets --languages en ar hi --widths 320 412 1280 $(ARGS)

look: setup $(VENV)/.browser ## measure every screen in every language, at 200 % text and in the system's colours
	python pwa/tools/shots.py --no-pictures --languages en es fr pt sw hi ar --widths 320 412 1280 \
	  --text 100 200 --themes light dark more more-dark forced forced-dark $(ARGS)

clean: ## remove everything that make built (not ./data)
	rm -rf $(VENV) pwa/node_modules tests/conformance/node_modules pwa/dist build

# The lock names all there is, so nothing is to be resolved, which takes pip longer than to install.
$(PY_READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "make: Python 3.11 or newer is needed; say which with PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	  apt-get update -qq && apt-get install -y -qq python3-venv && $(PYTHON) -m venv $(VENV); } || \
	  { echo "make: this Python has no venv module; on Debian: apt-get install python3-venv" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m pip check
	@touch $@

$(NODE_READY): pwa/package-lock.json pwa/package.json | $(PY_READY)
	cd pwa && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# Other people's clients, for tests only: none of their install scripts runs, none is needed.
$(CONFORMANCE_READY): tests/conformance/package-lock.json tests/conformance/package.json | $(PY_READY)
	cd tests/conformance && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(PWA_READY): $(PWA_SOURCES) $(NODE_READY)
	cd pwa && npm run --silent build

$(VENV)/.browser: tests/e2e/browser.py | $(PY_READY)
	@python tests/e2e/browser.py && touch $@
