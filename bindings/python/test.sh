#!/usr/bin/env bash
# Builds the wheel, installs it into a fresh environment, and runs its tests, the examples of its documentation and the notebook there.
#
#   bindings/python/test.sh                     as .ci/run does
#   LSRC_WHEEL_PROFILE=release bindings/python/test.sh
#   LSRC_WHEEL=FILE bindings/python/test.sh     with a wheel that is there
#
# Status 2: nothing could run, because Python, pip or maturin cannot be had here.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target} PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1
profile=${LSRC_WHEEL_PROFILE:-dev}
python=${PYTHON:-python3}
work=$CARGO_TARGET_DIR/python
limit=${LSRC_WHEEL_SECONDS:-2400}

skip() { echo "skipped: $1"; exit 2; }

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || skip 'Python 3.10 or newer is not here'
rm -rf "$work/env" "$work/wheels"
mkdir -p "$work/wheels"
"$python" -m venv "$work/env" 2>/dev/null || skip 'a virtual environment cannot be made here'
env=$work/env/bin
# The libraries that the tests hand tables of; they come as wheels, so that nothing is compiled.
timeout 600 "$env/pip" install --quiet --only-binary :all: maturin pytest pandas polars pyarrow duckdb matplotlib nbclient nbformat ipykernel \
  || skip 'the packages for the tests cannot be installed here'

begun=$SECONDS
if [ -n "${LSRC_WHEEL:-}" ]; then
  cp "$LSRC_WHEEL" "$work/wheels/"
else
  timeout "$limit" "$env/maturin" build --quiet --locked --profile "$profile" --interpreter "$env/python" --out "$work/wheels"
fi
wheel=$(ls "$work"/wheels/lsrc-*.whl)
built=$((SECONDS - begun))
timeout 120 "$env/pip" install --quiet --no-index --no-deps "$wheel"

begun=$SECONDS
timeout 900 "$env/python" -m pytest -q -p no:cacheprovider bindings/python/tests
timeout 300 "$env/python" bindings/python/notebook.py --check

printf '\n%s (%s): %s bytes, the module %s bytes; built in %d s, tested in %d s\n' "$(basename "$wheel")" "$profile" \
  "$(wc -c <"$wheel")" "$("$env/python" -c 'import lsrc._native, os; print(os.path.getsize(lsrc._native.__file__))')" "$built" $((SECONDS - begun))
