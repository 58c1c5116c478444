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
TABLES := cnn_lstm convlstm import_time jobs training users windows
SANITIZE := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
PYTEST := -m pytest --numprocesses $(JOBS) --dist worksteal $(if $(MARK),-m "$(MARK)")

.PHONY: audit soak soak-short demo demo-short kernel test test-pure sanitize lint bench docs test-floors constraints clean help

help:
	@echo "make demo         forecast four years of household power, beside the published results"
	@echo "make test         the whole test suite; with MARK='not checks' without the check suites of"
	@echo "                  scikit-learn and sktime, a quarter of the time"
	@echo "make test-pure    tests of the networks and the short demo without the compiled kernel"
	@echo "make sanitize     tests of the kernel with checks of memory and undefined behaviour"
	@echo "make kernel       compile the kernel after a change of its source"
	@echo "make lint         ruff and mypy"
	@echo "make bench        the speed tables"
	@echo "make docs         the documentation, in docs/_build/html"
	@echo "make test-floors  the suite on the oldest packages that pyproject.toml admits"
	@echo "make demo-short   the demo on a short setting, as a check"
	@echo "make constraints  resolve constraints.txt anew"
	@echo "make audit        compare the pinned packages with published weaknesses"
	@echo "make soak         20,000 calls, 2,000 fits, 100 interrupts, 50 kills: nothing grows or breaks"
	@echo "make soak-short   the same with a fraction of the numbers"
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
test test-pure test-floors soak soak-short: export OMP_NUM_THREADS = 1

# an install compiles it too; without a C++ compiler there is none, and all the same everything runs
kernel: $(VENV)/.installed-test
	$(BIN)/python hatch_build.py

test: kernel
	$(BIN)/python $(PYTEST)

# as on a machine without a compiler; the kernel comes back whether or not the tests pass
test-pure: $(VENV)/.installed-test $(VENV)/.installed-demo
	CXX=/bin/false $(BIN)/python hatch_build.py
	export CXX=/bin/false; $(BIN)/python $(PYTEST) tests/nn tests/test_packaging.py \
		&& $(BIN)/python -m benchmarks.accuracy.household_power --short; \
		status=$$?; env -u CXX $(BIN)/python hatch_build.py; exit $$status

# Python itself is not built with the sanitizers: their library must come first, and with it the
# one that throws C++ exceptions, which torch does.
sanitize: $(VENV)/.installed-test
	rm -rf build/sanitize && mkdir -p build/sanitize/stforecast/nn
	cp -r hatch_build.py build/sanitize/ && cp -r stforecast/nn/kernels build/sanitize/stforecast/nn/
	rm -f build/sanitize/stforecast/nn/kernels/_convlstm.so
	CXXFLAGS="$(SANITIZE)" $(BIN)/python build/sanitize/hatch_build.py
	test -f build/sanitize/stforecast/nn/kernels/_convlstm.so # without it every test is skipped
	STFORECAST_KERNEL=build/sanitize/stforecast/nn/kernels/_convlstm.so \
		ASAN_OPTIONS=detect_leaks=0 OMP_NUM_THREADS=1 \
		LD_PRELOAD="$$($(or $(CXX),g++) -print-file-name=libasan.so) $$($(or $(CXX),g++) -print-file-name=libstdc++.so)" \
		$(BIN)/python -m pytest tests/nn/kernels/test_compiled_kernel.py

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

soak: kernel
	$(BIN)/python -m tests.soak

soak-short: kernel
	$(BIN)/python -m tests.soak --short

# Needs the network; in an environment of its own, since it brings packages of its own. Strict:
# a package that cannot be looked up is a failure, not a package without weaknesses.
audit: | $(BIN)/python
	test -x build/audit/bin/pip-audit || { $(BIN)/python -m venv build/audit && build/audit/bin/python -m pip install --disable-pip-version-check --quiet pip-audit; }
	for pins in constraints.txt constraints-floors.txt; do build/audit/bin/pip-audit --strict --requirement $$pins --no-deps --disable-pip || exit 1; done

clean:
	rm -rf $(VENV) $(FLOORS) build dist docs/_build docs/api/generated docs/gallery .mypy_cache .pytest_cache .ruff_cache .hypothesis
