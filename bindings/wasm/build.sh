#!/usr/bin/env bash
# Builds lsrc.wasm, and puts it beside the page: bindings/wasm/build.sh [--quick]
# --quick builds a large and slower module in a fraction of the time, for work on the engine and for tests.
# Leaves with 3 where the target's standard library cannot be installed.
set -euo pipefail
cd "$(dirname "$0")"
target=wasm32-unknown-unknown
std() { [ -n "$(ls "$(rustc --print target-libdir --target $target)"/libstd-*.rlib 2>/dev/null)" ]; }
std || timeout 180 rustup target add $target || true
std || { echo "the standard library for $target cannot be installed: rustup target add $target"; exit 3; }

# Random numbers come from the package itself; deep rules need more than the usual stack of 1 MiB; no path of this machine is kept.
export RUSTFLAGS="--cfg getrandom_backend=\"custom\" -C link-arg=-zstack-size=4194304 \
  --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src= --remap-path-prefix=$(realpath ../..)="

size() { printf '%-28s %9d bytes %9d gzip\n' "$1" "$(wc -c <"$2")" "$(gzip -9 <"$2" | wc -c)"; }

if [ "${1:-}" = --quick ]; then
  cargo build --profile quick --locked --target $target
  cp target/$target/quick/lsrc_wasm.wasm lsrc.wasm
  size 'lsrc.wasm, quick' lsrc.wasm
else
  cargo build --release --locked --target $target
  built=target/$target/release/lsrc_wasm.wasm
  size 'from the compiler' $built
  [ -x node_modules/.bin/wasm-opt ] || timeout 300 npm ci --no-audit --no-fund >/dev/null || true
  if [ -x node_modules/.bin/wasm-opt ]; then
    # What the compiler may use is said again: the optimiser does not know it.
    node_modules/.bin/wasm-opt -Oz --strip-debug --strip-producers --enable-bulk-memory --enable-nontrapping-float-to-int \
      --enable-sign-ext --enable-mutable-globals --enable-multivalue --enable-reference-types $built -o lsrc.wasm
    size 'lsrc.wasm, optimised' lsrc.wasm
  else
    cp $built lsrc.wasm
    echo 'wasm-opt cannot be installed here: lsrc.wasm is as the compiler made it'
  fi
  [ "$(gzip -9 <lsrc.wasm | wc -c)" -le 1600000 ] || { echo 'lsrc.wasm has more than 1.6 MB compressed'; exit 1; }
fi
cp lsrc.wasm ../page/dist/lsrc.wasm
# What npm packs has its licences beside it.
cp ../../LICENSE-APACHE ../../LICENSE-MIT .
