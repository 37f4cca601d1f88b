"""Whole runs of lsrc, DuckDB and Polars on the same contacts, in turns: python compare.py LSRC ROWS [ROUNDS] [FOLDER]"""

import csv
import os
import re
import statistics
import subprocess
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

HERE = Path(__file__).resolve().parent
AS_OF = date(2026, 6, 30)


def lists(text):
    """The lists of a model by name."""
    found = re.findall(r"^list (\w+)\s*= \[(.*)\]$", text, re.M)
    return {name: re.findall(r'"([^"]*)"', body) for name, body in found}


MODEL = (HERE / "models" / "model40.lsr").read_text()
LISTS = lists(MODEL)

# The rules of model40.lsr: points and condition. A condition is (kind, column, ...), or a tuple of conditions that must all hold.
FORMS = [
    (50, ["demo_request", "pricing_request"]), (40, ["contact_sales"]), (30, ["free_trial"]), (15, ["webinar", "event"]),
    (8, ["ebook", "whitepaper", "case_study"]), (3, ["newsletter", "blog_subscribe"]), (-20, ["support", "careers"]),
]
TITLES = [
    (15, ["vp", "vice president", "director", "head"]), (20, ["chief", "ceo", "cto", "cfo", "cmo", "founder"]), (8, ["manager"]),
    (-25, ["student", "intern", "professor"]), (10, ["marketing", "growth", "demand"]),
]
RANGES = {
    "employees": [(1, 11, -5), (11, 51, 5), (51, 201, 10), (201, 1001, 15), (1001, None, 20)],
    "annual_revenue": [(1e6, 1e7, 5), (1e7, 1e8, 10), (1e8, None, 15)],
    "visits": [(3, 6, 3), (6, 11, 6), (11, 26, 10), (26, None, 15)],
    "page_views": [(10, 20, 3), (20, 50, 6), (50, None, 10)],
    "emails_opened": [(5, 20, 3), (20, None, 5)],
    "emails_clicked": [(1, 5, 4), (5, None, 8)],
}
AGES = {
    "last_email_open": [(0, 8, 10), (8, 31, 5), (31, 91, 2), (91, 181, -5), (181, None, -10)],
    "last_email_click": [(0, 8, 15), (8, 31, 8), (31, 91, 3)],
}
IN = [
    (10, "original_source", ["referral"]), (5, "original_source", ["paid_search", "organic_search"]),
    (2, "original_source", ["paid_social", "social"]), (-3, "original_source", ["offline"]),
    (12, "industry", ["software", "saas", "fintech"]), (6, "industry", ["manufacturing", "logistics", "retail"]),
    (-8, "industry", ["education", "government", "nonprofit"]), (10, "country", LISTS["markets"]),
    (5, "country", LISTS["near_market"]), (-30, "country", LISTS["blocked"]), (20, "sales_feedback", ["accepted"]),
    (-25, "sales_feedback", ["rejected"]), (-5, "sales_feedback", ["nurture"]),
]


def rules():
    for points, forms in FORMS:
        yield points, ("forms", forms)
    for points, words in TITLES:
        yield points, ("title", words)
    yield -15, ("ends", "email", LISTS["free_mail"])
    yield -20, ("ends", "email", [".edu"])
    for column, bands in RANGES.items():
        for low, high, points in bands:
            yield points, ("range", column, low, high)
    for column, bands in AGES.items():
        for low, high, points in bands:
            yield points, ("age", column, low, high)
    for points, column, values in IN:
        yield points, ("in", column, values)
    yield 12, ("contains", "referrer_url", ["g2.com", "capterra"])
    yield 8, ("contains", "referrer_url", ["/pricing"])
    yield 4, ("contains", "referrer_url", ["utm_campaign=brand"])
    yield -30, ("true", "unsubscribed")
    yield 10, ("all", ("in", "lifecycle_stage", ["opportunity"]), ("range", "visits", 5, None))
    yield -5, ("all", ("age", "created_day", 0, 31), ("null", "form_submissions"))
    yield -5, ("all", ("null", "employees"), ("null", "annual_revenue"))


EXCLUDED = [
    ("ends", "email", LISTS["competitors"]),
    ("in", "lifecycle_stage", ["customer"]),
    ("all", ("true", "unsubscribed"), ("in", "sales_feedback", ["rejected"])),
]


def day(age):
    return AS_OF - timedelta(days=age)


def sql(rule):
    kind, *rest = rule
    any_of = lambda parts: "(" + " or ".join(parts) + ")"
    if kind == "forms":
        return any_of(f"contains(forms, ';{form};')" for form in rest[0])
    if kind == "title":
        return any_of(f"contains(title, '{word}')" for word in rest[0])
    if kind == "contains":
        return any_of(f"contains({rest[0]}, '{text}')" for text in rest[1])
    if kind == "ends":
        return any_of(f"ends_with({rest[0]}, '{text}')" for text in rest[1])
    if kind == "in":
        return f"{rest[0]} in ({', '.join(repr(v) for v in rest[1])})"
    if kind == "range":
        column, low, high = rest
        return f"({column} >= {low}" + (f" and {column} < {high})" if high is not None else ")")
    if kind == "age":
        column, low, high = rest
        return f"({column} <= date '{day(low)}'" + (f" and {column} > date '{day(high)}')" if high is not None else ")")
    if kind == "true":
        return rest[0]
    if kind == "null":
        return f"{rest[0]} is null"
    return "(" + " and ".join(sql(part) for part in rest) + ")"


