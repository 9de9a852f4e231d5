#!/bin/sh
# Makes .venv with what the lock file names, the project itself, the front-end assets and the message catalogues.
# `setup.sh` installs what runs, `setup.sh dev` also what tests. Instant when nothing changed.
set -eu
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-python3}
WHAT=${1:-run}
case $WHAT in
    run) LOCK=requirements.lock ;;
    dev) LOCK=requirements-dev.lock ;;
    *) echo "setup.sh knows only 'run' and 'dev', not '$WHAT'." >&2; exit 2 ;;
esac

if ! "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "Iruka needs Python 3.11 or newer; '$PYTHON' is not one. Name another: make setup PYTHON=/path/to/python3.11" >&2
    exit 1
fi
if [ ! -x .venv/bin/python ]; then
    if ! "$PYTHON" -m venv .venv 2>/dev/null; then
        # Debian keeps ensurepip in a package of its own; root may fetch it, others are told.
        rm -rf .venv
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
            echo "Installing python3-venv"
            { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv; } >/dev/null
            "$PYTHON" -m venv .venv
        else
            echo "Python cannot make a virtual environment here; install Debian's package python3-venv." >&2
            exit 1
        fi
    fi
fi

checksum() { cat "$LOCK" setup.cfg pyproject.toml | sha256sum | cut -d' ' -f1; }
STAMP=.venv/installed-$WHAT
if [ "$(cat "$STAMP" 2>/dev/null || true)" != "$(checksum)" ] || [ ! -x .venv/bin/iruka ]; then
    echo "Installing Python packages ($WHAT) from $LOCK"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$LOCK"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation \
        --config-settings editable_mode=compat -e .
    checksum > "$STAMP"
fi
.venv/bin/python .ci/frontend.py "$WHAT"
.venv/bin/python .ci/catalogues.py
