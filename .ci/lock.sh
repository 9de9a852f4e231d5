#!/bin/sh
# Renew the Python lock files from setup.cfg: versions and hashes, no registry host.
set -eu
cd "$(dirname "$0")/.."
BIN=.venv/bin
[ -x $BIN/uv ] || $BIN/python -m pip install --quiet uv
compile() {
    out=$1
    shift
    $BIN/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
        --no-emit-index-url --no-emit-find-links --no-emit-package iruka "$@" -o "$out"
    if grep -q '://' "$out"; then
        echo "$out names a host." >&2
        exit 1
    fi
}
compile requirements.lock setup.cfg --extra demo .ci/build.in
compile requirements-dev.lock setup.cfg --extra dev .ci/build.in
compile requirements-agent.lock setup.cfg --extra agent .ci/build.in
compile requirements-node.lock .ci/node.in
