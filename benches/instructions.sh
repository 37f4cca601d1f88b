#!/usr/bin/env bash
# Counts the instructions of three runs and holds them against benches/instructions.txt: a regression shows on any machine, however busy.
# With `accept` the counts of today become the budget.
set -euo pipefail
cd "$(dirname "$0")/.."
budget=benches/instructions.txt
# More than so many percent above the budget is a failure; as far below it, the budget is out of date.
slack=3
contacts=10000

if [ "$(uname -sm)" != 'Linux x86_64' ] || ! grep -q avx2 /proc/cpuinfo; then
  echo 'instructions are counted on x86-64 Linux with AVX2 only: skipped'
  exit 0
fi
if ! command -v valgrind >/dev/null; then
  { sudo -n apt-get update -qq && sudo -n apt-get install -y -qq valgrind; } >/dev/null 2>&1 || true
fi
if ! command -v valgrind >/dev/null; then
  echo 'valgrind is not there and cannot be installed: skipped'
  exit 0
fi

cargo build --release --locked
# What writes the workload is no part of what is counted, so it is built as the tests are.
cargo bench --profile dev --locked --bench generate -- "$contacts" target/workload
work=target/workload
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# count NAME COMMAND..: the instructions of a command.
count() {
  local name=$1
  shift
  # The environment of a process lies on its stack, so it is the same everywhere.
  env -i PATH="$PATH" TZ=UTC valgrind --tool=callgrind --callgrind-out-file="$out/callgrind" "$@" >"$out/output" 2>"$out/error" || {
    cat "$out/error"
    exit 1
  }
  printf '%s %s\n' "$name" "$(sed -n 's/^totals: //p' "$out/callgrind")"
}

lsrc=target/release/lsrc
run=("--as-of" 2026-06-30 "--threads" 1 -o "$out/scores.csv")
{
  count csv "$lsrc" run "$work/model40.lsr" "$work/contacts.csv" "${run[@]}"
  count jsonl-400-rules-explained "$lsrc" run "$work/model400.lsr" "$work/contacts.jsonl" "${run[@]}" --explain
  count check-400-rules "$lsrc" check "$work/model400.lsr"
} >"$out/counts"

if [ "${1:-}" = accept ]; then
  cp "$out/counts" "$budget"
  cat "$budget"
  exit 0
fi
join "$budget" "$out/counts" | awk -v slack="$slack" '
  {
    percent = ($3 / $2 - 1) * 100
    printf "%-28s %14d of %14d  %+.1f %%\n", $1, $3, $2, percent
    if (percent > slack) over = 1
    if (percent < -slack) under = 1
  }
  END {
    if (NR != 3) { print "benches/instructions.txt has not the three runs: accept new counts"; exit 1 }
    if (over) { print "more instructions than the budget: mend it, or accept them with benches/instructions.sh accept, and say why in the commit"; exit 1 }
    if (under) print "fewer instructions than the budget: keep the gain with benches/instructions.sh accept"
  }'
