# make demo    build the index of raw/ once, then answer a question
# make test    the whole test suite with coverage
# make check   lint, format, types
# make acceptance   the web page in Chromium and the API against its description; CHROMIUM=/path/to/it
# make bench   speed and weight beside other programs; BENCH="--runs 1 --no-baselines" for a look
PYTHON ?= python3
BIN := .venv/bin
PAPERS := $(wildcard ../shared/bench/un2025)

.PHONY: demo test check acceptance bench install clean

demo: .venv/installed index/CURRENT
	$(BIN)/mandates "who trains airline cabin crew to spot victims?" -k 2

test: .venv/installed
	$(BIN)/pytest --numprocesses auto --cov --cov-report=term-missing:skip-covered

check: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

acceptance: .venv/installed
	PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet --editable '.[acceptance]'
	$(BIN)/pytest benchmarks/acceptance --override-ini python_files='check_*.py' --override-ini python_functions='check_*'

bench: .venv/installed
	$(BIN)/python -m benchmarks.speed $(if $(PAPERS),--papers $(PAPERS)) $(BENCH)

install: .venv/installed

clean:
	rm -rf .venv index/CURRENT index/generation-* index/.lock

index/CURRENT: .venv/installed $(wildcard raw/*.pdf)
	$(BIN)/mandates ingest

# PIP_CONSTRAINT also holds inside the build environment.
.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "mandates needs Python 3.11 or newer")'
	$(PYTHON) -m venv .venv || { echo "Python cannot make virtual environments: apt install python3-venv"; exit 1; }
	PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@
