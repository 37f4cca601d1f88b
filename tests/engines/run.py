"""Runs the SQL of every conformance case on real engines and compares it with the oracle, row for row.

    LSRC_ENGINES=/tmp/cases.json cargo test --test suite sql::export
    python tests/engines/run.py /tmp/cases.json [postgres connection string]

Needs the packages duckdb, datafusion and pyarrow, and psycopg for PostgreSQL.
"""

import datetime as dt
import decimal
import json
import sys

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)


def typed(value, kind):
    if value is None:
        return None
    if kind == "date":
        return EPOCH.date() + dt.timedelta(days=value)
    if kind == "datetime":
        return EPOCH + dt.timedelta(microseconds=value)
    return float(value) if kind == "number" else value


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def text(value):
    if value is None:
        return ""
    if isinstance(value, (decimal.Decimal, float)):
        shown = f"{decimal.Decimal(str(value)):f}"
        return shown.rstrip("0").rstrip(".") if "." in shown else shown
    return str(value)


TYPES = {"integer": "BIGINT", "number": "DOUBLE PRECISION", "boolean": "BOOLEAN", "date": "DATE", "datetime": "TIMESTAMPTZ"}


def create(table, array):
    columns = [f"{quoted(name)} {array if kind == 'array' else TYPES.get(kind, 'VARCHAR')}" for name, kind in table["columns"]]
    return f"CREATE TABLE {quoted(table['name'])} ({', '.join(columns)})"


def rows(table):
    kinds = [kind for _, kind in table["columns"]]
    return [[typed(value, kind) for value, kind in zip(row, kinds)] for row in table["rows"]]


def duckdb(case, sql):
    import duckdb as engine

    connection = engine.connect()
    for table in case["tables"]:
        connection.execute(create(table, "VARCHAR[]"))
        marks = ", ".join("?" * len(table["columns"]))
        for row in rows(table):
            connection.execute(f"INSERT INTO {quoted(table['name'])} VALUES ({marks})", row)
    return connection.execute(sql).fetchall()


def postgres(case, sql):
    import psycopg

    with psycopg.connect(sys.argv[2]) as connection:
        for table in case["tables"]:
            connection.execute(create(table, "VARCHAR[]").replace("CREATE TABLE", "CREATE TEMPORARY TABLE"))
            marks = ", ".join(["%s"] * len(table["columns"]))
            for row in rows(table):
                connection.execute(f"INSERT INTO {quoted(table['name'])} VALUES ({marks})", row)
        found = connection.execute(sql.rstrip().rstrip(";")).fetchall()
        connection.rollback()
        return found


def datafusion(case, sql):
    import datafusion as engine
    import pyarrow as pa

    kinds = {"integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_(), "date": pa.date32(), "datetime": pa.timestamp("us", "UTC"), "array": pa.list_(pa.string())}
    context = engine.SessionContext()
    for table in case["tables"]:
        schema = pa.schema([(name, kinds.get(kind, pa.string())) for name, kind in table["columns"]])
        columns = list(zip(*rows(table))) or [[] for _ in schema]
        arrays = [pa.array(column, field.type) for column, field in zip(columns, schema)]
        context.register_record_batches(table["name"], [[pa.RecordBatch.from_arrays(arrays, schema=schema)]])
    out = pa.Table.from_batches(context.sql(sql).collect() or [])
    return [tuple(row.values()) for row in out.to_pylist()] if out.num_rows else []


def main():
    cases = json.load(open(sys.argv[1]))
    engines = {"duckdb": duckdb, "datafusion": datafusion}
    if len(sys.argv) > 2:
        engines["postgres"] = postgres
    bad = 0
    table = []
    for name, run in engines.items():
        ran = compared = refused = different = failed = 0
        for case in cases:
            query = case["dialects"][name]
            if "refused" in query:
                refused += 1
                continue
            try:
                found = sorted([text(value) for value in row] for row in run(case, query["sql"]))
            except Exception as error:
                failed += 1
                print(f"{name}: {case['name']}: {str(error)[:300]}")
                continue
            ran += 1
            compared += len(found)
            wrong = [pair for pair in zip(case["expected"], found) if any(a not in (b, "(its words)") for a, b in zip(*pair))]
            different += len(wrong) + abs(len(case["expected"]) - len(found))
            for a, b in wrong[:2]:
                print(f"{name}: {case['name']}\n  expected {a}\n  found    {b}")
        bad += different + failed
        table.append((name, ran, compared, different, failed, refused))
    print(f"{'engine':12}{'cases':>8}{'rows':>8}{'differences':>13}{'failed':>8}{'refused':>9}")
    for name, *numbers in table:
        print(f"{name:12}" + "".join(f"{n:>{w}}" for n, w in zip(numbers, (8, 8, 13, 8, 9))))
    sys.exit(1 if bad else 0)


main()
