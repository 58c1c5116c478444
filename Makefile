# Every command does its own set-up: it needs Python 3.11 or later and make, nothing else.
# The environment is .venv, pinned by constraints.txt; installed once, then left alone. To use a
# build of torch of your own (for a GPU, say), make .venv and install that torch in it first: an
# installed release that fits is kept (`make CONSTRAINTS= ...` lifts the pins).

JOBS ?= 2
VENV ?= .venv
CONSTRAINTS ?= constraints.txt
FLOORS := .venv-floors
BIN := $(VENV)/bin
PYTHON ?= $(firstword $(foreach p,python3 python3.14 python3.13 python3.12 python3.11,$(shell \
	$(p) -c 'import sys; print("$(p)" if sys.version_info >= (3, 11) else "")' 2>/dev/null)))
INSTALL := -m pip install --disable-pip-version-check --quiet $(if $(CONSTRAINTS),--constraint $(CONSTRAINTS))
TABLES := convlstm import_time jobs training windows
PYTEST := -m pytest --numprocesses $(JOBS) --dist worksteal

.PHONY: demo demo-short test lint bench docs test-floors constraints clean help

help:
	@echo "make demo         forecast four years of household power, beside the published results"
	@echo "make test         the whole test suite"
	@echo "make lint         ruff and mypy"
	@echo "make bench        the speed tables"
	@echo "make docs         the documentation, in docs/_build/html"
	@echo "make test-floors  the suite on the oldest packages that pyproject.toml admits"
	@echo "make demo-short   the demo on a short setting, as a check"
	@echo "make constraints  resolve constraints.txt anew"
	@echo "make clean        remove the environments and whatever was built"

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "stforecast needs Python 3.11 or later, and none is on the PATH; name one: make PYTHON=/path/to/python3"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# .installed-test holds the extra `test`, and so on
$(VENV)/.installed-%: pyproject.toml $(wildcard $(CONSTRAINTS)) | $(BIN)/python
	$(BIN)/python $(INSTALL) --editable ".[$*]"
	@touch $@

demo: $(VENV)/.installed-demo
	$(BIN)/python -m benchmarks.accuracy.household_power

demo-short: $(VENV)/.installed-demo
	$(BIN)/python -m benchmarks.accuracy.household_power --short

# one thread a process: the tests fill the cores with processes
test test-floors: export OMP_NUM_THREADS = 1

test: $(VENV)/.installed-test
	$(BIN)/python $(PYTEST)

lint: $(VENV)/.installed-lint
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bench: $(VENV)/.installed-bench
	for table in $(TABLES); do $(BIN)/python -m benchmarks.speed.$$table || exit 1; done

docs: $(VENV)/.installed-docs
	$(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html

$(FLOORS)/bin/python: | $(BIN)/python
	$(BIN)/python -m venv $(FLOORS)

$(FLOORS)/.installed: pyproject.toml constraints-floors.txt | $(FLOORS)/bin/python
	$(FLOORS)/bin/python -m pip install --disable-pip-version-check --quiet --constraint constraints-floors.txt --editable ".[test]"
	@touch $@

test-floors: $(FLOORS)/.installed
	$(FLOORS)/bin/python $(PYTEST)

# torch stays as pinned: its releases are raised by hand, with the tests
constraints: | $(BIN)/python
	rm -rf build/resolve && $(BIN)/python -m venv build/resolve
	build/resolve/bin/python -m pip install --disable-pip-version-check "$$(grep ^torch== constraints.txt)" ".[lint,docs,demo,bench]"
	build/resolve/bin/python -m pip freeze --exclude stforecast | sed 's/+[a-z0-9.]*$$//' > constraints.txt

clean:
	rm -rf $(VENV) $(FLOORS) build dist docs/_build docs/api/generated docs/gallery .mypy_cache .pytest_cache .ruff_cache .hypothesis