def duckdb_run(data, out):
    import duckdb

    sums = " + ".join(f"case when {sql(rule)} then {points} else 0 end" for points, rule in rules())
    excluded = " or ".join(f"coalesce({sql(rule)}, false)" for rule in EXCLUDED)
    query = f"""
        select id, case when excluded then null else points end as points,
            case when excluded then null when points >= 65 then 'sql' when points >= 35 then 'mql' else 'lead' end as grade
        from (select id, {sums} as points, {excluded} as excluded from (
            select *, ';' || form_submissions || ';' as forms, lower(job_title) as title,
                cast(created_at as date) as created_day from read_csv('{data}')))"""
    connection = duckdb.connect()
    connection.execute("set threads = 1")
    connection.execute(f"copy ({query}) to '{out}' (format csv, header)")


def polars_run(data, out):
    os.environ["POLARS_MAX_THREADS"] = "1"
    import polars as pl

    def expr(rule):
        kind, *rest = rule
        if kind == "forms":
            return pl.col("forms").str.contains_any([f";{form};" for form in rest[0]])
        if kind == "title":
            return pl.col("title").str.contains_any(rest[0])
        if kind == "contains":
            return pl.col(rest[0]).str.contains_any(rest[1])
        if kind == "ends":
            return pl.any_horizontal([pl.col(rest[0]).str.ends_with(text) for text in rest[1]])
        if kind == "in":
            return pl.col(rest[0]).is_in(rest[1])
        if kind == "range":
            column, low, high = rest
            above = pl.col(column) >= low
            return above if high is None else above & (pl.col(column) < high)
        if kind == "age":
            column, low, high = rest
            above = pl.col(column) <= day(low)
            return above if high is None else above & (pl.col(column) > day(high))
        if kind == "true":
            return pl.col(rest[0])
        if kind == "null":
            return pl.col(rest[0]).is_null()
        return pl.all_horizontal([expr(part) for part in rest])

    either = lambda rule, points: pl.when(expr(rule)).then(pl.lit(points, pl.Int32)).otherwise(pl.lit(0, pl.Int32))
    frame = pl.scan_csv(data, try_parse_dates=True).with_columns(
        forms=";" + pl.col("form_submissions") + ";",
        title=pl.col("job_title").str.to_lowercase(),
        created_day=pl.col("created_at").dt.date(),
    )
    frame = frame.select(
        "id",
        points=pl.sum_horizontal([either(rule, points) for points, rule in rules()]),
        excluded=pl.any_horizontal([expr(rule).fill_null(False) for rule in EXCLUDED]),
    )
    grade = pl.when(pl.col("points") >= 65).then(pl.lit("sql")).when(pl.col("points") >= 35).then(pl.lit("mql"))
    frame = frame.select(
        "id",
        points=pl.when(pl.col("excluded")).then(None).otherwise(pl.col("points")),
        grade=pl.when(pl.col("excluded")).then(None).otherwise(grade.otherwise(pl.lit("lead"))),
    )
    frame.sink_csv(out)


def measured(command):
    """CPU seconds and peak memory in MiB of a command."""
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"failed: {' '.join(map(str, command))}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def scores(path):
    with open(path, newline="") as file:
        return {row["id"]: (row["points"], row["grade"]) for row in csv.DictReader(file)}


def main():
    lsrc, rows = sys.argv[1], int(sys.argv[2])
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(sys.argv[4]) if len(sys.argv) > 4 else Path(temporary)
        data = folder / "contacts.csv"
        if not data.exists():
            subprocess.run(["cargo", "bench", "--bench", "generate", "--", str(rows), folder], cwd=HERE.parent, check=True)
        model = HERE / "models" / "model40.lsr"
        out = {name: Path(temporary) / f"{name}.csv" for name in ("lsrc", "duckdb", "polars")}
        lsrc_run = [lsrc, "run", model, data, "--as-of", str(AS_OF), "--threads", "1", "-o", out["lsrc"]]
        commands = {"lsrc": lsrc_run}
        for name in ("duckdb", "polars"):
            commands[name] = [sys.executable, __file__, name, data, out[name]]
        figures = {name: [] for name in commands}
        for number in range(rounds):
            for name, command in commands.items():
                figures[name].append(measured(command))
            if number == 0:
                ours = scores(out["lsrc"])
                for name in ("duckdb", "polars"):
                    theirs = scores(out[name])
                    wrong = [key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key)]
                    if wrong:
                        key = wrong[0]
                        sys.exit(f"{name}: {len(wrong)} differ; {key}: {ours.get(key)} and {theirs.get(key)}")
        base = statistics.median(cpu for cpu, _ in figures["lsrc"])
        load = os.getloadavg()[0]
        print(f"{len(ours)} contacts, {data.stat().st_size / 1e6:.0f} MB, {rounds} rounds, load {load:.1f}; scores agree")
        print("| engine | CPU s | lsrc is at | peak MiB |\n| --- | --- | --- | --- |")
        for name, all_of in figures.items():
            cpu = statistics.median(cpu for cpu, _ in all_of)
            peak = statistics.median(peak for _, peak in all_of)
            print(f"| {name} | {cpu:.2f} | {base / cpu:.2f} | {peak:.0f} |")


if __name__ == "__main__":
    if sys.argv[1] == "duckdb":
        duckdb_run(sys.argv[2], sys.argv[3])
    elif sys.argv[1] == "polars":
        polars_run(sys.argv[2], sys.argv[3])
    else:
        main()
