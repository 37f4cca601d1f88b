#!/usr/bin/env bash
# Fuzzes each target, or those named, for so many seconds: fuzz/run.sh 120 [TARGET..]
# Needs a nightly compiler and `cargo install cargo-fuzz`. A find is left in fuzz/artifacts/.
# There is no `unsafe` in this project; SANITIZER=address looks into that of the libraries, at twice the time.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
shift || true
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(parse check condition bytecode csv json parquet arrow schema)

# The conformance cases are the seeds of the targets that read text: each file of a case becomes one.
seeds=fuzz/target/seeds
rm -rf "$seeds"
mkdir -p "$seeds"/{parse,check,condition,csv,json,schema}
for case in tests/conformance/*/*.txt; do
  name=$(basename "$(dirname "$case")")-$(basename "$case" .txt)
  awk -v seeds="$seeds" -v name="$name" '
    /^-- .* --$/ { file = $2; flat = file; gsub("/", "-", flat); next }
    file ~ /\.lsr$/   { print > (seeds "/parse/" name "-" flat) }
    file == "rules.lsr" { print > (seeds "/check/" name) }
    file == "rules.lsr" && sub(/.*(if|when) /, "") && sub(/ (then|because|otherwise) .*/, "") { print > (seeds "/condition/" name "-" NR) }
    file ~ /\.csv$/ && file != "expected.csv" { print > (seeds "/csv/" name "-" file); print > (seeds "/schema/" name "-" file) }
    file ~ /\.jsonl$/ { print > (seeds "/json/" name); print > (seeds "/schema/" name ".jsonl") }
  ' "$case"
done

for target in "${targets[@]}"; do
  printf '\n--- %s\n' "$target"
  mkdir -p "fuzz/corpus/$target"
  folders=("fuzz/corpus/$target")
  for folder in "$seeds/$target" "fuzz/seeds/$target"; do [ -d "$folder" ] && folders+=("$folder"); done
  words=()
  case $target in parse | check | condition) words=(-dict=fuzz/lsr.dict) ;; esac
  cargo +nightly fuzz run --sanitizer "${SANITIZER:-none}" "$target" "${folders[@]}" -- -max_total_time="$seconds" -timeout=20 -rss_limit_mb=3000 -max_len=16384 "${words[@]}"
done
