"""lsrc, DuckDB and Polars on the same files, in turns, held against the goals: python compare.py LSRC ROWS [ROUNDS] [FOLDER] [TASK ..]

One thread each. First all scores are held against each other; where they differ, nothing is measured.
"""

import csv
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
AS_OF = "2026-06-30"


class Figure:
    """CPU seconds, wall seconds and peak MiB of one command."""

    def __init__(self, command, prints):
        begun = time.monotonic()
        output = subprocess.PIPE if prints else subprocess.DEVNULL
        process = subprocess.Popen(list(map(str, command)), stdout=output, stderr=subprocess.DEVNULL)
        text = process.stdout.read() if prints else b""
        _, status, usage = os.wait4(process.pid, 0)
        if status != 0:
            sys.exit(f"failed: {' '.join(map(str, command))}")
        self.wall = time.monotonic() - begun
        # A stage that measures itself prints its seconds.
        self.cpu = float(text) if prints else usage.ru_utime + usage.ru_stime
        self.peak = usage.ru_maxrss / 1024


def stages():
    """The program that measures single stages."""
    build = ["cargo", "bench", "--bench", "stages", "--no-run", "--message-format=json"]
    lines = subprocess.run(build, cwd=HERE.parent, check=True, stdout=subprocess.PIPE).stdout.splitlines()
    made = (json.loads(line) for line in lines)
    return next(one["executable"] for one in made if one.get("executable") and one["target"]["name"] == "stages")


def prepare(folder, rows):
    """Writes the workload, unless it is there."""
    if not (folder / "events.csv").exists():
        subprocess.run(["cargo", "bench", "--bench", "generate", "--", str(rows), folder], cwd=HERE.parent, check=True)
    parquet = folder / "contacts.parquet"
    if not parquet.exists():
        import duckdb

        copy = f"copy (from read_csv('{folder}/contacts.csv')) to '{parquet}' (format parquet, compression zstd, row_group_size 262144)"
        duckdb.execute(copy)
    with open(folder / "contacts.jsonl") as many, open(folder / "one.jsonl", "w") as one:
        one.write(many.readline())


class Workload:
    """The commands: by task, by engine."""

    def __init__(self, lsrc, folder, out):
        self.lsrc, self.folder, self.out = lsrc, folder, out
        self.stages = stages()

    def run(self, task, model, data, ending, *more, threads=1):
        rules, data = self.folder / f"{model}.lsr", self.folder / data
        options = ["--as-of", AS_OF, "--threads", threads, "-o", self.out / f"{task}-lsrc.{ending}", *more]
        return [self.lsrc, "run", rules, data, *options]

    def peers(self, task, what, model, data, ending, engines=("duckdb", "polars")):
        places = [self.folder / f"{model}.lsr", self.folder / data]
        return {e: [sys.executable, HERE / "peers.py", e, what, *places, self.out / f"{task}-{e}.{ending}"] for e in engines}

    def stage(self, stage, model, data):
        return [self.stages, stage, self.folder / f"{model}.lsr", self.folder / data]

    def tasks(self):
        files = {
            "csv": ("model40", "contacts.csv", "csv"), "csv, 400 rules": ("model400", "contacts.csv", "csv"),
            "parquet": ("model40", "contacts.parquet", "parquet"), "jsonl": ("model40", "contacts.jsonl", "csv"),
        }
        for task, (model, data, ending) in files.items():
            yield task, False, {"lsrc": self.run(task, model, data, ending)} | self.peers(task, "run", model, data, ending)
            yield f"{task}: decoding", True, {"lsrc": self.stage("decode", model, data)}
        for model in ("model40", "model400"):
            task = f"evaluation, {model}"
            yield task, True, {"lsrc": self.stage("evaluate", model, "contacts.parquet")} | self.peers(
                task, "evaluate", model, "contacts.parquet", "none")
        for stage in ("record", "reasons"):
            yield stage, True, {"lsrc": self.stage(stage, "model40", "one.jsonl")}
        yield "csv --explain", False, {"lsrc": self.run("explain", "model40", "contacts.csv", "csv", "--explain")}
        yield "csv, two threads", False, {"lsrc": self.run("threads", "model40", "contacts.csv", "csv", threads=2)}
        separate = ["--events", f"activity={self.folder / 'events.csv'}"]
        yield "events", False, {"lsrc": self.run("events", "events", "contacts.csv", "csv", *separate)} | self.peers(
            "events", "events", "events", "contacts.csv", "csv", ["duckdb"])
        yield "start", False, {"lsrc": self.run("start", "model400", "one.jsonl", "csv")}


def scores(path):
    """Points and grade by key."""
    if path.suffix == ".parquet":
        import duckdb

        rows = duckdb.sql(f"select * from read_parquet('{path}')")
        at = [rows.columns.index(name) for name in ("id", rows.columns[1], "grade")]
        return {row[at[0]]: (None if row[at[1]] is None else float(row[at[1]]), row[at[2]]) for row in rows.fetchall()}
    with open(path, newline="") as file:
        rows = csv.DictReader(file)
        points = rows.fieldnames[1]
        number = lambda text: None if text == "" else float(text)
        return {int(row["id"]): (number(row[points]), row["grade"] or None) for row in rows}


