#!/usr/bin/env bash
# Installs the engines of run.py and build_dbt.py into Python environments under a folder, as far as they can be had here.
# What cannot be installed is told and left out; run.py then skips it.
#
#     tests/engines/install.sh FOLDER
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:?the folder for the environments}
mkdir -p "$folder"
log=$folder/install.log

try() {
  local what=$1
  shift
  "$@" >"$log" 2>&1 || printf 'not installed: %s (%s)\n' "$what" "$(tail -1 "$log")"
}

# Package by package, so that one that is missing takes no other with it.
environment() {
  local name=$1 list=$2 line
  try "Python's venv" python3 -m venv "$folder/$name"
  [ -x "$folder/$name/bin/pip" ] || return 0
  while IFS= read -r line; do
    case $line in '' | '#'*) continue ;; esac
    try "$line" "$folder/$name/bin/pip" install --quiet --disable-pip-version-check "$line"
  done <"$list"
}

root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

command -v java >/dev/null || try 'Java 17' root apt-get install -y -qq openjdk-17-jre-headless
command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || try PostgreSQL root apt-get install -y -qq postgresql
environment engines "$here/requirements.txt"
environment snowflake "$here/requirements-snowflake.txt"
environment dbt "$here/requirements-dbt.txt"
