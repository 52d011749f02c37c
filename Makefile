# What is done with this repository, each by one command. Needs GNU make, a POSIX shell and
# Python 3.11 to 3.13; everything else is installed below .venv and .cache, but for what ODBC needs
# and Chromium, from the packages of the system.

STATE ?= .demo
PORT ?= 7071
FAULTS ?= 200
MINUTES ?= 3
KILLS ?= 0
ROWS ?= 3000000
SEED := $(shell date +%s)

BIN := .venv/bin
# Tests start hundreds of processes: none may have to compile everything anew.
export PYTHONDONTWRITEBYTECODE =
READY := .venv/ready
WITHOUT_ODBC := .venv/without-odbc
# What is deployed and nothing else, and what looks at it.
DEPLOYED := .cache/deployed
AUDITING := .cache/auditing
WITHOUT_CHROMIUM := .venv/without-chromium
INSTALL_AZURITE := from local.azurite import install; from pathlib import Path; \
    install.ensure_installed(Path(".cache"))

# Where ODBC or Chromium could not be installed, their tests are skipped and say so.
SKIPPING = $(if $(wildcard $(WITHOUT_ODBC)),TIDEMARK_WITHOUT_ODBC=1) \
    $(if $(wildcard $(WITHOUT_CHROMIUM)),TIDEMARK_WITHOUT_CHROMIUM=1)

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-stop test test-long faults harness anomalies bench bench-scale lint \
    format sbom audit secrets clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## Install everything that is needed, unless it is up to date

demo: $(READY) ## Run everything on real input and leave it running (STATE=.demo PORT=7071)
	@$(BIN)/python -m local.demo --state $(STATE) --port $(PORT)

demo-stop: ## Stop what the demo left running
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m local.demo --state $(STATE) --stop; fi

test: lint ## Check style, types and imports, then run every test
	@$(SKIPPING) $(BIN)/python -m pytest -n 3 --dist loadfile

test-long: export TIDEMARK_LONG = 1
test-long: test ## The same with every long form

faults: $(READY) ## Kill at every step, break storage and source, repeat and delay (FAULTS=200 SEED=...)
	@echo "Everything follows from SEED=$(SEED); what came of it is in .cache/faults.txt"
	@TIDEMARK_LONG=1 TIDEMARK_FAULTS=$(FAULTS) TIDEMARK_FAULTS_SEED=$(SEED) TIDEMARK_KILLS=10 \
	    $(BIN)/python -m pytest -q tests/faults tests/e2e/test_kills_end_to_end.py

harness: $(READY) ## Judge every row that eight writers change beside loads (MINUTES=3 KILLS=0 SEED=...)
	@$(BIN)/python -m local.harness --seed $(SEED) --minutes $(MINUTES) --kills $(KILLS)

anomalies: $(READY) ## Try every known way to lose rows, on Tidemark, dlt and the Data Factory pipeline
	@$(BIN)/tidemark anomalies --against tidemark --against dlt --against seed

bench: $(READY) ## Measure loads of PostgreSQL beside dlt, connectorx, ADBC and pyodbc (ROWS=3000000)
	@$(BIN)/python -m benchmarks --rows $(ROWS)

bench-scale: $(READY) ## Measure 1 to 30 million rows, 100 to 2,000 tables, and what else grows
	@$(BIN)/python -m benchmarks.scale

lint: $(READY) ## Check style, types and the direction of imports
	@echo "ruff check" && $(BIN)/ruff check --quiet .
	@echo "ruff format" && $(BIN)/ruff format --quiet --check .
	@echo "pyright" && $(BIN)/pyright
	@echo "import-linter" && $(BIN)/lint-imports

format: $(READY) ## Bring all code into the one format
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format .

sbom: $(DEPLOYED) $(AUDITING) ## Write what is deployed, with all it brings, to build/sbom.cdx.json
	@mkdir -p build && $(AUDITING)/bin/cyclonedx-py environment --pyproject pyproject.toml \
	    --output-reproducible --output-file build/sbom.cdx.json $(DEPLOYED)

audit: $(DEPLOYED) $(AUDITING) ## Ask PyPI what is known to be unsafe of it; needs the network
	@$(AUDITING)/bin/pip-audit --strict --path $$(echo $(DEPLOYED)/lib/python3*/site-packages)

secrets: $(AUDITING) ## Look for secrets in every file of the repository; those of tests are known
	@cp .secrets.baseline .cache/secrets.baseline
	@git ls-files -z ':!.secrets.baseline' | xargs -0 sh -c '\
	    $(AUDITING)/bin/detect-secrets-hook --baseline .cache/secrets.baseline "$$@"; \
	    case $$? in 0 | 3) ;; *) exit 1 ;; esac' secrets # 3: one that was known is gone, which it writes into the copy

$(DEPLOYED): $(READY) requirements.txt
	@$(BIN)/python -m venv --clear --without-pip $@ && $(BIN)/python -m pip --python $@/bin/python \
	    install --quiet --disable-pip-version-check -r requirements.txt && touch $@

$(AUDITING): $(READY)
	@$(BIN)/python -m venv --clear $@ && $@/bin/python -m pip install --quiet \
	    --disable-pip-version-check "cyclonedx-bom>=7.5,<8" "pip-audit>=2.10,<3" \
	    "detect-secrets>=1.5,<2" && touch $@

clean: demo-stop ## Remove the environment, caches and the demo's state
	@rm -rf .venv .cache .demo build .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@rm -rf *.egg-info && find . -name __pycache__ -prune -exec rm -rf {} +

# An interpreter counts only if it runs: a pyenv shim may be there and fail. Debian and Ubuntu
# keep what `venv` needs in a package of its own.
$(READY): pyproject.toml requirements.txt requirements-dev.txt requirements-lakehouse.txt \
    lakehouse/pyproject.toml local/install-odbc.sh local/install-chromium.sh
	@set -eu; \
	if ! $(BIN)/python -c '' 2>/dev/null; then \
	    python=; \
	    for name in python3.13 python3.12 python3.11 python3; do \
	        if $$name -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' \
	            >/dev/null 2>&1; then python=$$name; break; fi; \
	    done; \
	    if [ -z "$$python" ]; then \
	        echo "No Python from 3.11 to 3.13 was found. Install one and run make again." >&2; \
	        exit 1; \
	    fi; \
	    if ! $$python -c 'import ensurepip, venv' 2>/dev/null; then \
	        package=$$($$python -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'); \
	        sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	        echo "Installing $$package, which $$python needs for virtual environments"; \
	        $$sudo apt-get update -qq; \
	        $$sudo env DEBIAN_FRONTEND=noninteractive \
	            apt-get install -y -qq "$$package" >/dev/null; \
	    fi; \
	    echo "Making .venv with $$($$python --version)"; \
	    $$python -m venv --clear .venv; \
	fi; \
	echo "Installing Python packages"; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	    -r requirements-dev.txt -r requirements-lakehouse.txt -e . -e lakehouse; \
	echo "Installing Azurite"; \
	$(BIN)/python -c '$(INSTALL_AZURITE)'; \
	rm -f $(WITHOUT_ODBC); \
	sh local/install-odbc.sh || { [ $$? = 3 ] && touch $(WITHOUT_ODBC); }; \
	rm -f $(WITHOUT_CHROMIUM); \
	sh local/install-chromium.sh || { [ $$? = 3 ] && touch $(WITHOUT_CHROMIUM); }; \
	touch $@
