# `make` builds everything and prints a summary, `make test` runs the tests, `make help` lists the rest.
include determinism.env
export $(shell sed -n 's/^\([A-Z_]*\)=.*/\1/p' determinism.env)

PYTHON ?= python3
VENV := .venv
# Every `cmd: python -m stages.x` of dvc.yaml finds this interpreter first; `-m` keeps working when the folder is moved.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
RUN := $(VENV)/bin/python -m
TESTS := $(RUN) pytest -n logical --dist worksteal
PIP := $(RUN) pip install --require-hashes --no-compile --disable-pip-version-check $(if $(CI),--quiet)
# Bytecode is compiled here because an environment may forbid writing it later, and imports without it take three times
# as long. All cores do it, where pip takes one; a package may have files that are not in this version's language.
COMPILED := $(RUN) compileall -qq -j 0 $(VENV)/lib || true
install = cmp -s $< $@ || { rm -f $@ && echo "installing $<$1" && $(PIP) -r $< && { $(COMPILED); }; }
# One version of a package for every Python: numpy's random draws, for one, differ between releases.
LOCK := $(RUN) uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock"
# A stamp is a copy of what was installed, so a requirements file that is merely newer installs nothing.
RUNTIME := $(VENV)/requirements.txt
DEV := $(VENV)/requirements-dev.txt
DASHBOARD := $(VENV)/requirements-dashboard.txt
PAGE := .dvc/plots_page.html
ARGS ?=
option = $(if $($1),'--$(shell echo $1 | tr A-Z a-z)=$($1)')
BASE ?= main
FROM ?= upstream
LINES ?=

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.PHONY: all start install test test-all lint gate monitor alternatives watch review plots spreadsheets verify bench sample dashboard mlflow promote upgrade release-segments plan keep lock clean help

all: $(RUNTIME) $(PAGE) ## install what is needed, run the pipeline, print a summary (ARGS="--force" goes to dvc repro)
	@$(RUN) commands.rebuild $(ARGS)

# A level or a name may contain spaces and any sign but a quote.
start: $(RUNTIME) ## draft the parameters for your table: TABLE=my.csv TARGET=y PROTECTED=sex,age [PRIVILEGED="sex=male" ID= TIME= SCORE= DECISION= LINE= BOUNDS=]
	@$(RUN) commands.start $(foreach o,TABLE TARGET PROTECTED PRIVILEGED FAVOURABLE ID TIME SCORE DECISION LINE BOUNDS,$(call option,$o)) $(ARGS)

install: $(RUNTIME) $(PAGE) ## the environment only, for the plain dvc commands

test: lint ## lint, check types, run all tests but the heavy: about seven minutes on two cores (ARGS="-k sweep" for pytest)
	$(TESTS) -m "not heavy" $(ARGS)

test-all: lint ## also the heavy tests, as in CI: twice as long
	$(TESTS) --hypothesis-profile=thorough $(ARGS)

lint: $(DEV) ## ruff and mypy
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy

gate: $(RUNTIME) ## judge the results by the policy of params.yaml; fails when a blocking rule is not met (ARGS="--junit gate.xml" for CI)
	@$(RUN) commands.gate $(ARGS)

monitor: $(RUNTIME) ## later batches against the model's own data: drift, fairness by period, alarms (docs/live_model.md)
	@$(RUN) commands.monitor $(ARGS)

alternatives: $(RUNTIME) ## was there a less discriminatory model of like quality? candidates on one frontier (docs/alternatives.md)
	@$(RUN) commands.alternatives $(ARGS)

watch: $(RUNTIME) ## what the scheduled job does: fresh data, rebuild, monitor, judge; the report, and with GH_TOKEN one issue
	@.ci/watch

review: $(RUNTIME) ## what changed against BASE=main in fairness, performance, parameters and documents, as Markdown
	@$(RUN) commands.review $(BASE) $(ARGS)

plots: $(RUNTIME) ## draw the plots that differ from BASE=main, both versions in one picture, on a page that works offline
	@$(RUN) commands.plots_page $(BASE)

spreadsheets: $(RUNTIME) ## copies of the tables of plots/ for Excel, in which no name becomes a formula
	@$(RUN) commands.spreadsheets

verify: $(RUNTIME) ## rebuild everything in a fresh clone of HEAD and compare each output with dvc.lock
	@$(RUN) commands.verify $(ARGS)

bench: $(DEV) ## measure speed and coverage, compared with other libraries
	$(RUN) benchmarks $(ARGS)

sample: $(RUNTIME) ## draw the sample data again, byte for byte (ARGS="--rows 300000" draws more)
	$(RUN) commands.sample $(ARGS)

dashboard: $(DASHBOARD) ## see the decision and ask "what if" in a browser, at http://127.0.0.1:8501 (docs/dashboard.md)
	@$(RUN) streamlit run dashboard/server.py $(ARGS)

mlflow: $(RUNTIME) ## the audit trail in a browser, at http://127.0.0.1:5000 (ARGS="--port 5001" for another port)
	@$(RUN) commands.trail browse $(ARGS)

promote: $(RUNTIME) ## give this commit's models the alias `promoted` in the audit trail, and tag the commit for GTO
	@$(RUN) commands.trail promote

plan: $(RUNTIME) ## rows per group needed to show a difference, before data exist (ARGS="--difference 0.1 --rate 0.3")
	@$(RUN) commands.plan $(ARGS)

upgrade: $(RUNTIME) ## merge newer code FROM=upstream (a remote or tag), keep what is yours, rebuild, show what changed
	@$(RUN) commands.upgrade $(FROM) --merge
	@$(MAKE) --no-print-directory install
	@$(RUN) commands.upgrade $(FROM)

release-segments: $(RUNTIME) ## publish segments once, with secret noise and no seed (cluster_privacy.privacy.release)
	@$(RUN) commands.release_segments

lock: $(DEV) ## compile requirements*.txt from requirements*.in (ARGS=--upgrade takes the newest versions)
	$(LOCK) $(ARGS) requirements.in -o requirements.txt
	$(LOCK) $(ARGS) requirements-sql.in -o requirements-sql.txt
	$(LOCK) $(ARGS) requirements-dashboard.in -o requirements-dashboard.txt
	$(LOCK) $(ARGS) requirements-spark.in -o requirements-spark.txt
	$(LOCK) $(ARGS) requirements-dev.in -o requirements-dev.txt

keep: $(RUNTIME) ## take every line of work out but LINES="budget healthcare" (any of budget, healthcare, segments)
	@$(RUN) commands.keep $(LINES)

clean: ## remove the environment and the tools' caches; data, metrics and DVC's cache stay
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .benchmarks
	find responsible pipeline stages commands dashboard tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## this list
	@awk -F ':[^#]*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' Makefile

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "error: Python 3.11 or newer is needed, and $(PYTHON) is $$($(PYTHON) --version 2>&1);" \
			"name another with: make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(RUNTIME): requirements.txt | $(VENV)/bin/python
	@$(call install, (two minutes the first time))
	@$(RUN) compileall -q responsible pipeline stages commands
	@cp $< $@

# DVC's page of plots would load its libraries from the network.
$(PAGE): docs/templates/plots_page.html $(RUNTIME)
	@$(RUN) commands.plots_page
	@touch $@

$(DEV): requirements-dev.txt $(RUNTIME)
	@$(call install)
	@cp $< $@

$(DASHBOARD): requirements-dashboard.txt $(RUNTIME)
	@$(call install)
	@cp $< $@
