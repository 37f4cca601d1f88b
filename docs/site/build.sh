#!/usr/bin/env bash
# Builds the documentation as a site into target/site: docs/site/build.sh [PYTHON]
# It needs Python 3.10 or newer and installs MkDocs into target/site-tools.
set -euo pipefail
cd "$(dirname "$0")/../.."
tools=target/site-tools
if [ ! -x "$tools/bin/mkdocs" ]; then
  "${1:-python3}" -m venv "$tools"
  "$tools/bin/pip" install --quiet -r docs/site/requirements.txt
fi
NO_MKDOCS_2_WARNING=1 "$tools/bin/mkdocs" build --quiet --strict --config-file docs/site/mkdocs.yml
echo "target/site/index.html"
