#!/bin/sh
# Lint, then every test; PostgreSQL, Mosquitto, the browser and D-Bus must be there, so nothing of theirs may skip.
set -eu
cd "$(dirname "$0")/.."
sh .ci/lint.sh
IRUKA_TEST_REQUIRE_ALL=1 IRUKA_TEST_REQUIRE_PG=1 exec .venv/bin/pytest -q -n "${TEST_WORKERS:-2}" --dist loadfile
