PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: setup demo demo-cluster test lint docs bench clean

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/pip install --quiet --editable . --group dev
	touch $@

# In a terminal the pages stay open until Ctrl-C; `make demo ARGS=` ends by itself.
demo: ARGS ?= $(shell test -t 0 && test -t 2 && echo --stay)
demo: setup
	$(BIN)/fieldwright demo $(ARGS)

# The large set-up on this machine, with processes killed while applicants pass.
demo-cluster: setup
	$(BIN)/python -m sandbox.demo_cluster $(ARGS)

test: setup lint
	$(BIN)/pytest -n 2 --dist loadfile $(ARGS)
	$(BIN)/fieldwright lint mappings/
	$(BIN)/fieldwright test mappings/
	.ci/contract $(BIN)/fieldwright

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: setup
	$(BIN)/fieldwright reference > docs/manifest.md

contract: setup
	.ci/contract $(BIN)/fieldwright

bench: setup
	$(BIN)/python -m bench

clean:
	rm -rf $(VENV)
