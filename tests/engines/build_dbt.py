#!/usr/bin/env python3
"""Builds a dbt project from an example with dbt and DuckDB, and compares its table with `lsrc run`.

    FOLDER/dbt/bin/python tests/engines/build_dbt.py LSRC

LSRC is the program. Needs dbt-core and dbt-duckdb; without them it says so and leaves with 2.
"""

import csv
import os
import subprocess
import sys
import tempfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
AS_OF = "2026-04-20"


def main():
    lsrc = os.path.abspath(sys.argv[1])
    try:
        import duckdb
        from dbt.adapters import duckdb as _  # noqa: F401
        from dbt.cli.main import dbtRunner
    except ImportError as error:
        print(f"skipped: needs the Python packages dbt-core and dbt-duckdb ({error})")
        sys.exit(2)
    example = os.path.join(ROOT, "examples/product-led")
    with tempfile.TemporaryDirectory() as folder:
        write = lambda name, text: open(os.path.join(folder, name), "w").write(text)  # noqa: E731
        write("dbt_project.yml", "name: scoring\nversion: '1.0.0'\nprofile: scoring\nmodel-paths: [models]\n")
        database = os.path.join(folder, "warehouse.duckdb")
        write("profiles.yml", f"scoring:\n  target: dev\n  outputs:\n    dev: {{type: duckdb, path: {database}, schema: main}}\n")
        command = [lsrc, "sql", "tests.lsr", "--dialect", "duckdb", "--table", "raw.accounts", "--events", "action=raw.actions"]
        command += ["--as", "dbt", "--as-of", AS_OF, "--name", "lead_scores", "-o", folder]
        subprocess.run(command, cwd=example, check=True)
        with duckdb.connect(database) as connection:
            load(connection, lsrc, example)
        done = dbtRunner().invoke(["build", "--project-dir", folder, "--profiles-dir", folder])
        if not done.success:
            sys.exit(1)
        run = subprocess.run([lsrc, "run", "score.lsr", "accounts.csv", "--events", "action=actions.csv", "--as-of", AS_OF, "-q"], cwd=example, check=True, capture_output=True, text=True)
        expected = sorted(list(csv.reader(run.stdout.splitlines()))[1:])
        with duckdb.connect(database) as connection:
            found = sorted([shown(cell) for cell in row] for row in connection.execute("SELECT * FROM main.lead_scores").fetchall())
    wrong = [(a, b) for a, b in zip(expected, found) if a != b]
    for a, b in wrong:
        print(f"expected {a}\nfound    {b}")
    print(f"dbt build: {len(done.result.results)} nodes passed; {len(found)} rows compared with `lsrc run`, {len(wrong) + abs(len(expected) - len(found))} differences")
    sys.exit(1 if wrong or len(expected) != len(found) else 0)


def shown(value):
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


def load(connection, lsrc, example):
    """The example's files as typed tables, by the names of the schema."""
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("CREATE SCHEMA raw")
    accounts, actions = (os.path.join(example, name) for name in ("accounts.csv", "actions.csv"))
    renamed = {"clearbit_employees": "employees", "onboarding_role": "role", "stage": "account_stage", "event": "name", "user_id": "member", "quantity": "amount", "occurred_at": "at"}
    types = {"signed_up_at": "TIMESTAMPTZ", "at": "TIMESTAMPTZ", "trial_ends": "DATE", "seats": "BIGINT", "employees": "BIGINT", "amount": "DOUBLE", "opted_out": "BOOLEAN"}
    for table, path in (("accounts", accounts), ("actions", actions)):
        with open(path) as file:
            header = next(csv.reader(file))
        columns = []
        for name in header:
            own = renamed.get(name, name)
            columns.append(f'TRY_CAST("{name}" AS {types.get(own, "VARCHAR")}) AS "{own}"')
        connection.execute(f"CREATE TEMP TABLE read AS SELECT * FROM read_csv('{path}', all_varchar = true, header = true)")
        connection.execute(f"CREATE TABLE raw.{table} AS SELECT {', '.join(columns)} FROM read")
        connection.execute("DROP TABLE read")


if __name__ == "__main__":
    main()
