"""Measures what docs/dev/releasing.md says of the wheel: a data frame beside `lsrc run` on the same records as Parquet.

    measure.py [ROWS] [THREADS]        200,000 rows and all threads by default
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars

import lsrc

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
THREADS = int(sys.argv[2]) if len(sys.argv) > 2 else None
SAAS = Path(__file__).resolve().parents[2] / "examples" / "b2b-saas"
AS_OF = "2026-03-02"


def best(times, work):
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begin)
    return min(taken)


contacts = polars.read_csv(SAAS / "contacts.csv", infer_schema=False)
frame = polars.concat([contacts] * (ROWS // len(contacts) + 1)).head(ROWS)
frame = frame.with_columns(
    polars.int_range(1, ROWS + 1).alias("Record ID"),
    polars.col("Number of Sessions", "Marketing emails clicked").cast(polars.Int64, strict=False),
)
rules = lsrc.Rules.load(SAAS / "score.lsr")

with tempfile.TemporaryDirectory() as folder:
    parquet, out = Path(folder) / "contacts.parquet", Path(folder) / "scores.parquet"
    frame.write_parquet(parquet)
    threads = ["--threads", str(THREADS)] if THREADS else []
    command = [sys.executable, "-m", "lsrc", "run", SAAS / "score.lsr", parquet, "--as-of", AS_OF, "-o", out, "-q", *threads]
    ran = best(3, lambda: subprocess.run(command, check=True))
    scored = best(3, lambda: rules.score(frame, as_of=AS_OF, threads=THREADS))
    pandas = frame.to_pandas()
    of_pandas = best(3, lambda: rules.score(pandas, as_of=AS_OF, threads=THREADS))
    assert rules.score(frame, as_of=AS_OF).to_polars()["lead"].equals(polars.read_parquet(out)["lead"])

record = contacts.to_dicts()[5]
times = 2000
single = best(3, lambda: [rules.score_record(record, as_of=AS_OF) for _ in range(times)]) / times

print(f"{ROWS:,} rows, least of 3 runs")
print(f"lsrc run, Parquet to Parquet:  {ran:.2f} s")
print(f"Rules.score, polars:           {scored:.2f} s, {scored / ran:.2f} times")
print(f"Rules.score, pandas:           {of_pandas:.2f} s, {of_pandas / ran:.2f} times")
print(f"Rules.score_record:            {single * 1e6:.0f} us a record")
