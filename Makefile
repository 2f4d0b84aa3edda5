# Two commands do all set-up on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
# Every stage is a process of its own, and starts more than twice as fast from compiled modules.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test tools slurm-test plan record restore check install lock

install: .venv/installed

.venv/installed: requirements.lock pyproject.toml
	@case "$$PWD" in *[:[:cntrl:]]*) \
	  printf '%s\n' "gen100: '$$PWD' has a colon or a line break, which no environment can have: move the clone" >&2; \
	  exit 2;; \
	esac
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	touch $@

# The whole study, small: synthetic data, tiny networks, the embedded feature network.
demo: install
	$(BIN)/snakemake --directory demo --cores all --quiet rules progress
	@echo && echo "Made from synthetic data with tiny networks, to exercise the pipeline; the numbers mean nothing:" \
	&& ls demo/reports/results.csv demo/reports/tables/* demo/reports/figures/* demo/reports/index.html

test: install
	$(BIN)/python -m pytest

# A browser and LaTeX, for tests of the report that are skipped without them (Debian, as root).
tools:
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install --yes -qq --no-install-recommends chromium \
	  texlive-latex-base texlive-latex-recommended texlive-lang-cyrillic cm-super-minimal poppler-utils

# On a real SLURM, started here for it: Debian and root.
slurm-test: install
	$(BIN)/python tests/support/slurm_lab.py install
	$(BIN)/python -m pytest --numprocesses=0 tests/slurm

# What would run, and what it would take: make plan, or make plan FROM=demo for another workspace's benchmarks.
plan: install
	$(BIN)/gen100 forecast $(FROM)

# A Snakemake run into DVC; and, in a clone after `dvc pull`, back.
record restore: install
	$(BIN)/gen100 $@

# Formatting, lint and types.
check: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/pyright
	$(BIN)/snakemake --lint

lock: install
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-emit-index-url --no-annotate --extra workflow --extra dev pyproject.toml -o requirements.lock
