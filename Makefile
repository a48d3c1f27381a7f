# `make help` lists the targets. Settings are environment variables (.env.example); DATE, PORT and WAREHOUSE_HOME
# may also be given on the command line: make nightly DATE=2017-05-31 WAREHOUSE_HOME=/srv/warehouse

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON3 ?= python3.11
PORT ?= 8080
VENV := .venv
PYTHON := $(VENV)/bin/python
UV := $(VENV)/bin/uv
STAMPS := $(VENV)/.stamps
SUPERSET := .venv-superset

# A stamp bears the checksum of what it installed, so a set-up that is up to date costs nothing and a changed
# lock is always installed.
checksum = $(shell cat $(1) | cksum | tr ' ' '-')
UV_STAMP := $(STAMPS)/uv-$(call checksum,requirements-uv.txt)
RUN_STAMP := $(STAMPS)/run-$(call checksum,requirements-uv.txt requirements.lock pyproject.toml)
SERVICE_STAMP := $(STAMPS)/service-$(call checksum,requirements-uv.txt requirements-service.lock pyproject.toml)
DEV_STAMP := $(STAMPS)/dev-$(call checksum,requirements-uv.txt requirements-dev.lock pyproject.toml)

SPARK := .venv-spark
SPARK_STAMP := $(SPARK)/.lock-$(call checksum,requirements-spark.lock pyproject.toml)
SUPERSET_STAMP := $(SUPERSET)/.lock-$(call checksum,bi/superset/requirements.lock)

say = @printf '== %s\n' "$(1)"

.PHONY: help
help: ## List the targets
	@echo "make nightly runs one night; make test runs the tests. Both set up what is missing."
	@echo
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: nightly
nightly: $(RUN_STAMP) ## Run a night from inbox to published marts (DATE=2017-05-31, WAREHOUSE_HOME=/elsewhere)
	@$(PYTHON) -m childrens_warehouse.orchestration.nightly $(if $(DATE),--date "$(DATE)")

.PHONY: test
test: $(DEV_STAMP) ## Run all tests (ARGS="-k landing" for some; ARGS="-m 'not slow'" for the quick ones)
	@$(PYTHON) -m pytest --numprocesses logical --dist loadscope --no-loadscope-reorder $(ARGS)

.PHONY: up
up: $(RUN_STAMP) ## Start Airflow on this machine, with its pages on PORT (8080)
	@$(PYTHON) -m childrens_warehouse.orchestration.services up --port "$(PORT)"

.PHONY: down
down: $(RUN_STAMP) ## Stop what `make up` started
	@$(PYTHON) -m childrens_warehouse.orchestration.services down

.PHONY: secrets
secrets: $(RUN_STAMP) ## Make the secrets of the services, once, in SECRETS_FOLDER (secrets)
	@$(PYTHON) -m childrens_warehouse.orchestration.cluster.secrets

.PHONY: up-services
up-services: $(SERVICE_STAMP) ## Start the services of docker-compose.yml as processes of this machine, pages on PORT (8443)
	@$(PYTHON) -m childrens_warehouse.orchestration.cluster.services up \
		--port "$(if $(filter file,$(origin PORT)),8443,$(PORT))"

.PHONY: down-services
down-services: $(SERVICE_STAMP) ## Stop what `make up-services` started
	@$(PYTHON) -m childrens_warehouse.orchestration.cluster.services down

.PHONY: report
report: $(RUN_STAMP) ## Make the Corporate Parenting Report of what is published (ARGS="--as-at 2017-03-31 --edition panel")
	@$(PYTHON) -m childrens_warehouse.pages.opening $(ARGS)

.PHONY: simulate
simulate: $(RUN_STAMP) ## Write invented extracts into the inbox (ARGS="--help" lists the choices)
	@$(VENV)/bin/warehouse simulate $(ARGS)

.PHONY: acceptance
acceptance: $(DEV_STAMP) ## Run a night over the children behind a real report and compare every figure with what it prints
	@$(PYTHON) -m tests.acceptance

.PHONY: bench
bench: $(if $(findstring only-cluster,$(ARGS)),$(SERVICE_STAMP),$(RUN_STAMP)) ## Measure a full load and a further night against hand-written SQL
	@$(PYTHON) -m bench $(ARGS)

.PHONY: bench-scale
bench-scale: $(RUN_STAMP) $(if $(findstring only-duckdb,$(ARGS)),,$(SPARK_STAMP)) ## Measure 1 to 64 million rows, 1 to 33 authorities, on DuckDB and on Spark (ARGS="--only-duckdb --sizes 1,4")
	@$(PYTHON) -m bench.scale $(ARGS)

.PHONY: chaos
chaos: $(DEV_STAMP) ## Kill, fill and cut off everything at random, and see that nothing is lost (ARGS="--part kills --seed 1")
	@$(PYTHON) -m chaos $(ARGS)

.PHONY: test-spark
test-spark: $(SPARK_STAMP) ## Build the same nights on DuckDB and on Apache Spark and compare every table (needs Java 17)
	@java -version 2>&1 | grep -q '"17' || { echo "Java 17 is not on PATH: docs/operating/spark.md" >&2; exit 1; }
	@$(SPARK)/bin/python -m pytest tests/spark $(ARGS)

.PHONY: dev
dev: $(DEV_STAMP) ## Build a model in a sandbox (MODEL=fct_placement; DEFER=1 takes the rest from the published release)
	@$(VENV)/bin/warehouse dev $(MODEL) $(if $(DEFER),--defer)

