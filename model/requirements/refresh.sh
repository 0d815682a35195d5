#!/bin/sh
# Locks the newest versions that pyproject.toml allows: base.txt for the forge itself, one file more for each extra.
# Needs uv (pip install uv). Run from anywhere; commit what changed after the tests pass with it.
set -eu
cd "$(dirname "$0")/.."
temporary=$(mktemp -d)
trap 'rm -r "$temporary"' EXIT

lock() {
  name=$1
  shift
  uv pip compile pyproject.toml "$@" --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
    --quiet --output-file "$temporary/$name.txt"
  {
    echo "# Written by requirements/refresh.sh from pyproject.toml; do not edit."
    echo "# Install: pip install --require-hashes -r requirements/$name.txt && pip install --no-deps -e ."
    cat "$temporary/$name.txt"
  } > "requirements/$name.txt"
}

lock base
for extra in compile train dev; do
  # Constrained, so that what the files share has one version.
  lock "$extra" --extra "$extra" --constraint requirements/base.txt
done
