"""The models for DuckDB and Polars, and one run of one of them: python peers.py ENGINE TASK RULES DATA OUT

TASK is `run` (file to file), `evaluate` (all data in memory first; prints the seconds of the evaluation alone) or `events`.
"""

import os
import re
import sys
import time
from datetime import date, timedelta
from pathlib import Path

AS_OF = date(2026, 6, 30)


def lists(text):
    """The lists of a model by name."""
    found = re.findall(r"^list (\w+)\s*= \[(.*)\]$", text, re.M)
    return {name: re.findall(r'"([^"]*)"', body) for name, body in found}


LISTS = lists((Path(__file__).resolve().parent / "models" / "model40.lsr").read_text())

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


def rules40():
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


# The names of options whose form in the data is another.
FORMS_IN_DATA = {"event_visit": "event", "email_campaign": "email"}


def atom(text):
    """A condition of the generated models, in the words of `workload/models.rs`."""
    name, *operator = text.removeprefix("days since ").split(" ", 1)
    found = re.findall(r'"([^"]*)"', text) or re.findall(r"\w+", text.partition("[")[2])
    found = [FORMS_IN_DATA.get(value, value) for value in found]
    if name in ("form_submissions", "job_title", "email", "referrer_url"):
        kind = {"form_submissions": "forms", "job_title": "title", "email": "ends", "referrer_url": "contains"}[name]
        return (kind, found) if kind in ("forms", "title") else (kind, name, found)
    if "[" in text:
        return ("in", name, found)
    low, _, high = re.sub(r"^(in|>=) ", "", operator[0]).partition("..")
    if not text.startswith("days since "):
        return ("between", name, int(low), int(high)) if high else ("range", name, int(low), None)
    column = "created_day" if name == "created_at" else name
    return ("age", column, int(low), int(high) + 1 if high else None)


def rules_of(path):
    """The rules of a generated model: points and condition."""
    for condition, points in re.findall(r"^  if (.*) then ([+-]\d+)$", Path(path).read_text(), re.M):
        parts = [atom(part) for part in condition.split(" and ")]
        yield int(points), parts[0] if len(parts) == 1 else ("all", *parts)


def model(path):
    """The rules and the exclusions of a model."""
    if Path(path).stem == "model40":
        return list(rules40()), EXCLUDED
    return list(rules_of(path)), []


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
    if kind == "between":
        column, low, high = rest
        return f"({column} >= {low} and {column} <= {high})"
    if kind == "age":
        column, low, high = rest
        return f"({column} <= date '{day(low)}'" + (f" and {column} > date '{day(high)}')" if high is not None else ")")
    if kind == "true":
        return rest[0]
    if kind == "null":
        return f"{rest[0]} is null"
    return "(" + " and ".join(sql(part) for part in rest) + ")"


def select(path, source):
    """The query of a model over a table or file."""
    rules, exclusions = model(path)
    sums = " + ".join(f"case when {sql(rule)} then {points} else 0 end" for points, rule in rules)
    excluded = " or ".join(f"coalesce({sql(rule)}, false)" for rule in exclusions) or "false"
    return f"""
        select id, case when excluded then null else points end as points,
            case when excluded then null when points >= 65 then 'sql' when points >= 35 then 'mql' else 'lead' end as grade
        from (select id, {sums} as points, {excluded} as excluded from (
            select *, ';' || form_submissions || ';' as forms, lower(job_title) as title,
                cast(created_at as date) as created_day from {source}))"""


def target(out):
    if str(out).endswith(".parquet"):
        return f"'{out}' (format parquet, compression zstd)"
    return f"'{out}' (format csv, header)"


def duckdb_source(data):
    reader = {".csv": "read_csv", ".jsonl": "read_json", ".parquet": "read_parquet"}[Path(data).suffix]
    return f"{reader}('{data}')"


