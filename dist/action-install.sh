#!/usr/bin/env bash
# Installs the command `lsrc` for the GitHub Action: dist/action-install.sh VERSION SOURCES
#
# First the wheel, which is ready to run; then what crates.io has, compiled here; last the sources of the action itself. VERSION may be
# empty, for the newest.
set -euo pipefail
version=${1:-}
sources=${2:-}

done_with() {
  lsrc --version
  echo "installed: $1"
  exit 0
}

# An environment of its own: the runner's Python may be one that refuses packages.
python=$(command -v python3 || command -v python || true)
if [ -n "$python" ]; then
  place=${RUNNER_TEMP:-$(mktemp -d)}/lsrc
  if "$python" -m venv "$place"; then
    bin=$place/bin
    [ -d "$bin" ] || bin=$place/Scripts
    if "$bin/pip" install --quiet --only-binary :all: "lsrc${version:+==$version}"; then
      [ -z "${GITHUB_PATH:-}" ] || echo "$bin" >>"$GITHUB_PATH"
      PATH=$bin:$PATH
      done_with 'the wheel'
    fi
  fi
fi

command -v cargo >/dev/null || { echo '::error::there is no wheel of lsrc for this machine, and no cargo to compile it'; exit 1; }
[ -z "${GITHUB_PATH:-}" ] || echo "${CARGO_HOME:-$HOME/.cargo}/bin" >>"$GITHUB_PATH"
PATH=${CARGO_HOME:-$HOME/.cargo}/bin:$PATH
echo 'There is no wheel of lsrc for this machine; compiling it takes some minutes.'
cargo install lsrc --locked ${version:+--version "$version"} && done_with 'compiled from crates.io'
if [ -z "$version" ] && [ -f "$sources/Cargo.toml" ]; then
  cargo install --path "$sources" --locked
  done_with 'compiled from the sources of the action'
fi
echo "::error::lsrc $version cannot be installed"
exit 1
