#!/usr/bin/env bash
# Draws the pictures of the documents from the examples: docs/pictures/make.sh [PATH OF lsrc]
# It needs Chromium. Pictures are light, at twice the size of a screen's pixels.
set -euo pipefail
here=$(realpath "$(dirname "$0")")
lsrc=$(realpath "${1:-$here/../../target/release/lsrc}")
examples=$(realpath "$here/../../examples")
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
[ -n "$browser" ] || { echo 'Chromium is missing: apt-get install chromium'; exit 3; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# picture NAME PAGE WIDTH HEIGHT
picture() {
  "$browser" --headless --no-sandbox --disable-gpu --hide-scrollbars --force-device-scale-factor=2 --window-size="$3,$4" \
    --blink-settings=preferredColorScheme=1 --virtual-time-budget=5000 --screenshot="$work/$1.png" "file://$2" 2>/dev/null
  mv "$work/$1.png" "$here/$1.png"
  echo "$1.png: $(($(stat -c %s "$here/$1.png") / 1024)) KB"
}

# terminal NAME WIDTH HEIGHT COMMAND..: what a command prints, with its colours, as a page
terminal() {
  local name=$1 width=$2 height=$3
  shift 3
  {
    printf '<!doctype html><meta charset="utf-8"><style>body{margin:0;padding:18px 22px;background:#fbfbf9;color:#24292f}'
    printf 'pre{margin:0;font:14px/1.45 "DejaVu Sans Mono",monospace}b{font-weight:600}.c31,.c9,.c1{color:#b3261e}.c32{color:#1a7f37}.c33{color:#8a5a00}'
    printf '.c34{color:#0b57a4}.c35{color:#7b2d8b}.c36{color:#0b6e79}.c2{color:#6b7280}</style><pre><span class="c2">$ %s</span>\n' "lsrc ${*:2}"
    { COLUMNS=110 CLICOLOR_FORCE=1 "$@" --color always 2>/dev/null || true; } | sed -E '
      s/&/\&amp;/g; s/</\&lt;/g
      s/\x1b\[0?m/<\/b><\/span>/g
      s/\x1b\[[0-9;]*1;?3?8?;?5?;?([0-9]*)m/<span class="c\1"><b>/g
      s/\x1b\[([0-9]+;)*(3[0-9])m/<span class="c\2"><b style="font-weight:400">/g
      s/\x1b\[9([0-9])m/<span class="c3\1"><b style="font-weight:400">/g
      s/\x1b\[[0-9;]*m//g'
    printf '</pre>'
  } >"$work/$name.html"
  picture "$name" "$work/$name.html" "$width" "$height"
}

cd "$examples/b2b-saas"
"$lsrc" run score.lsr contacts.csv --as-of 2026-03-02 --report "$work/report.html" -o "$work/scores.csv" -q
picture report "$work/report.html" 1180 1240
"$lsrc" diff score.lsr --set-new sql_at=45 contacts.csv --as-of 2026-03-02 --format html="$work/diff.html" -q >/dev/null
picture diff "$work/diff.html" 1180 1100
cd "$here"
terminal check 940 470 "$lsrc" check mistakes.lsr
cd "$examples/b2b-saas"
terminal why 980 748 "$lsrc" why score.lsr contacts.csv 40120206 --as-of 2026-03-02
