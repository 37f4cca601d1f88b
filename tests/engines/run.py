#!/usr/bin/env python3
"""Runs the SQL of every conformance case and of two larger models on real engines, and compares every row with the reference.

    python3 tests/engines/run.py [ENGINE..] [--venvs FOLDER] [--cases FILE] [--only TEXT]

Without ENGINE all of them: duckdb datafusion postgres bigquery spark spark-cluster snowflake. Nothing is installed: an engine that is
missing or cannot be started is skipped, and the table says what it lacks. FOLDER may hold Python environments, `FOLDER/snowflake` for one engine and
`FOLDER/engines` for all others; without them this Python is used. Leaves with 1 when a row differs or a query fails, and with 2 when
nothing could run.
"""

import argparse
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ENGINES = ["duckdb", "datafusion", "postgres", "bigquery", "spark", "spark-cluster", "snowflake"]


def work(engine, cases, only, keep):
    """Runs the cases on one engine, in a process of its own, and keeps what came of it after every query, so that an end by force loses no more than one."""
    name, _, cluster = engine.partition("-")
    module = importlib.import_module(f"on_{name}")
    started = time.time()
    try:
        runner = module.Engine(cluster=True) if cluster else module.Engine()
    except (ImportError, FileNotFoundError, subprocess.CalledProcessError) as error:
        return keep({"missing": f"{module.NEEDS} ({error})"})
    out = {"engine": runner.version, "cases": 0, "rows": 0, "differences": 0, "refused": {}, "failed": 0, "lacking": 0, "seconds": 0}
    try:
        for case in cases:
            if cluster and not case["large"]:
                continue
            for query in case["queries"]:
                if not only or only in query["name"]:
                    tables, query = cut(case["tables"], query, getattr(module, "MOST_KEYS", None))
                    one(engine, runner, tables, query, name, out)
                    out["seconds"] = time.time() - started
                    keep(out)
    finally:
        runner.close()


def cut(tables, query, most):
    """The records of so many keys, and what is expected of them, for an engine that takes too long over all."""
    from values import text

    records, expected = tables[0], query["expected"]
    if not most or len(records["rows"]) <= most:
        return tables, query
    keys = {row[0] for row in expected}
    column = next(at for at in range(len(records["columns"])) if {text(row[at]) for row in records["rows"]} == keys)
    kept = set(sorted(keys)[:most])
    records = {**records, "rows": [row for row in records["rows"] if text(row[column]) in kept]}
    return [records, *tables[1:]], {**query, "expected": [row for row in expected if row[0] in kept]}


def one(engine, runner, tables, query, dialect, out):
    """Runs one query and counts what came of it."""
    from values import Lacking, differences, text

    name, sql = query["name"], query["dialects"][dialect]
    if "refused" in sql:
        out["refused"].setdefault(sql["refused"], []).append(name)
        return
    try:
        found = sorted([text(value) for value in row] for row in runner.run(tables, sql["sql"]))
    except Lacking:
        out["lacking"] += 1
        return
    except Exception as error:
        out["failed"] += 1
        print(f"{engine}: {name}: {type(error).__name__}: {str(error)[:600]}", flush=True)
        return
    out["cases"] += 1
    out["rows"] += len(found)
    wrong = differences(query["expected"], found)
    out["differences"] += len(wrong) + abs(len(query["expected"]) - len(found))
    if len(query["expected"]) != len(found):
        print(f"{engine}: {name}: {len(query['expected'])} rows expected, {len(found)} found", flush=True)
    for a, b in wrong[:2]:
        print(f"{engine}: {name}\n  expected {a}\n  found    {b}", flush=True)


def python_of(engine, venvs):
    own = "snowflake" if engine == "snowflake" else "engines"
    # Each engine runs from this script's folder, so the path must not hang on the caller's.
    path = os.path.abspath(os.path.join(venvs or "", own, "bin", "python"))
    return path if venvs and os.path.exists(path) else sys.executable


def exported(folder):
    """Has the tests write the cases."""
    path = os.path.join(folder, "cases.json")
    command = ["cargo", "test", "--locked", "--quiet", "--test", "suite", "sql::export"]
    subprocess.run(command, env={**os.environ, "LSRC_ENGINES": path}, cwd=os.path.join(HERE, "../.."), check=True, stdout=sys.stderr)
    return path


def table(results):
    """The table of engines."""
    print(f"\n{'engine':34}{'cases':>7}{'rows':>8}{'differences':>13}{'failed':>8}{'refused':>9}{'seconds':>9}")
    for name, result in results.items():
        if "missing" in result:
            print(f"{name:34}  skipped: needs {result['missing']}")
            continue
        numbers = [result["cases"], result["rows"], result["differences"], result["failed"], sum(map(len, result["refused"].values()))]
        print(f"{result['engine']:34}" + "".join(f"{n:>{w}}" for n, w in zip(numbers, (7, 8, 13, 8, 9))) + f"{result['seconds']:>9.0f}")
    for name, result in results.items():
        if result.get("lacking"):
            print(f"{name} lacks what {result['lacking']} queries use")
        for construct, cases in sorted(result.get("refused", {}).items()):
            print(f"{name} refuses {construct} ({len(cases)})")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("engines", nargs="*", metavar="ENGINE", help=", ".join(ENGINES))
    parser.add_argument("--venvs", help="a folder of Python environments")
    parser.add_argument("--cases", help="cases that `LSRC_ENGINES=FILE cargo test --test suite sql::export` has written")
    parser.add_argument("--only", help="only cases whose name holds this")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    args = parser.parse_args()
    unknown = [name for name in args.engines if name not in ENGINES]
    if unknown:
        parser.error(f"no engine {', '.join(unknown)}; there are {', '.join(ENGINES)}")
    if args.worker:
        # A worker that is told to end still stops what it has started.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        with open(args.cases) as file:
            cases = json.load(file)

        def keep(result):
            with open(args.worker + ".new", "w") as file:
                json.dump(result, file)
            os.replace(args.worker + ".new", args.worker)

        work(args.engines[0], cases, args.only, keep)
        return
    with tempfile.TemporaryDirectory() as folder:
        cases = os.path.abspath(args.cases) if args.cases else exported(folder)
        results = {}
        for engine in args.engines or ENGINES:
            path = os.path.join(folder, f"{engine}.json")
            command = [python_of(engine, args.venvs), os.path.abspath(__file__), engine, "--cases", cases, "--worker", path]
            command += ["--only", args.only] if args.only else []
            print(f"{engine} ..", file=sys.stderr, flush=True)
            done = subprocess.run(command, cwd=HERE)
            result = {"engine": engine, "cases": 0, "rows": 0, "differences": 0, "refused": {}, "failed": 0, "seconds": 0}
            if os.path.exists(path):
                with open(path) as file:
                    result = json.load(file)
            if done.returncode != 0:
                print(f"{engine}: ended with {done.returncode} before its last query", flush=True)
                result["failed"] += 1
            results[engine] = result
        table(results)
    ran = [result for result in results.values() if "missing" not in result]
    if not any(result["cases"] for result in ran):
        sys.exit(2)
    sys.exit(1 if any(result["differences"] or result["failed"] for result in ran) else 0)


if __name__ == "__main__":
    main()
