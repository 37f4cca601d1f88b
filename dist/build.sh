#!/usr/bin/env bash
# Builds what a release of lsrc is made of, for the machine that it runs on.
#
#   dist/build.sh [--skip-build] [FOLDER]       FOLDER is `target/dist` by default
#
# It writes the archive of the command with its manual, completions and licences; a software bill of materials; the Debian package where
# cargo-deb is here; the wheel where maturin is here; the formula of Homebrew and the manifest of winget; and SHA256SUMS over all of it.
# What cannot be built here is named, and the rest is built.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
build=1
[ "${1:-}" != --skip-build ] || { build=0; shift; }
target=${CARGO_TARGET_DIR:-$root/target}
out=${1:-$target/dist}
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
triple=$(rustc -vV | sed -n 's/^host: //p')
name=lsrc-$version-$triple

missing() { printf 'not built: %s\n' "$1"; }
say() { printf '\n%s\n' "$1"; }

rm -rf "$out"
mkdir -p "$out"
[ "$build" = 0 ] || cargo build --release --locked
lsrc=$target/release/lsrc
[ -x "$lsrc" ] || { echo "there is no $lsrc: run without --skip-build"; exit 2; }

say "The archive"
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
mkdir -p "$stage/$name/completions" "$stage/$name/man"
cp "$lsrc" LICENSE-MIT LICENSE-APACHE README.md docs/changelog.md "$stage/$name/"
for shell in bash zsh fish powershell elvish; do
  "$lsrc" completions "$shell" >"$stage/$name/completions/lsrc.$shell"
done
"$lsrc" man >"$stage/$name/man/lsrc.1"
for command in $("$lsrc" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\) .*/\1/p' | grep -v '^help$'); do
  "$lsrc" man "$command" >"$stage/$name/man/lsrc-$command.1"
done
# The same bytes for the same sources: order, owners and times are fixed.
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime='2026-01-01 00:00Z' -C "$stage" -cf - "$name" | gzip -9n >"$out/$name.tar.gz"

say "The bill of materials"
# CycloneDX where its tool is here; else SPDX from what cargo itself knows.
if cargo cyclonedx --version >/dev/null 2>&1; then
  cargo cyclonedx --format json --override-filename "lsrc-$version" >/dev/null
  mv "lsrc-$version.json" "$out/lsrc-$version.cdx.json"
elif command -v python3 >/dev/null; then
  cargo metadata --format-version 1 --locked --filter-platform "$triple" | python3 dist/sbom.py >"$out/lsrc-$version.spdx.json"
else
  missing 'the bill of materials: neither cargo-cyclonedx nor Python is here'
fi

say "The Debian package"
if cargo deb --version >/dev/null 2>&1; then
  cargo deb --no-build --locked --output "$out/" >/dev/null
else
  missing 'the Debian package: cargo install cargo-deb --locked'
fi

say "The wheel"
if command -v maturin >/dev/null; then
  maturin build --release --locked --out "$out" ${LSRC_WHEEL_COMPATIBILITY:+--compatibility "$LSRC_WHEEL_COMPATIBILITY"}
else
  missing 'the wheel: pip install maturin'
fi

say "Formula and manifest"
sum=$(sha256sum "$out/$name.tar.gz" | cut -d' ' -f1)
for template in dist/templates/*; do
  sed -e "s/@VERSION@/$version/g" -e "s/@TARGET@/$triple/g" -e "s/@SHA256@/$sum/g" "$template" >"$out/$(basename "$template")"
done
missing 'archives for other machines: run this script on each; the formula and the manifest name them by their sums'

say "Sums"
(cd "$out" && sha256sum -- * >SHA256SUMS && cat SHA256SUMS)
