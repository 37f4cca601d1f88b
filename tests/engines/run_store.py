#!/usr/bin/env python3
"""Keeps results in a store of PostgreSQL and holds it against a store of SQLite: the same history, several writers at once, kills.

    FOLDER/engines/bin/python tests/engines/run_store.py LSRC

LSRC is a program that was built with the feature `postgres`. Needs psycopg and PostgreSQL's server; without them it says so and leaves
with 2.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
CASE = os.path.join(ROOT, "tests/cases/store/nightly")
WRITERS = 4
TIMES = 10
KILLS = int(os.environ.get("LSRC_KILLS", "10"))
MANY = 4000


def main():
    lsrc = os.path.abspath(sys.argv[1])
    try:
        from on_postgres import Engine

        engine = Engine()
    except (ImportError, FileNotFoundError) as error:
        print(f"skipped: needs the Python package psycopg[binary] and PostgreSQL's server ({error})")
        sys.exit(2)
    folder = tempfile.mkdtemp(prefix="lsrc-store-")
    try:
        for name in os.listdir(CASE):
            shutil.copy(os.path.join(CASE, name), folder)
        wrong = held(lsrc, folder, engine.connection)
    finally:
        shutil.rmtree(folder)
        engine.close()
    sys.exit(1 if wrong else 0)


def held(lsrc, folder, connection):
    """How many checks failed."""
    info = connection.info
    server = f"postgres://{info.user}@{info.host}:{info.port}/{info.dbname}"

    def schema(name):
        connection.execute(f"CREATE SCHEMA {name}")
        connection.commit()
        return f"{server}?options=-csearch_path%3D{name}"

    def start(*arguments):
        return subprocess.Popen([lsrc, *arguments], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(*arguments, status=0):
        process = start(*arguments)
        out, err = process.communicate()
        if process.returncode != status:
            sys.exit(f"{' '.join(arguments)}: left with {process.returncode}, not {status}\n{err}")
        return out if status == 0 else err

    def changes(store):
        return json.loads(run("history", store, "--since", "2000-01-01", "--format", "json"))["changes"]

    checks = []
    one, other = schema("nightly"), "scores.db"
    for data, day in (("monday", "2026-03-02"), ("tuesday", "2026-03-03"), ("tuesday", "2026-03-24")):
        for store in (one, other):
            run("run", "rules.lsr", f"{data}.csv", "--store", store, "--as-of", day, "-q")
    checks.append(("changes as in SQLite", changes(one) == changes(other), len(changes(other))))
    people = ("ann@a.example", "bob@b.example", "eve@e.example")
    checks.append(("histories of records", all(run("history", one, key) == run("history", other, key) for key in people), len(people)))
    compared = [run("run", "rules.lsr", "tuesday.csv", "--as-of", "2026-03-24", "--compare", store, "-q") for store in (one, other)]
    checks.append(("a run compared with the last", compared[0] == compared[1], compared[1].count("\n")))
    late = run("run", "rules.lsr", "monday.csv", "--store", one, "--as-of", "2026-03-02", "-q", status=2)
    checks.append(("an earlier day is refused", "2026-03-24" in late, 1))

    # Writers at once: each has records of its own, and all have one in common.
    shared = schema("writers")
    for time_ in range(TIMES):
        processes = []
        for writer in range(WRITERS):
            form = "demo" if (writer + time_) % 2 else ""
            with open(os.path.join(folder, f"w{writer}.csv"), "w") as file:
                file.write(f"email,job_title,form,last_visit,lifecycle_stage\nall@x.example,VP,{form},,\n{writer}-{time_}@x.example,VP,demo,,\n")
            processes.append(start("run", "rules.lsr", f"w{writer}.csv", "--store", shared, "--as-of", "2026-03-02", "-q"))
        for process in processes:
            _, err = process.communicate()
            if process.returncode:
                sys.exit(f"a writer left with {process.returncode}\n{err}")
    all_changes = changes(shared)
    numbers = [change["id"] for change in all_changes]
    chain = [change for change in all_changes if change["key"] == "all@x.example" and change["what"] == "lead"]
    unbroken = all(before["after"] == after["before"] for before, after in zip(chain, chain[1:]))
    records = json.loads(run("history", shared, "--format", "json"))["records"]
    checks.append(("records of writers at once", records == WRITERS * TIMES + 1, records))
    checks.append(("changes of writers at once, each with its number", numbers == list(range(1, len(numbers) + 1)) and unbroken, len(numbers)))

    # A run that is killed leaves the former state or the next.
    killed = schema("killed")
    demo, whole, cut = "", 0, 0
    many(folder, demo)
    begun = time.time()
    run("run", "rules.lsr", "many.csv", "--store", killed, "--as-of", "2026-03-02", "-q")
    usual = time.time() - begun
    for _ in range(KILLS):
        before = len(changes(killed))
        following = "" if demo else "demo"
        many(folder, following)
        process = start("run", "rules.lsr", "many.csv", "--store", killed, "--as-of", "2026-03-02", "-q")
        time.sleep(random.uniform(0, 1.1 * usual))
        cut += process.poll() is None
        process.kill()
        process.communicate()
        # The server notices after a moment that its client is gone; the next writer waits for that.
        run("run", "rules.lsr", "monday.csv", "--store", killed, "--as-of", "2026-03-02", "-q")
        now = [change for change in changes(killed)[before:] if change["key"].endswith("@many.example")]
        whole += len(now) in (0, 4 * MANY)
        demo = following if now else demo
    checks.append((f"states after kills ({cut} before the end)", whole == KILLS, whole))

    for what, right, count in checks:
        print(f"{what}: {count if right else 'WRONG'}")
    return sum(not right for _, right, _ in checks)


def many(folder, form):
    """Records of which a demo changes two scores, the label and the stage."""
    with open(os.path.join(folder, "many.csv"), "w") as file:
        file.write("email,job_title,form,last_visit,lifecycle_stage\n")
        for at in range(MANY):
            file.write(f"p{at}@many.example,VP,{form},,lead\n")


if __name__ == "__main__":
    main()
