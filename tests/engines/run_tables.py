#!/usr/bin/env python3
"""Runs `lsrc run` on the tables of a PostgreSQL server and compares every row with `lsrc run` over the same records as files.

    FOLDER/engines/bin/python tests/engines/run_tables.py LSRC

LSRC is a program that was built with the feature `postgres`. Needs psycopg and PostgreSQL's server; without them it says so and leaves
with 2.
"""

import csv
import os
import subprocess
import sys
from datetime import datetime

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
EXAMPLE = os.path.join(ROOT, "examples/product-led")
AS_OF = ["--as-of", "2026-04-20"]
# Names of the example's headers that its schema reads as others, and the types of columns that are no texts.
RENAMED = {"event": "name", "user_id": "member", "quantity": "amount", "occurred_at": "at"}
TYPES = {"signed_up_at": "TIMESTAMPTZ", "at": "TIMESTAMPTZ", "trial_ends": "DATE", "seats": "BIGINT", "clearbit_employees": "BIGINT", "amount": "DOUBLE PRECISION", "opted_out": "BOOLEAN"}


def main():
    lsrc = os.path.abspath(sys.argv[1])
    try:
        from on_postgres import Engine

        engine = Engine()
    except (ImportError, FileNotFoundError) as error:
        print(f"skipped: needs the Python package psycopg[binary] and PostgreSQL's server ({error})")
        sys.exit(2)
    try:
        wrong = held(lsrc, engine.connection)
    finally:
        engine.close()
    sys.exit(1 if wrong else 0)


def held(lsrc, connection):
    """How many checks failed."""
    info = connection.info
    load(connection)
    server = f"postgres://{info.user}@{info.host}:{info.port}/{info.dbname}"
    accounts = f"{server}?table=crm.accounts"
    files = ["score.lsr", "accounts.csv", "--events", "action=actions.csv"]
    tables = ["score.lsr", accounts, "--events", "action=crm.actions"]

    def run(*arguments, status=0):
        command = [lsrc, "run", *arguments, *AS_OF]
        done = subprocess.run(command, cwd=EXAMPLE, capture_output=True, text=True)
        if done.returncode != status:
            sys.exit(f"{' '.join(command)}: left with {done.returncode}, not {status}\n{done.stderr}")
        return done

    checks = []
    by_files = ordered(run(*files, "-q").stdout)
    checks.append(("the rows as CSV", by_files == ordered(run(*tables, "-q").stdout), len(by_files)))
    explained = ordered(run(*files, "-q", "--explain").stdout)
    checks.append(("the rows with their reasons", explained == ordered(run(*tables, "-q", "--explain").stdout), len(explained)))
    # A table that is made, and one whose rows are replaced.
    for what in ("a table that is made", "a table whose rows are replaced"):
        run(*tables, "-q", "-o", f"{server}?table=crm.scores")
        checks.append((what, by_files == written(connection), len(by_files)))
    gone = run("score.lsr", f"{server}?table=crm.nobody", "--events", "action=crm.actions", status=2)
    checks.append(("a table that is not there is named", "crm.nobody" in gone.stderr, 1))
    for what, right, count in checks:
        print(f"{what}: {count if right else 'WRONG'}")
    return sum(not right for _, right, _ in checks)


def ordered(text):
    return sorted(csv.reader(text.splitlines()))


def written(connection):
    """The table of scores as the rows of a CSV file, its header among them."""
    from values import text

    cursor = connection.execute("SELECT * FROM crm.scores")
    header = [column.name for column in cursor.description]
    rows = [[text(cell) for cell in row] for row in cursor.fetchall()]
    connection.rollback()
    return sorted([header, *rows])


def load(connection):
    """The example's files as typed tables."""
    connection.execute("CREATE SCHEMA crm")
    for name in ("accounts", "actions"):
        with open(os.path.join(EXAMPLE, f"{name}.csv")) as file:
            header, *rows = csv.reader(file)
        columns = [RENAMED.get(column, column) if name == "actions" else column for column in header]
        types = [TYPES.get(column, "TEXT") for column in columns]
        connection.execute(f"CREATE TABLE crm.{name} ({', '.join(f'{column} {ty}' for column, ty in zip(columns, types))})")
        marks = ", ".join(f"CAST(%s AS {ty})" for ty in types)
        with connection.cursor() as cursor:
            cells = [[typed(cell, ty) for cell, ty in zip(row, types)] for row in rows]
            cursor.executemany(f"INSERT INTO crm.{name} VALUES ({marks})", cells)
    connection.commit()


def typed(cell, ty):
    """A cell that its type can hold; the files have some others, which `lsrc run` reads as unknown."""
    try:
        if ty == "BIGINT":
            return int(cell)
        if ty == "TIMESTAMPTZ":
            return datetime.fromisoformat(cell)
    except ValueError:
        return None
    return cell or None


if __name__ == "__main__":
    main()