def duckdb_run(task, rules, data, out):
    import duckdb

    connection = duckdb.connect()
    connection.execute("set threads = 1")
    # A count a day is enough of order for a score; without it files of any size stay within memory.
    connection.execute("set preserve_insertion_order = false" if task == "events" else "set preserve_insertion_order = true")
    if task == "run":
        connection.execute(f"copy ({select(rules, duckdb_source(data))}) to {target(out)}")
    elif task == "events":
        connection.execute(f"copy ({events(data)}) to {target(out)}")
    else:
        connection.execute(f"create table contacts as select * from {duckdb_source(data)}")
        query = f"select sum(points), count(grade) from ({select(rules, 'contacts')})"
        print(min(timed(lambda: connection.execute(query).fetchall()) for _ in range(3)))


def events(data):
    """The query of events.lsr; `data` is the file of contacts, beside which the events lie."""
    beside = Path(data).with_name("events.csv")
    return f"""
        select id, points, case when points >= 40 then 'hot' when points >= 10 then 'warm' else 'cold' end as grade from (
            select c.id, least(coalesce(recent, 0), 30) + coalesce(faded, 0)
                + case when coalesce(long_views, 0) >= 2 then 10 else 0 end as points
            from (select id from {duckdb_source(data)}) c left join (
                select contact_id,
                    sum(case when age <= 90 and action in ('form_fill', 'webinar') then 5 else 0 end) as recent,
                    sum(case when action = 'demo' then cast(round(20 * pow(0.5, age // 30), 2) as decimal(18, 2)) else 0 end) as faded,
                    sum(case when age <= 30 and action = 'page_view' and seconds >= 60 then 1 else 0 end) as long_views
                from (select *, date '{AS_OF}' - cast(occurred_at as date) as age from {duckdb_source(beside)})
                group by contact_id) e on e.contact_id = c.id)"""


def timed(work):
    begun = time.process_time()
    work()
    return time.process_time() - begun


def polars_frame(pl, rules, frame):
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
        if kind == "between":
            column, low, high = rest
            return (pl.col(column) >= low) & (pl.col(column) <= high)
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

    rules, exclusions = model(rules)
    either = lambda rule, points: pl.when(expr(rule)).then(pl.lit(points, pl.Int32)).otherwise(pl.lit(0, pl.Int32))
    frame = frame.with_columns(
        forms=";" + pl.col("form_submissions") + ";",
        title=pl.col("job_title").str.to_lowercase(),
        created_day=pl.col("created_at").dt.date(),
    )
    frame = frame.select(
        "id",
        points=pl.sum_horizontal([either(rule, points) for points, rule in rules]),
        excluded=pl.any_horizontal([expr(rule).fill_null(False) for rule in exclusions]) if exclusions else pl.lit(False),
    )
    grade = pl.when(pl.col("points") >= 65).then(pl.lit("sql")).when(pl.col("points") >= 35).then(pl.lit("mql"))
    return frame.select(
        "id",
        points=pl.when(pl.col("excluded")).then(None).otherwise(pl.col("points")),
        grade=pl.when(pl.col("excluded")).then(None).otherwise(grade.otherwise(pl.lit("lead"))),
    )


def polars_run(task, rules, data, out):
    os.environ["POLARS_MAX_THREADS"] = "1"
    import polars as pl

    scan = {
        ".csv": lambda: pl.scan_csv(data, try_parse_dates=True),
        ".jsonl": lambda: pl.scan_ndjson(data).with_columns(
            pl.col("last_email_open", "last_email_click").str.to_date(), pl.col("created_at").str.to_datetime()
        ),
        ".parquet": lambda: pl.scan_parquet(data),
    }[Path(data).suffix]
    if task == "run":
        frame = polars_frame(pl, rules, scan())
        frame.sink_parquet(out, compression="zstd") if str(out).endswith(".parquet") else frame.sink_csv(out)
        return
    table = scan().collect().lazy()
    query = polars_frame(pl, rules, table).select(pl.col("points").sum(), pl.col("grade").count())
    print(min(timed(lambda: query.collect(engine="streaming")) for _ in range(3)))


if __name__ == "__main__":
    engine, task, rules, data, out = sys.argv[1:6]
    {"duckdb": duckdb_run, "polars": polars_run}[engine](task, rules, data, out)
