# Two commands: `make demo` and `make test`. Both make .venv and install what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= $(shell nproc 2>/dev/null || echo 1)

.PHONY: demo test check clean

demo: $(VENV)/demo.installed
	$(BIN)/curator run pipelines/yue_demo.yaml --n-workers $(WORKERS)
	$(BIN)/trainer-bridge train out/yue_demo
	$(BIN)/trainer-bridge export out/yue_demo/training out/yue_demo/training/huggingface
	$(BIN)/curator report out/yue_demo
	@echo "Open out/yue_demo/report.html in a browser."

test: $(VENV)/dev.installed
	$(BIN)/python -m pytest

# Format, lint and types; `.ci/run` calls it beside `make test`.
check: $(VENV)/dev.installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "make: $(PYTHON) is $$($(PYTHON) -V); Python 3.11, 3.12 or 3.13 is needed: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV) || { echo "make: on Debian and Ubuntu: apt install python3-venv"; exit 1; }

$(VENV)/demo.installed: $(VENV)/bin/python pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[train,demo]'
	@touch $@

# megatron-core is the oracle for token files; its own dependencies are not needed for that.
$(VENV)/dev.installed: $(VENV)/bin/python pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps megatron-core==0.16.1
	@touch $@ $(VENV)/demo.installed

clean:
	rm -rf $(VENV) out
