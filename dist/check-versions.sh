#!/bin/sh
# Fails where the packages of a release have different versions.
set -eu
cd "$(dirname "$0")/.."
version() { sed -n 's/^version = "\(.*\)"/\1/p' "$1" | head -n 1; }
own=$(version Cargo.toml)
python=$(version bindings/python/Cargo.toml)
if [ "$own" != "$python" ]; then
  printf 'bindings/python/Cargo.toml is at %s, Cargo.toml at %s\n' "$python" "$own"
  exit 1
fi
printf 'all packages are at %s\n' "$own"
