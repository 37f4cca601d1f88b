"""Measures how `lsrc run` grows with the data, and holds the scores of a Spark cluster against it.

    python benches/scale.py run   LSRC FOLDER ROWS..            CSV and Parquet, without and with events
    python benches/scale.py spark LSRC FOLDER ROWS WORKERS..    the query of `lsrc sql` on a standalone cluster on loopback

FOLDER needs about 1.2 kB a row. Needs pyarrow and numpy, for Spark also pyspark and Java 17; the contacts come from
`cargo bench --bench generate -- ROWS FOLDER csv`, which is run where they are missing.
"""

import glob
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
AS_OF = "2026-06-30"
EVENTS = 10  # page views a contact, on average
PART = 1_000_000  # rows a Parquet file
NAMES = "id email job_title industry country employees annual_revenue form_submissions visits page_views original_source referrer_url last_email_open last_email_click emails_opened emails_clicked unsubscribed lifecycle_stage sales_feedback created_at".split()


def contacts(folder, rows):
    """Contacts as CSV, made once."""
    place = folder / f"{rows}"
    if not (place / "contacts.csv").exists():
        command = ["cargo", "bench", "--bench", "generate", "--", str(rows), str(place), "csv"]
        subprocess.run(command, cwd=HERE.parent, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    shutil.copy(HERE / "models" / "scale.lsr", place)
    return place


def parquet(place, rows):
    """The columns that the models look at, and events, as partitions."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.csv as csv
    import pyarrow.parquet as pq

    if (place / "done").exists():
        return
    for name in ("contacts", "page_view"):
        shutil.rmtree(place / name, ignore_errors=True)
        (place / name).mkdir()
    kinds = {"created_at": pa.timestamp("us"), "last_email_open": pa.date32(), "last_email_click": pa.date32()}
    convert = csv.ConvertOptions(include_columns=NAMES, column_types=kinds | {n: pa.string() for n in ("email", "job_title", "referrer_url", "form_submissions", "sales_feedback", "industry", "country", "original_source", "lifecycle_stage")}, strings_can_be_null=True)
    reader = csv.open_csv(place / "contacts.csv", csv.ReadOptions(block_size=64 << 20), convert_options=convert)
    writer, part, written = None, 0, 0
    for batch in reader:
        table = pa.Table.from_batches([batch])
        at = table.schema.get_field_index
        table = table.set_column(at("created_at"), "created_at", pc.assume_timezone(table["created_at"], "UTC"))
        forms = pc.split_pattern(table["form_submissions"], ";")
        table = table.set_column(at("form_submissions"), "form_submissions", forms)
        if writer is None or written >= PART:
            if writer:
                writer.close()
            writer, part, written = pq.ParquetWriter(place / "contacts" / f"{part:04}.parquet", table.schema, compression="zstd"), part + 1, 0
        writer.write_table(table)
        written += table.num_rows
    writer.close()
    random = np.random.default_rng(7)
    pages = np.array([f"https://www.example.com/{p}" for p in ("", "blog", "blog/42", "pricing", "pricing/eu", "demo", "careers", "docs", "about", "features")])
    now = 1_782_864_000  # the end of AS_OF
    for part, start in enumerate(range(0, rows * EVENTS, 5 * PART)):
        count = min(5 * PART, rows * EVENTS - start)
        # A few contacts do most of it.
        who = 1 + (rows * random.random(count) ** 3).astype(np.int64)
        when = (now - (random.random(count) ** 2 * 400 * 86_400).astype(np.int64)) * 1_000_000
        table = pa.table({
            "contact": who,
            "url": pa.DictionaryArray.from_arrays(random.integers(0, len(pages), count).astype(np.int8), pages).cast(pa.string()),
            "at": pa.array(when, pa.timestamp("us", "UTC")),
        })
        pq.write_table(table, place / "page_view" / f"{part:04}.parquet", compression="zstd")
    (place / "done").touch()


# A process begins with the peak memory of the one that starts it, so a small one starts it.
STARTER = """import os, sys, time
began = time.monotonic()
_, status, used = os.wait4(os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ), 0)
print(status, time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)"""


def measured(command, cwd):
    """Wall and CPU seconds and peak MiB of a command."""
    starter = [sys.executable, "-S", "-c", STARTER, *map(str, command)]
    status, *numbers = subprocess.run(starter, cwd=cwd, check=True, capture_output=True, text=True).stdout.split()
    if status != "0":
        raise SystemExit(f"{command} failed")
    return [float(number) for number in numbers]


def size(paths):
    return sum(os.path.getsize(path) for path in paths) / 1e6


def run(lsrc, folder, all_rows):
    print(f"{'what':28}{'rows':>12}{'MB':>9}{'wall s':>9}{'CPU s':>9}{'rows/CPU s':>13}{'peak MiB':>10}")
    for rows in all_rows:
        place = contacts(folder, rows)
        parquet(place, rows)
        parts, views = sorted(glob.glob(f"{place}/contacts/*")), sorted(glob.glob(f"{place}/page_view/*"))
        one = ["run", "model40.lsr", "-q", "--as-of", AS_OF, "-o", "/dev/null", "--output-format", "csv"]
        events = ["run", "scale.lsr", "contacts/*.parquet", "--events", "page_view=page_view/*.parquet", "-q", "--as-of", AS_OF, "-o", "/dev/null", "--output-format", "csv"]
        for name, command, megabytes in [
            ("CSV", [*one, "contacts.csv"], size([place / "contacts.csv"])),
            ("CSV, keys taken as unique", [*one, "contacts.csv", "--assume-unique"], size([place / "contacts.csv"])),
            ("Parquet", [*one, "contacts/*.parquet"], size(parts)),
            (f"Parquet, {EVENTS} events a contact", events, size(parts + views)),
        ]:
            wall, cpu, peak = measured([lsrc, *command], place)
            print(f"{name:28}{rows:>12,}{megabytes:>9,.0f}{wall:>9.2f}{cpu:>9.2f}{rows / cpu:>13,.0f}{peak:>10,.0f}", flush=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Cluster:
    """A master and workers of one core each, all on loopback."""

    def __init__(self, workers):
        import pyspark

        home = os.path.dirname(pyspark.__file__)
        self.folder = tempfile.mkdtemp(prefix="lsrc-scale-")
        self.processes = []
        os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
        port = free_port()
        self.start(home, "master", "org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", port, "--webui-port", free_port())
        while socket.socket().connect_ex(("127.0.0.1", port)):
            time.sleep(0.5)
        self.address = f"spark://127.0.0.1:{port}"
        for number in range(workers):
            self.start(home, f"worker{number}", "org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1", "--cores", 1, "--memory", "2g", "--webui-port", free_port(), self.address)

    def start(self, home, name, *arguments):
        environment = {**os.environ, "SPARK_HOME": home, "SPARK_WORKER_DIR": f"{self.folder}/work"}
        log = open(f"{self.folder}/{name}.log", "wb")
        self.processes.append(subprocess.Popen([f"{home}/bin/spark-class", *map(str, arguments)], env=environment, stdout=log, stderr=log, cwd=self.folder))

    def session(self, workers):
        from pyspark.sql import SparkSession

        settings = {
            "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1", "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false", "spark.sql.session.timeZone": "UTC", "spark.sql.ansi.enabled": "true",
            "spark.executor.memory": "1500m", "spark.driver.memory": "1g", "spark.cores.max": str(workers),
            "spark.sql.shuffle.partitions": "8", "spark.sql.warehouse.dir": f"{self.folder}/warehouse", "spark.log.level": "ERROR",
        }
        builder = SparkSession.builder.master(self.address).appName("lsrc")
        for name, value in settings.items():
            builder = builder.config(name, value)
        return builder.getOrCreate()

    def close(self):
        for process in self.processes:
            process.terminate()
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def spark(lsrc, folder, rows, all_workers):
    import pyarrow.parquet as pq

    place = contacts(folder, rows)
    parquet(place, rows)
    events = ["--events", "page_view=page_view/*.parquet"]
    subprocess.run([lsrc, "run", "scale.lsr", "contacts/*.parquet", *events, "-q", "--as-of", AS_OF, "-o", "expected.parquet"], cwd=place, check=True)
    expected = pq.read_table(place / "expected.parquet").sort_by("id")
    query = subprocess.run([lsrc, "sql", "scale.lsr", "--dialect", "spark", "--table", "contacts", "--as-of", AS_OF], cwd=place, check=True, capture_output=True, text=True).stdout
    for workers in all_workers:
        cluster = Cluster(workers)
        try:
            session = cluster.session(workers)
            for name in ("contacts", "page_view"):
                session.read.parquet(f"{place}/{name}").createOrReplaceTempView(name)
            answer = session.sql(query.rstrip().rstrip(";"))
            plan = answer._jdf.queryExecution().executedPlan().toString()
            seconds = []
            for attempt in range(2):
                began = time.monotonic()
                answer.write.mode("overwrite").parquet(f"{place}/spark-{workers}")
                seconds.append(time.monotonic() - began)
            found = pq.read_table(f"{place}/spark-{workers}").sort_by("id")
            differences = compare(expected, found)
            print(f"Spark {session.version}, {workers} worker(s) of one core: {rows:,} contacts, {rows * EVENTS:,} events; first {seconds[0]:.1f} s, then {seconds[1]:.1f} s; exchanges in the plan: {plan.count('Exchange hashpartitioning')} by key, {plan.count('BroadcastExchange')} broadcast; rows {found.num_rows:,}, differences {differences}", flush=True)
            (place / f"plan-{workers}.txt").write_text(plan)
            session.stop()
        finally:
            cluster.close()


def compare(expected, found):
    """How many rows are not the same."""
    if expected.num_rows != found.num_rows:
        return f"{expected.num_rows} rows expected"
    names = expected.column_names
    wrong = 0
    for start in range(0, expected.num_rows, PART):
        one, other = expected.slice(start, PART), found.slice(start, PART).select(names)
        columns = [(plain(one[name]), plain(other[name])) for name in names]
        wrong += sum(any(a[row] != b[row] for a, b in columns) for row in range(one.num_rows))
    return wrong


def plain(column):
    def number(x):
        return None if x is None else float(x)

    values = column.to_pylist()
    return [number(x) for x in values] if values and not any(isinstance(x, str) for x in values) else values


def main():
    what, lsrc, folder, *numbers = sys.argv[1:]
    lsrc, folder, numbers = os.path.abspath(lsrc), pathlib.Path(folder).resolve(), [int(n) for n in numbers]
    if what == "run":
        run(lsrc, folder, numbers)
    else:
        spark(lsrc, folder, numbers[0], numbers[1:])


main()
