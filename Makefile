# Two commands matter: `make run` and `make test`. Both set up what they need.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   := .venv
BIN    := $(VENV)/bin
REPORT ?= report

.PHONY: run test deep lint bench peers lock clean
.DEFAULT_GOAL := run

run: $(VENV)/run.stamp
	$(BIN)/evse-rig run --report $(REPORT)

test: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -n auto --maxprocesses 2

# The same tests with the large counts, for a night.
deep: $(VENV)/dev.stamp
	EVSE_RIG_DEEP=1 $(BIN)/python -m pytest -n auto --maxprocesses 2 --timeout 7200

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/dev.stamp
	$(BIN)/python -m benchmarks

# Programs of others, for the tests that have them read our meters; without them those tests are skipped.
peers:
	PYTHON=$(PYTHON) .ci/peers

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "evse-rig needs Python 3.11 or newer; set PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements/run.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/run.stamp
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

# Needs uv on the PATH; run after changing the dependencies in pyproject.toml.
lock:
	uv pip compile --quiet --python-version 3.11 --generate-hashes --no-header --no-emit-index-url pyproject.toml requirements/build.in -o requirements/run.txt
	uv pip compile --quiet --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --extra dev pyproject.toml requirements/build.in -c requirements/run.txt -o requirements/dev.txt
	for peer in sdm_modbus minimalmodbus pyticcom; do uv pip compile --quiet --python-version 3.11 --generate-hashes --no-header --no-emit-index-url requirements/peers/$$peer.in -o requirements/peers/$$peer.txt; done
	uv pip compile --quiet --python-version 3.12 --generate-hashes --no-header --no-emit-index-url requirements/peers/pyteleinfo.in -o requirements/peers/pyteleinfo.txt

clean:
	rm -rf $(VENV) .venv-peers report build dist
