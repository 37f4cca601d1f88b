"""Apache Spark: one session for all cases, `local[2]`, or a master with two workers on loopback; tables are read from Parquet."""

import os
import shutil
import socket
import subprocess
import tempfile
import time

from values import arrow

NEEDS = "the Python packages pyspark and pyarrow, and Java 17"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Engine:
    def __init__(self, cluster=False):
        import pyspark

        if not shutil.which("java"):
            raise FileNotFoundError("java is missing")
        self.folder = tempfile.mkdtemp(prefix="lsrc-spark-")
        self.processes = []
        os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
        master = self.start(os.path.dirname(pyspark.__file__)) if cluster else "local[2]"
        settings = {
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.sql.session.timeZone": "UTC",
            "spark.sql.shuffle.partitions": "2",
            "spark.sql.ansi.enabled": "true",
            "spark.sql.warehouse.dir": f"{self.folder}/warehouse",
            "spark.executor.memory": "600m",
            "spark.driver.memory": "1500m",
            "spark.log.level": "ERROR",
        }
        builder = pyspark.sql.SparkSession.builder.master(master).appName("lsrc")
        for name, value in settings.items():
            builder = builder.config(name, value)
        self.session = builder.getOrCreate()
        self.version = f"Spark {self.session.version}, {'two workers' if cluster else master}"
        self.count = 0

    def start(self, home):
        """A master and two workers, each a process of its own; the master's address."""
        port, page = free_port(), free_port()
        environment = {**os.environ, "SPARK_HOME": home, "SPARK_WORKER_DIR": f"{self.folder}/work"}

        def process(name, *arguments):
            log = open(f"{self.folder}/{name}.log", "wb")
            command = [f"{home}/bin/spark-class", *arguments]
            self.processes.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=self.folder))

        master = f"spark://127.0.0.1:{port}"
        process("master", "org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", str(page))
        for _ in range(240):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.5)
        for number in (1, 2):
            process(f"worker{number}", "org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1", "--cores", "1", "--memory", "800m", "--webui-port", str(free_port()), master)
        return master

    def run(self, tables, sql):
        import pyarrow.parquet as parquet

        self.count += 1
        names = []
        for at, table in enumerate(tables):
            folder = f"{self.folder}/{self.count}-{at}"
            os.makedirs(folder)
            loaded = arrow(table)
            # Several files, so that several tasks read them.
            files = 4 if loaded.num_rows > 1000 else 2 if loaded.num_rows > 1 else 1
            size = -(-loaded.num_rows // files)
            for part in range(files):
                parquet.write_table(loaded.slice(part * size, size), f"{folder}/{part}.parquet")
            self.session.read.parquet(folder).createOrReplaceTempView("`" + table["name"].replace("`", "``") + "`")
            names.append(table["name"])
        try:
            return [tuple(row) for row in self.session.sql(sql.rstrip().rstrip(";")).collect()]
        finally:
            for name in names:
                self.session.catalog.dropTempView(name)

    def close(self):
        self.session.stop()
        for process in self.processes:
            process.terminate()
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
