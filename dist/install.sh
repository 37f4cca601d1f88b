#!/bin/sh
# Installs the command lsrc from an archive of its releases.
#
#   curl -fsSL https://github.com/lsrc/lsrc/releases/latest/download/install.sh | sh
#
#   LSRC_VERSION=0.1.0           another version than the newest
#   LSRC_INSTALL=$HOME/.local    where; the command goes to bin/ there
#   LSRC_RELEASES=URL            where archives and SHA256SUMS are
set -eu

fail() {
  printf 'lsrc: %s\n' "$1" >&2
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

fetch() {
  if have curl; then
    curl -fsSL --retry 3 --proto '=https,file' "$1" -o "$2"
  elif have wget; then
    wget -q "$1" -O "$2"
  else
    fail 'curl or wget is needed'
  fi
}

main() {
  releases=${LSRC_RELEASES:-https://github.com/lsrc/lsrc/releases}
  place=${LSRC_INSTALL:-$HOME/.local}
  case $(uname -m) in
    x86_64 | amd64) machine=x86_64 ;;
    aarch64 | arm64) machine=aarch64 ;;
    *) fail "there is no archive for $(uname -m): cargo install lsrc --locked" ;;
  esac
  case $(uname -s) in
    Linux) target=$machine-unknown-linux-gnu ;;
    Darwin) target=$machine-apple-darwin ;;
    *) fail "there is no archive for $(uname -s): pip install lsrc" ;;
  esac
  if [ -n "${LSRC_VERSION:-}" ]; then
    from=$releases/download/v$LSRC_VERSION
  else
    from=$releases/latest/download
  fi

  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  fetch "$from/SHA256SUMS" "$work/SHA256SUMS" || fail "$from/SHA256SUMS cannot be read"
  line=$(grep -E "  lsrc-[0-9][^ ]*-$target\.tar\.gz\$" "$work/SHA256SUMS" | head -n 1)
  [ -n "$line" ] || fail "this release has no archive for $target"
  archive=${line##* }
  fetch "$from/$archive" "$work/$archive" || fail "$from/$archive cannot be read"
  (
    cd "$work"
    printf '%s\n' "$line" >sum
    if have sha256sum; then sha256sum -c sum >/dev/null; else shasum -a 256 -c sum >/dev/null; fi
  ) || fail "$archive is not what SHA256SUMS says; nothing is installed"
  tar -xzf "$work/$archive" -C "$work"
  folder=$work/${archive%.tar.gz}
  "$folder/lsrc" --version >/dev/null 2>&1 || fail "the command of $archive does not run here: cargo install lsrc --locked"

  mkdir -p "$place/bin" "$place/share/man/man1"
  # Beside its place, then renamed: a command that runs is not written over.
  cp "$folder/lsrc" "$place/bin/.lsrc-new"
  chmod 755 "$place/bin/.lsrc-new"
  mv -f "$place/bin/.lsrc-new" "$place/bin/lsrc"
  cp "$folder"/man/*.1 "$place/share/man/man1/"
  printf '%s is in %s\n' "$("$place/bin/lsrc" --version)" "$place/bin"
  case :$PATH: in
    *":$place/bin:"*) ;;
    *) printf "add it to PATH: export PATH=\"%s/bin:\$PATH\"\n" "$place" ;;
  esac
}

# All of it has been read before anything is done.
main
