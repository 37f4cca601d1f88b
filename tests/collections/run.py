#!/usr/bin/env python3
"""Reads the test files of public packages with `lsrc` and compares what it finds with other readers.

    python3 tests/collections/run.py LSRC [--into FOLDER] [--only WORD] [--minutes N]

LSRC is the program. Packages are fetched by name with npm, pip, apt-get and cargo, whichever of them there is, into FOLDER (or a folder
that is removed again), and nothing in them is run. A client or package that is not to be had is skipped, and so are comparisons whose
reader (pyarrow, openpyxl) is not installed; each is named. Every file goes through `schema infer`, `init --from` and `run`: none may
crash, hang or claim an internal error, and what is refused has to say why. Where another reader gives rows, the number of rows and the
number of cells that are not empty have to be the same. It stops after N minutes (20). Exits with 1 where something differs.
"""

import argparse
import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time

NPM = ["csv-spectrum", "papaparse", "xlsx", "exceljs"]
SDISTS = ["csvkit", "agate", "agate-excel", "pyexcel-xlsx"]
WHEELS = ["pyarrow"]
DEBS = ["r-cran-readxl", "r-cran-openxlsx", "r-cran-readr"]
SOURCES = ["libxlsxwriter", "simdjson", "rapidjson", "gdal"]
CRATES = ["umya-spreadsheet", "csv", "parquet", "rusqlite"]
DATA = re.compile(r"\.(json|jsonl|ndjson|csv|tsv|parquet|parq|arrow|feather|xlsx|xlsm|xls|ods)(\.gz)?$", re.I)
NOT_DATA = re.compile(r"(^|/)(package(-lock)?|tsconfig[^/]*|\.cargo_vcs_info|\.eslintrc|composer)\.json$", re.I)
CRASH = re.compile(r"panicked|internal error|RUST_BACKTRACE|stack overflow", re.I)
LARGEST = 20 * 1024 * 1024


def main():
    ask = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ask.add_argument("lsrc")
    ask.add_argument("--into", help="keep what is fetched in this folder, and use what is there")
    ask.add_argument("--only", default="", help="only files whose path holds this word")
    ask.add_argument("--minutes", type=float, default=20)
    ask.add_argument("--refused", action="store_true", help="print what is refused, with its message")
    options = ask.parse_args()
    until = time.monotonic() + options.minutes * 60
    folder = os.path.abspath(options.into or tempfile.mkdtemp(prefix="collections-"))
    try:
        fetch(folder, until)
        sys.exit(1 if check_all(os.path.abspath(options.lsrc), folder, options, until) else 0)
    finally:
        if not options.into:
            shutil.rmtree(folder, ignore_errors=True)


# Fetching.


def fetch(folder, until):
    """Every package into a folder of its own, unless it is there."""
    for kind, client, names, get in [
        ("npm", "npm", NPM, get_npm),
        ("sdist", "pip", SDISTS, get_sdist),
        ("wheel", "pip", WHEELS, get_wheel),
        ("deb", "apt-get", DEBS, get_deb),
        ("source", "apt-get", SOURCES, get_source),
        ("crate", "cargo", CRATES, get_crate),
    ]:
        if not shutil.which(client):
            print(f"skipped: {', '.join(names)} ({client} is not installed)")
            continue
        for name in names:
            into = os.path.join(folder, kind, name)
            if os.path.isdir(into):
                continue
            if time.monotonic() > until:
                print(f"skipped: {name} (out of time)")
                continue
            os.makedirs(into + ".part", exist_ok=True)
            try:
                get(name, into + ".part")
                os.rename(into + ".part", into)
            except (subprocess.SubprocessError, OSError, tarfile.TarError) as error:
                shutil.rmtree(into + ".part", ignore_errors=True)
                print(f"skipped: {name} ({kind} could not be fetched: {type(error).__name__})")