.PHONY: new-model
new-model: $(DEV_STAMP) ## Write a new fact (NAME=fct_noun FROM=stg_social_care__list SUBJECT=care)
	@$(VENV)/bin/warehouse new-model "$(NAME)" --from "$(FROM)" --subject "$(SUBJECT)" $(if $(GRAIN),--grain "$(GRAIN)")

.PHONY: new-indicator
new-indicator: $(DEV_STAMP) ## Write a new indicator (ID=cla_something_pct SUBJECT=care TITLE="As readers see it")
	@$(VENV)/bin/warehouse new-indicator "$(ID)" $(if $(SUBJECT),--subject "$(SUBJECT)") $(if $(TITLE),--title "$(TITLE)")

.PHONY: docs
docs: $(DEV_STAMP) ## Make the documentation of all models, with column lineage, in var/docs
	@$(VENV)/bin/warehouse docs

.PHONY: superset
superset: $(SUPERSET_STAMP) ## Start Apache Superset with the dashboard of bi/superset on PORT (8088; EXPORT=1 takes changes over)
	@$(SUPERSET)/bin/python bi/superset/serve.py \
		$(if $(EXPORT),--export,--port "$(if $(filter file,$(origin PORT)),8088,$(PORT))")

.PHONY: lint
lint: $(DEV_STAMP) ## Check style and types of Python, SQL and YAML, and the house rules of the models
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/yamllint --strict .
	@$(VENV)/bin/warehouse check-models
	@$(PYTHON) -m security secrets
	@eval "$$($(PYTHON) -m childrens_warehouse.build.dbt --environment)"; \
		$(VENV)/bin/sqlfluff lint --nocolor dbt_project/models dbt_project/tests

.PHONY: audit
audit: $(DEV_STAMP) ## Ask what is known against the pinned packages (security/exceptions.toml has what people decided)
	@$(PYTHON) -m security audit

.PHONY: sbom
sbom: $(DEV_STAMP) ## Write the bills of materials (CycloneDX) of all locks to var/sbom
	@$(PYTHON) -m security sbom

.PHONY: setup
setup: $(RUN_STAMP) ## Install what a run needs, without running anything (the others do it by themselves)
	@echo "$(VENV) is up to date."

.PHONY: clean
clean: ## Remove caches and what dbt compiled; never data, never the environment
	@rm -rf .pytest_cache .ruff_cache .mypy_cache .hypothesis dbt_project/target dbt_project/logs
	@find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +

$(UV_STAMP):
	@command -v "$(PYTHON3)" > /dev/null || { \
		echo "Python 3.11 is needed: install it, or name it with PYTHON3=/path/to/python3.11."; exit 1; }
	$(call say,Making the environment $(VENV))
	@"$(PYTHON3)" -m venv "$(VENV)" || { \
		echo "Could not make a virtual environment (on Debian and Ubuntu: install python3.11-venv)."; exit 1; }
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.txt
	@mkdir -p "$(STAMPS)" && rm -f "$(STAMPS)"/uv-* && touch "$@"

# Compiled to bytecode at once: where PYTHONDONTWRITEBYTECODE is set, every Airflow command would otherwise
# compile all of Airflow again.
install = env -u PYTHONDONTWRITEBYTECODE $(UV) pip install --quiet --python "$(PYTHON)" --compile-bytecode

$(RUN_STAMP): | $(UV_STAMP)
	$(call say,Installing the locked requirements (a minute or two the first time))
	@$(install) --require-hashes -r requirements.lock
	@$(install) --no-deps --no-build-isolation --editable .
	@rm -f "$(STAMPS)"/run-* && touch "$@"

$(SERVICE_STAMP): | $(UV_STAMP)
	$(call say,Installing the locked requirements of the services (a minute or two the first time))
	@$(install) --require-hashes -r requirements-service.lock
	@$(install) --no-deps --no-build-isolation --editable .
	@rm -f "$(STAMPS)"/run-* "$(STAMPS)"/service-* && touch "$(RUN_STAMP)" "$@"

# The development lock holds the versions of a run and more, so it serves both.
$(DEV_STAMP): | $(UV_STAMP)
	$(call say,Installing the locked requirements for the tests (a minute or two the first time))
	@$(install) --require-hashes -r requirements-dev.lock
	@$(install) --no-deps --no-build-isolation --editable .
	@rm -f "$(STAMPS)"/run-* "$(STAMPS)"/dev-* && touch "$(RUN_STAMP)" "$@"

$(SPARK_STAMP): | $(UV_STAMP)
	$(call say,Installing Apache Spark in $(SPARK) (two minutes or more: it comes as source))
	@"$(PYTHON3)" -m venv --clear "$(SPARK)"
	@env -u PYTHONDONTWRITEBYTECODE $(UV) pip install --quiet --python "$(SPARK)/bin/python" --compile-bytecode \
		--require-hashes -r requirements-spark.lock
	@$(UV) pip install --quiet --python "$(SPARK)/bin/python" --no-deps --no-build-isolation --editable .
	@touch "$@"

$(SUPERSET_STAMP): | $(UV_STAMP)
	$(call say,Installing Apache Superset in $(SUPERSET) (850 MB; half a minute or more))
	@"$(PYTHON3)" -m venv --clear "$(SUPERSET)"
	@env -u PYTHONDONTWRITEBYTECODE $(UV) pip install --quiet --python "$(SUPERSET)/bin/python" --compile-bytecode \
		--require-hashes -r bi/superset/requirements.lock
	@touch "$@"
