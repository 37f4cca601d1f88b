#!/usr/bin/env bash
# Tests the engine in Node and the page in Chromium: bindings/wasm/test.sh [--release] [PATH OF lsrc]
# Without --release a quick build of the engine is tested. What cannot be installed is said and skipped; 1 where a test fails.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
kind=--quick
[ "${1:-}" != --release ] || { kind=''; shift; }
LSRC=$(realpath "${1:-$here/../../target/debug/lsrc}")
[ -x "$LSRC" ] || { echo "there is no lsrc at $LSRC: build it, or name it"; exit 1; }
export LSRC
cd "$here"
started=$SECONDS
took() { echo "$1: $((SECONDS - started)) s"; }

command -v node >/dev/null || { echo 'skipped: there is no Node'; exit 0; }
node -e 'process.exit(+process.versions.node.split(".")[0] >= 20 ? 0 : 1)' || { echo "skipped: Node $(node --version) is older than 20"; exit 0; }
status=0
timeout -k 20 3000 ./build.sh $kind || status=$?
[ $status != 3 ] || { echo 'skipped: the engine cannot be built here'; exit 0; }
[ $status = 0 ] || exit $status
took 'built'

timeout -k 20 600 node --test test/
took 'engine in Node'

cd ../page
[ -d node_modules ] || timeout 300 npm ci >/dev/null 2>&1 || { echo 'skipped: the packages of the page cannot be installed'; exit 0; }
node build.mjs --check
command -v chromium >/dev/null || timeout 180 sudo -n apt-get install -y -qq chromium >/dev/null 2>&1 || timeout 180 apt-get install -y -qq chromium >/dev/null 2>&1 || true
if timeout 60 chromium --headless --no-sandbox --disable-gpu --dump-dom about:blank >/dev/null 2>&1; then
  timeout -k 20 600 node test.mjs
  took 'page in Chromium'
else
  echo 'skipped: Chromium cannot be installed or started here'
fi