def call(command, cwd, seconds=180):
    subprocess.run(command, cwd=cwd, check=True, timeout=seconds, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def unpack(into, *endings):
    for name in os.listdir(into):
        path = os.path.join(into, name)
        if not name.endswith(endings):
            continue
        if name.endswith(".deb"):
            call(["dpkg", "-x", path, into], into)
        elif name.endswith(".whl"):
            shutil.unpack_archive(path, into, "zip")
        else:
            with tarfile.open(path) as archive:
                archive.extractall(into, filter="data")
        os.remove(path)


def get_npm(name, into):
    call(["npm", "pack", name], into)
    unpack(into, ".tgz")


def get_sdist(name, into):
    call(["pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "-d", into, name], into)
    unpack(into, ".tar.gz")


def get_wheel(name, into):
    call(["pip", "download", "-q", "--no-deps", "--only-binary", ":all:", "-d", into, name], into)
    unpack(into, ".whl")


def get_deb(name, into):
    call(["apt-get", "download", name], into)
    unpack(into, ".deb")


def get_source(name, into):
    """A source package of Debian; the list of sources is kept beside it, not in the system."""
    lists = os.path.join(os.path.dirname(into), "lists")
    sources = lists + ".list"
    own = ["-o", f"Dir::Etc::sourcelist={sources}", "-o", "Dir::Etc::sourceparts=/nowhere", "-o", f"Dir::State::lists={lists}", "-o", "APT::Sandbox::User=root"]
    if not os.path.exists(sources):
        os.makedirs(os.path.join(lists, "partial"), exist_ok=True)
        with open(sources, "w", encoding="utf-8") as file:
            keys = "/usr/share/keyrings/debian-archive-keyring.gpg"
            signed = f"[signed-by={keys}] " if os.path.exists(keys) else ""
            file.write(f"deb-src {signed}{debian()} main\n")
        call(["apt-get", *own, "update"], into)
    call(["apt-get", *own, "source", "--download-only", name], into)
    unpack(into, ".orig.tar.gz", ".orig.tar.xz", ".orig.tar.bz2")


def debian():
    """Address and suite of the first source of packages that is configured."""
    for place in ["/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list"]:
        if not os.path.exists(place):
            continue
        text = open(place, encoding="utf-8").read()
        fields = re.search(r"^URIs: *(\S+)\n(?:.*\n)*?Suites: *(\S+)", text, re.M)
        line = re.search(r"^deb (?:\[[^]]*\] )?(\S+) (\S+)", text, re.M)
        if fields or line:
            return " ".join((fields or line).groups())
    raise OSError("no source of Debian packages is configured")


def get_crate(name, into):
    os.makedirs(os.path.join(into, "src"))
    open(os.path.join(into, "src/lib.rs"), "w").close()
    with open(os.path.join(into, "Cargo.toml"), "w", encoding="utf-8") as file:
        file.write(f'[package]\nname = "fetch"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\n{name} = "*"\n[workspace]\n')
    call(["cargo", "vendor", "-q", "vendor"], into)
    for other in os.listdir(os.path.join(into, "vendor")):
        if other != name:
            shutil.rmtree(os.path.join(into, "vendor", other))


# Checking.


def check_all(lsrc, folder, options, until):
    found = sorted(
        os.path.join(at, name)
        for at, _, names in os.walk(folder)
        for name in names
        if DATA.search(name) and not NOT_DATA.search(os.path.join(at, name))
    )
    found = [path for path in found if options.only in path and 0 < os.path.getsize(path) <= LARGEST and not os.path.islink(path)]
    counts = {"read": 0, "refused": 0, "compared": 0, "wrong": 0}
    with tempfile.TemporaryDirectory() as scratch:
        for number, path in enumerate(found):
            if time.monotonic() > until:
                print(f"stopped: out of time, {len(found) - number} files are left")
                break
            name = os.path.relpath(path, folder)
            try:
                words, compared = check(lsrc, path, scratch)
            except subprocess.TimeoutExpired:
                print(f"WRONG {name}: takes more than a minute")
                counts["wrong"] += 1
                continue
            counts["compared"] += compared
            if words is None:
                counts["read"] += 1
            elif words.startswith("refused"):
                counts["refused"] += 1
                if options.refused:
                    print(f"{name}: {words}")
            else:
                counts["wrong"] += 1
                print(f"WRONG {name}: {words}")
    print(f"{len(found)} files: " + ", ".join(f"{count} {what}" for what, count in counts.items()))
    return counts["wrong"]


def lsrc_call(lsrc, *arguments):
    done = subprocess.run([lsrc, *arguments], capture_output=True, timeout=60, stdin=subprocess.DEVNULL, env={**os.environ, "NO_COLOR": "1", "COLUMNS": "160"})
    return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


def crashed(status, text):
    return status not in (0, 1, 2) or CRASH.search(text)


def check(lsrc, path, scratch):
    """What is wrong, or why it is refused, or nothing; and 1 if another reader was compared with."""
    schema, rules = os.path.join(scratch, "data.lsr"), os.path.join(scratch, "rules.lsr")
    for old in (schema, rules):
        if os.path.exists(old):
            os.remove(old)
    status, out, err = lsrc_call(lsrc, "schema", "infer", path, "-o", schema)
    if crashed(status, out + err):
        return f"schema infer: {(out + err).strip()[-300:]}", 0
    if status:
        return (f"refused: {err.strip()}", 0) if len(err.strip()) > 20 else (f"refused without a reason: {err!r}", 0)
    project = os.path.join(scratch, "project")
    shutil.rmtree(project, ignore_errors=True)
    status, out, err = lsrc_call(lsrc, "init", project, "--from", path)
    if crashed(status, out + err) or status:
        return f"init --from: status {status}: {err.strip()[-600:]}", 0
    for command in (["check", project], ["fmt", "--check", project], ["test", project]):
        status, out, err = lsrc_call(lsrc, *command)
        if status or crashed(status, out + err):
            return f"{command[0]} of its own project: status {status}: {(out + err).strip()[:600]}", 0
    return run(lsrc, path, schema, rules, scratch)


def run(lsrc, path, schema, rules, scratch):
    properties = declared(schema)
    if not properties:
        return None, 0
    with open(rules, "w", encoding="utf-8") as file:
        lines = [f"  if {name} is known then +1\n" for name, _ in properties]
        file.write('lsr 1\nuse "data.lsr"\nscore points_of_all {\n' + "".join(lines) + "}\n")
    summary = os.path.join(scratch, "summary.json")
    if os.path.exists(summary):
        os.remove(summary)
    status, out, err = lsrc_call(lsrc, "run", rules, path, "--as-of", "2026-01-01", "-o", os.path.join(scratch, "out.csv"), "--summary", summary)
    if crashed(status, out + err):
        return f"run: {err.strip()[-600:]}", 0
    if not os.path.exists(summary):
        return f"run: status {status}: {err.strip()[:800]}", 0
    seen = json.load(open(summary, encoding="utf-8"))
    errors = seen["errors"]
    text = open(schema, encoding="utf-8").read()
    unreadable = {name for name, _ in properties if re.search(rf"^  (?:key +)?{name}:[^\n]*(?:\n(?:    |  \])[^\n]*)*unreadable, such as", text, re.M)}
    if any(column["property"] not in unreadable and column["fault"] != "required" for column in errors["columns"]):
        return f"data errors under the schema that was inferred: {errors['columns'][:3]}", 0
    line = re.search(r"^  unknown values (.*?)(?: +#|$)", text, re.M)
    UNKNOWN.clear()
    UNKNOWN.update(json.loads(f'"{word}"').casefold() for word in re.findall(r'"((?:[^"\\]|\\.)*)"', line.group(1) if line else ""))
    reference = other(path)
    if reference is None:
        return None, 0
    rows, cells = reference
    if errors["rows"] + errors["broken"] != rows:
        return f"{errors['rows']} rows ({errors['broken']} broken, {errors['empty_rows']} empty), the other reader has {rows}", 1
    if cells is not None:
        hits = {names(line["rule"]): line["hits"] for line in seen["rules_fired"]}
        for name, header in properties:
            if name not in unreadable and header in cells and hits.get(name) != cells[header]:
                return f"column {header!r}: {hits.get(name)} values, the other reader has {cells[header]}", 1
    return None, 1


def names(rule):
    return rule.removeprefix("if ").split(" is known", 1)[0]


def declared(schema):
    """Name and header of the properties that are no lists of events and no sets."""
    found, depth = [], 0
    for line in open(schema, encoding="utf-8"):
        bare = line.split("#", 1)[0] if '"' not in line else line
        match = re.match(r'^  (?:key +|optional +)?([a-z_][a-z0-9_]*): +(?:optional )?(text|integer|number|date|datetime|boolean|one of)\b', line)
        if match and depth == 1:
            header = re.search(r'from "((?:[^"\\]|\\.)*)"', line)
            found.append((match.group(1), header.group(1) if header else match.group(1)))
        quoted = re.sub(r'"(?:[^"\\]|\\.)*"', "", bare).split("#", 1)[0]
        depth += quoted.count("{") + quoted.count("[") - quoted.count("}") - quoted.count("]")
    return found


# Other readers: the number of rows that are not empty, and of each column how many cells are not empty (or nothing).


# What the schema takes for unknown.
UNKNOWN = set()


def is_value(text):
    return text.strip() != "" and text.strip().casefold() not in UNKNOWN


def other(path):
    try:
        name = path.lower()
        if name.endswith((".parquet", ".parq")):
            return other_parquet(path)
        if name.endswith((".arrow", ".feather")):
            return other_arrow(path)
        if name.endswith((".csv", ".tsv")):
            return other_csv(path)
        if name.endswith((".xlsx", ".xlsm")):
            return other_excel(path)
        if name.endswith((".json", ".jsonl", ".ndjson")):
            return other_json(path)
    except Exception:  # The other reader refuses the file, or is not installed: nothing to compare with.
        return None
    return None


def other_parquet(path):
    import pyarrow.parquet

    table = pyarrow.parquet.ParquetFile(path).read()
    return table.num_rows, columns(table)


def other_arrow(path):
    import pyarrow.feather

    table = pyarrow.feather.read_table(path)
    return table.num_rows, columns(table)


def columns(table):
    import pyarrow

    found = {}
    for name in table.column_names:
        column = table[name]
        if pyarrow.types.is_nested(column.type) or table.column_names.count(name) > 1:
            continue
        values = column.to_pylist()
        found[name] = sum(1 for value in values if value is not None and value == value and is_value(str(value)))
    return found


def other_csv(path):
    text = open(path, "rb").read().decode("utf-8-sig")
    if "\0" in text:
        return None
    lines = text.splitlines()
    if not lines or lines[0].lower().startswith("sep="):
        return None
    delimiter = csv.Sniffer().sniff("\n".join(lines[:20]), ",;\t|").delimiter if "," not in lines[0] else ","
    rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if any(cell.strip() for cell in row)]
    header = [cell.strip() for cell in rows[0]]
    cells = None
    if len(set(header)) == len(header):
        cells = {name: sum(1 for row in rows[1:] if len(row) > at and is_value(row[at])) for at, name in enumerate(header)}
    return len(rows) - 1, cells


def other_excel(path):
    import openpyxl

    book = openpyxl.load_workbook(path, data_only=True, read_only=False)
    sheet = next(sheet for sheet in book.worksheets if sheet.sheet_state == "visible")
    rows = [[cell for cell in row] for row in sheet.iter_rows(values_only=True)]
    rows = [row for row in rows if any(cell is not None and str(cell).strip() for cell in row)]
    return len(rows) - 1, None


def other_json(path):
    text = open(path, encoding="utf-8-sig").read()
    try:
        document = json.loads(text)
    except ValueError:
        records = [json.loads(line) for line in text.splitlines() if line.strip()]
        return (len(records), None) if all(isinstance(record, dict) for record in records) else None
    if isinstance(document, list):
        return len(document), None
    return None


if __name__ == "__main__":
    main()
