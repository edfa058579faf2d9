# Every target sets up what it needs, once. `make help` lists them.
#
# Needed on the machine: Python 3.11 or newer with pip. No compiler, no Graphviz, no GPU.
# torch comes in the version of constraints.txt; on Linux the default build of it brings CUDA
# along. For the smaller CPU build install torch first, as pytorch.org says, into .venv:
#     make .venv/bin/python && .venv/bin/python -m pip install torch==<version> <its CPU options>

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
PYTEST := $(BIN)/python -m pytest --numprocesses auto

# An install is repeated when one of these changes.
PINS := pyproject.toml constraints.txt
READY_TO_RUN := $(VENV)/.ready-to-run
READY_TO_TEST := $(VENV)/.ready-to-test
# Measurements run in an environment of their own, installed as a user installs: tools for tests
# (interegular, which lark loads when it finds it) would be measured along.
MEASURING := .venv-benchmark

.PHONY: help demo test test-all lint format conformance benchmark generated clean
.DEFAULT_GOAL := help

help:
	@echo 'make demo         set up, then compile, audit, draw and train, into demo/'
	@echo 'make test         set up and run the tests; what CI runs'
	@echo 'make test-all     the slow tests too'
	@echo 'make lint         ruff, mypy, import contracts; what CI runs'
	@echo 'make format       rewrite the sources in the house format'
	@echo 'make conformance  every spec against its reference figures, as a table'
	@echo 'make benchmark    compile times beside other tools'
	@echo 'make generated    renew generated/ from specs/'
	@echo 'make clean        remove what make made'

# The plain equivalents stand in the README.
demo: $(READY_TO_RUN)
	rm -rf demo
	$(BIN)/resnet-dsl compile specs/resnet50.rdl -o demo
	$(BIN)/resnet-dsl report specs/resnet50.rdl --by stage
	$(BIN)/resnet-dsl draw specs/resnet50.rdl --level stage -o demo/resnet50.svg
	$(BIN)/resnet-dsl train specs/digits_resnet8.rdl --out demo/digits_resnet8

test: $(READY_TO_TEST)
	$(PYTEST)

test-all: $(READY_TO_TEST)
	$(PYTEST) -m ''

lint: $(READY_TO_TEST)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports
	$(BIN)/mypy

format: $(READY_TO_TEST)
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

conformance: $(READY_TO_TEST)
	$(BIN)/python -m tests.conformance.table

benchmark:
	test -x $(MEASURING)/bin/python || $(PYTHON) -m venv $(MEASURING)
	$(MEASURING)/bin/python -m pip --quiet install --constraint constraints.txt '.[benchmark]'
	$(MEASURING)/bin/python -m pip --quiet install --no-deps --force-reinstall .
	cd benchmarks && ../$(MEASURING)/bin/python compile.py

# The flagships: what the compiler makes of them is kept in generated/ and compared in the tests.
FLAGSHIPS := resnet18 resnet34 resnet34_a resnet50 resnet50_v1 resnet101 resnet152 resnext50_32x4d \
  wide_resnet50_2 plain34 cifar_resnet20 cifar_resnet110 cifar_plain20 digits_resnet8 \
  preact_resnet164 wrn28_10 densenet_bc_100_12 unet hourglass2 googlenet2014 alexnet2012 \
  highway_mnist mlp_residual

generated: $(READY_TO_TEST)
	$(BIN)/resnet-dsl compile $(FLAGSHIPS:%=specs/%.rdl)

clean:
	rm -rf $(VENV) $(MEASURING) demo

# Debian ships Python's venv without the pip to put into it; the second line brings that along.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV) || \
	  { $(PYTHON) -m venv --clear --without-pip $(VENV) && $(PYTHON) -m pip --python $@ install pip; }

$(READY_TO_RUN): $(PINS) | $(BIN)/python
	$(PIP) install --constraint constraints.txt --editable '.[train]'
	@touch $@

$(READY_TO_TEST): $(PINS) | $(BIN)/python
	$(PIP) install --constraint constraints.txt --editable '.[dev]'
	@touch $@ $(READY_TO_RUN)