def agree(task, commands):
    """Holds the outputs of all engines against each other."""
    outputs = {name: Path(command[-1] if name != "lsrc" else command[command.index("-o") + 1]) for name, command in commands.items()}
    ours = scores(outputs["lsrc"])
    for name in outputs:
        theirs = scores(outputs[name])
        wrong = [key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key)]
        if wrong:
            key = wrong[0]
            sys.exit(f"{task}: {name}: {len(wrong)} differ; {key}: {ours.get(key)} and {theirs.get(key)}")
    print(f"{task}: {len(ours)} contacts, {' and '.join(outputs)} agree", file=sys.stderr)


def apart(work, *arguments):
    """Works in a process of its own: what is started later counts the memory of this one as its peak."""
    process = multiprocessing.get_context("fork").Process(target=work, args=arguments)
    process.start()
    process.join()
    if process.exitcode:
        sys.exit(process.exitcode)


# What docs/dev/performance.md promises: the words, the ratio, and the most (or, where it says `at least`, the least) that it may be.
GOALS = [
    ("CSV to CSV, of the better of DuckDB and Polars", "csv", lambda f: f("csv") / min(f("csv", "duckdb"), f("csv", "polars")), 0.20),
    ("Parquet to Parquet, of DuckDB", "parquet", lambda f: f("parquet") / f("parquet", "duckdb"), 0.40),
    ("JSON Lines to CSV, of DuckDB", "jsonl", lambda f: f("jsonl") / f("jsonl", "duckdb"), 0.35),
    ("whole run over own decoding, CSV", "csv", lambda f: f("csv") / f("csv: decoding"), 1.5),
    ("whole run over own decoding, CSV, 400 rules", "csv, 400 rules",
     lambda f: f("csv, 400 rules") / f("csv, 400 rules: decoding"), 2.0),
    ("whole run over own decoding, Parquet", "parquet", lambda f: f("parquet") / f("parquet: decoding"), 2.1),
    ("whole run over own decoding, JSON Lines", "jsonl", lambda f: f("jsonl") / f("jsonl: decoding"), 1.2),
    ("evaluation of the best peer, model40 (1/10)", "evaluation, model40",
     lambda f: f("evaluation, model40") / min(f("evaluation, model40", e) for e in ("duckdb", "polars")), 0.10),
    ("evaluation of the best peer, model400 (1/12)", "evaluation, model400",
     lambda f: f("evaluation, model400") / min(f("evaluation, model400", e) for e in ("duckdb", "polars")), 1 / 12),
    ("--explain over the whole run", "csv --explain", lambda f: f("csv --explain") / f("csv"), 1.3),
    ("two threads, wall of one over wall of two, at least", "csv, two threads", lambda f: f.wall("csv") / f.wall("csv, two threads"), 1.8),
    ("events, of DuckDB", "events", lambda f: f("events") / f("events", "duckdb"), 0.5),
    ("start with 400 rules and one record, CPU ms", "start", lambda f: f("start") * 1000, 8),
    ("one record, microseconds", "record", lambda f: f("record") * 1e6, 2),
    ("one record with its reasons, microseconds", "reasons", lambda f: f("reasons") * 1e6, 5),
    ("peak of CSV, MiB", "csv", lambda f: f.peak("csv"), 32),
    ("peak of JSON Lines, MiB", "jsonl", lambda f: f.peak("jsonl"), 32),
    ("peak of Parquet, MiB", "parquet", lambda f: f.peak("parquet"), 96),
]


class Figures:
    """Medians by task and engine."""

    def __init__(self):
        self.all = {}

    def add(self, task, engine, figure):
        self.all.setdefault((task, engine), []).append(figure)

    def median(self, task, engine, what):
        return statistics.median(getattr(figure, what) for figure in self.all[task, engine])

    def __call__(self, task, engine="lsrc"):
        return self.median(task, engine, "cpu")

    def wall(self, task):
        return self.median(task, "lsrc", "wall")

    def peak(self, task):
        return self.median(task, "lsrc", "peak")


def main():
    lsrc, rows = Path(sys.argv[1]).resolve(), int(sys.argv[2])
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(sys.argv[4]).resolve() if len(sys.argv) > 4 else Path(temporary)
        asked = sys.argv[5:]
        prepare(folder, rows)
        tasks = [task for task in Workload(lsrc, folder, Path(temporary)).tasks() if not asked or any(task[0].startswith(a) for a in asked)]
        figures = Figures()
        for number in range(rounds):
            for task, prints, commands in tasks:
                for engine, command in commands.items():
                    figures.add(task, engine, Figure(command, prints))
                if number == 0 and len(commands) > 1 and not prints:
                    apart(agree, task, commands)
        report(figures, rows, rounds)


def report(figures, rows, rounds):
    print(f"{rows} contacts, {rounds} rounds, medians, load {os.getloadavg()[0]:.1f}\n")
    # 16 bytes a key for finding keys that occur twice stand beside the goals for memory.
    keys = rows * 16 / 2**20
    print("| task | engine | CPU s | wall s | peak MiB |\n| --- | --- | --- | --- | --- |")
    for task, engine in figures.all:
        line = [figures.median(task, engine, what) for what in ("cpu", "wall", "peak")]
        print(f"| {task} | {engine} | {line[0]:.3f} | {line[1]:.2f} | {line[2]:.0f} |")
    print("\n| what | goal | seen |\n| --- | --- | --- |")
    for words, task, ratio, goal in GOALS:
        goal += keys if words.startswith("peak") else 0
        if any(known == task for known, _ in figures.all):
            try:
                print(f"| {words} | {goal:.3g} | {ratio(figures):.3g} |")
            except KeyError as lacking:
                print(f"| {words} | {goal:.3g} | not measured without {lacking} |")


if __name__ == "__main__":
    main()
