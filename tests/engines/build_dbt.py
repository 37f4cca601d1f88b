#!/usr/bin/env python3
"""Builds dbt projects from two examples with dbt and DuckDB, and compares their tables with `lsrc run`.

    FOLDER/dbt/bin/python tests/engines/build_dbt.py LSRC

LSRC is the program. Needs dbt-core and dbt-duckdb; without them it says so and leaves with 2.
"""

import csv
import os
import subprocess
import sys
import tempfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
PRODUCT_LED = {
    "name": "product-led",
    "records": "accounts",
    "events": {"action": "actions"},
    "rollups": [],
    "as_of": "2026-04-20",
    "renamed": {"clearbit_employees": "employees", "onboarding_role": "role", "stage": "account_stage", "event": "name", "user_id": "member", "quantity": "amount", "occurred_at": "at"},
    "types": {"signed_up_at": "TIMESTAMPTZ", "at": "TIMESTAMPTZ", "trial_ends": "DATE", "seats": "BIGINT", "employees": "BIGINT", "amount": "DOUBLE", "opted_out": "BOOLEAN"},
}
ACCOUNTS = {
    "name": "accounts",
    "records": "contacts",
    "events": {},
    "rollups": ["account"],
    "as_of": "2026-05-04",
    "renamed": {"Record ID": "id", "Email": "email", "Company Domain Name": "company_domain", "Role": "role", "Company Size": "employees", "Visits": "visits", "Demo Requested": "demo", "Left Company": "left"},
    "types": {"id": "BIGINT", "employees": "BIGINT", "visits": "BIGINT", "demo": "BOOLEAN", "left": "BOOLEAN"},
}


def main():
    lsrc = os.path.abspath(sys.argv[1])
    try:
        import duckdb
        from dbt.adapters import duckdb as _  # noqa: F401
        from dbt.cli.main import dbtRunner
    except ImportError as error:
        print(f"skipped: needs the Python packages dbt-core and dbt-duckdb ({error})")
        sys.exit(2)
    results = [build(lsrc, duckdb, dbtRunner, it) for it in (PRODUCT_LED, ACCOUNTS)]
    sys.exit(0 if all(results) else 1)


def build(lsrc, duckdb, runner, it):
    """Whether the project builds, its tests pass, and its tables are what `lsrc run` gives."""
    example = os.path.join(ROOT, "examples", it["name"])
    with tempfile.TemporaryDirectory() as folder:
        write = lambda name, text: open(os.path.join(folder, name), "w").write(text)  # noqa: E731
        write("dbt_project.yml", "name: scoring\nversion: '1.0.0'\nprofile: scoring\nmodel-paths: [models]\n")
        database = os.path.join(folder, "warehouse.duckdb")
        write("profiles.yml", f"scoring:\n  target: dev\n  outputs:\n    dev: {{type: duckdb, path: {database}, schema: main}}\n")
        command = [lsrc, "sql", "tests.lsr", "--dialect", "duckdb", "--table", f"raw.{it['records']}"]
        command += [part for event in it["events"] for part in ("--events", f"{event}=raw.{it['events'][event]}")]
        command += ["--as", "dbt", "--as-of", it["as_of"], "--name", "lead_scores", "-o", folder]
        subprocess.run(command, cwd=example, check=True)
        with duckdb.connect(database) as connection:
            load(connection, example, it)
        done = runner().invoke(["build", "--project-dir", folder, "--profiles-dir", folder])
        if not done.success:
            return False
        command = [lsrc, "run", "score.lsr", f"{it['records']}.csv", "--as-of", it["as_of"], "-q", "-o", os.path.join(folder, "lead_scores.csv")]
        command += [part for event in it["events"] for part in ("--events", f"{event}={it['events'][event]}.csv")]
        command += [part for rollup in it["rollups"] for part in ("--rollup", f"{rollup}={folder}/lead_scores_{rollup}.csv")]
        subprocess.run(command, cwd=example, check=True)
        rows, wrong = 0, 0
        for table in ["lead_scores", *(f"lead_scores_{rollup}" for rollup in it["rollups"])]:
            with open(os.path.join(folder, f"{table}.csv"), newline="") as file:
                expected = sorted(list(csv.reader(file))[1:])
            with duckdb.connect(database) as connection:
                found = sorted([shown(cell) for cell in row] for row in connection.execute(f"SELECT * FROM main.{table}").fetchall())
            for a, b in zip(expected, found):
                if a != b:
                    print(f"expected {a}\nfound    {b}")
            rows += len(found)
            wrong += sum(a != b for a, b in zip(expected, found)) + abs(len(expected) - len(found))
    print(f"dbt build of {it['name']}: {len(done.result.results)} nodes passed; {rows} rows compared with `lsrc run`, {wrong} differences")
    return wrong == 0 and rows > 0


def shown(value):
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


def load(connection, example, it):
    """The example's files as typed tables, by the names of the schema."""
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("CREATE SCHEMA raw")
    for table in (it["records"], *it["events"].values()):
        path = os.path.join(example, f"{table}.csv")
        with open(path) as file:
            header = next(csv.reader(file))
        columns = []
        for name in header:
            own = it["renamed"].get(name, name)
            columns.append(f'TRY_CAST("{name}" AS {it["types"].get(own, "VARCHAR")}) AS "{own}"')
        connection.execute(f"CREATE TEMP TABLE read AS SELECT * FROM read_csv('{path}', all_varchar = true, header = true)")
        connection.execute(f"CREATE TABLE raw.{table} AS SELECT {', '.join(columns)} FROM read")
        connection.execute("DROP TABLE read")


if __name__ == "__main__":
    main()
