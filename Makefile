# make setup   .venv/bin/iruka and the front-end assets
# make demo    a 25-floor city hall in the browser        (DATA=folder TRACK=name replays a recording instead)
# make test    everything that must hold before a change lands
# make fuzz    every operation of the API, asked thousands of odd things (an hour or more)
# make lint    types, style and import contracts alone
# make bench   the figures of docs/benchmarks.md (takes a while)
# make clean   remove what the others made

PYTHON ?= python3
BIN := .venv/bin
DEMO_OPTIONS = $(if $(DATA),--data "$(DATA)") $(if $(TRACK),--track "$(TRACK)") $(if $(PORT),--port $(PORT))

.DEFAULT_GOAL := help
.PHONY: help setup demo test fuzz lint bench clean lock

help:
	@sed -n 's/^# //p' Makefile | head -7

setup:
	@PYTHON="$(PYTHON)" sh .ci/setup.sh

demo: setup
	@exec $(BIN)/iruka demo $(DEMO_OPTIONS)

test: setup
	@PYTHON="$(PYTHON)" sh .ci/setup.sh dev
	@sh .ci/system-packages.sh
	@sh .ci/test.sh

fuzz: setup
	@PYTHON="$(PYTHON)" sh .ci/setup.sh dev
	@IRUKA_FUZZ_EXAMPLES="$${IRUKA_FUZZ_EXAMPLES:-1000}" $(BIN)/pytest -q tests/server/test_api_fuzz.py

lint: setup
	@PYTHON="$(PYTHON)" sh .ci/setup.sh dev
	@sh .ci/lint.sh

bench: setup
	@PYTHON="$(PYTHON)" sh .ci/setup.sh dev
	@$(BIN)/python -m benchmarks

lock:
	@sh .ci/lock.sh

clean:
	rm -rf .venv var build dist *.egg-info server/static/vendor .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find server edge_agent migrations tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
	find server -name '*.mo' -delete
