#!/bin/sh
# Style, types and the house rules; the same in `make lint` and `make test`.
set -eu
cd "$(dirname "$0")/.."
.venv/bin/ruff check .
.venv/bin/ruff format --check .
.venv/bin/lint-imports
.venv/bin/mypy
