# Everything from nothing: each target sets up .venv first. Needs Python 3.11 or newer, and make.
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11 python; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := PIP_CONSTRAINT=constraints.txt PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet
PYTEST := $(BIN)/pytest -n 2 --dist worksteal

# else every process of a test, some hundred, compiles our own source anew
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test test-slow fuzz kernels notebooks accuracy calibrate-collimation compare-pylinac compare-decoders bench bench-archive lint types layers docs wheel selftest clean

demo: $(VENV)/base  ## simulate a hospital's quarter, measure and audit it, write the report
	$(BIN)/xrayiq demo demo

test: $(VENV)/test  ## everything that must pass, but the slow variants
	$(BIN)/xrayiq selftest >/dev/null  # compiles once what each of the processes of the tests would compile else
	$(PYTEST) -m "not slow" tests

test-slow: $(VENV)/test  ## the exhaustive variants
	$(PYTEST) -m slow tests

fuzz: $(VENV)/test  ## 20 000 broken files and 2000 broken archives; XRAYIQ_FUZZ_SEED and XRAYIQ_FUZZ_COUNT give others
	$(PYTEST) -m slow tests/batch/test_fuzz.py

kernels: $(VENV)/test  ## kernel tests interpreted (with coverage) and with bounds checks, each in its own cache
	NUMBA_DISABLE_JIT=1 $(BIN)/pytest -q tests/kernels --cov --cov-report=term --cov-fail-under=95
	NUMBA_BOUNDSCHECK=1 XRAYIQ_CACHE_DIR=$(VENV)/boundscheck $(PYTEST) -q tests/kernels

notebooks: $(VENV)/dev  ## run the notebooks from top to bottom
	$(BIN)/pytest -q --nbmake notebooks

accuracy: $(VENV)/base  ## measure every metric over the accuracy grid and rewrite its table in the README
	$(BIN)/xrayiq selftest --accuracy --out README.md --figure docs/accuracy.png

calibrate-collimation: $(VENV)/base  ## fit the confidence of collimated fields anew: some 20 minutes
	$(BIN)/python -m xrayiq.selftest.field_calibration src/xrayiq/data/field_confidence.toml

compare-pylinac: $(VENV)/base  ## both against exact truth on the same pixels, pylinac in a throw-away environment
	rm -rf $(VENV)/pylinac
	$(PYTHON) -m venv $(VENV)/pylinac
	PIP_DISABLE_PIP_VERSION_CHECK=1 $(VENV)/pylinac/bin/python -m pip install --quiet \
		--requirement benchmarks/compare_pylinac/requirements.txt
	$(BIN)/python benchmarks/compare_pylinac/compare.py $(VENV)/pylinac/bin/python docs/pylinac.md
	rm -rf $(VENV)/pylinac

compare-decoders: $(VENV)/base  ## decoding speed beside pylibjpeg and pyjpegls, these in a throw-away environment
	rm -rf $(VENV)/decoders
	$(PYTHON) -m venv $(VENV)/decoders
	PIP_DISABLE_PIP_VERSION_CHECK=1 $(VENV)/decoders/bin/python -m pip install --quiet \
		--requirement benchmarks/compare_decoders/requirements.txt
	$(BIN)/python benchmarks/compare_decoders/compare_decoders.py $(VENV)/decoders/bin/python docs/decoders.md
	rm -rf $(VENV)/decoders

bench: $(VENV)/test  ## time kernels and metrics beside NumPy and SciPy
	$(BIN)/pytest -q benchmarks -m "not slow" --benchmark-only --benchmark-columns=min,median,max

bench-archive: $(VENV)/dev  ## runs of 600 and 10 000 objects and an index of 100 000: some 30 minutes
	$(BIN)/pytest -q benchmarks/test_bench_run.py benchmarks/test_bench_index_growth.py \
		--benchmark-columns=min,max --benchmark-json=archive.json

lint: $(VENV)/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/dev
	$(BIN)/mypy

layers: $(VENV)/dev
	$(BIN)/lint-imports

docs: $(VENV)/dev  ## numpydoc validation of the public API
	$(BIN)/python tests/public_api_docstrings.py

wheel: $(VENV)/dev  ## build the wheel, install it into a clean environment and run its self-test
	rm -rf dist $(VENV)/wheel-check
	$(BIN)/python -m build --wheel --outdir dist .
	$(PYTHON) -m venv $(VENV)/wheel-check
	PIP_CONSTRAINT=constraints.txt $(VENV)/wheel-check/bin/python -m pip install --quiet dist/*.whl
	cd $(VENV)/wheel-check && bin/xrayiq selftest
	rm -rf $(VENV)/wheel-check

selftest: $(VENV)/base
	$(BIN)/xrayiq selftest

clean:
	rm -rf $(VENV) demo dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "needed: Python 3.11 or newer"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/base: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) --editable .
	touch $@

$(VENV)/test: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) --editable ".[test]"
	touch $(VENV)/base $@

$(VENV)/dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) --editable ".[dev]"
	touch $(VENV)/base $(VENV)/test $@
