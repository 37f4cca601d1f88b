"""PostgreSQL: a server of its own on loopback, started as an unprivileged user and removed afterwards.

LSRC_POSTGRES="host=.. dbname=.." uses a server that runs already; only temporary tables are made in it.
"""

import glob
import os
import pwd
import shutil
import socket
import subprocess
import tempfile

from values import create, quoted, rows

NEEDS = "the Python package psycopg[binary] and PostgreSQL's server (Debian: postgresql)"
TYPES = {
    "integer": "BIGINT",
    "number": "DOUBLE PRECISION",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "datetime": "TIMESTAMPTZ",
    "array": "VARCHAR[]",
    "text": "VARCHAR",
}
# The same as COPY's adapter names them.
NAMES = {"integer": "int8", "number": "float8", "boolean": "bool", "date": "date", "datetime": "timestamptz", "array": "text[]", "text": "text"}


def program(name):
    places = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), reverse=True)
    found = places[0] if places else shutil.which(name)
    if not found:
        raise FileNotFoundError(f"{name} is missing")
    return found


class Engine:
    def __init__(self):
        import psycopg

        self.folder = None
        address = os.environ.get("LSRC_POSTGRES") or self.start()
        self.connection = psycopg.connect(address)
        self.version = f"PostgreSQL {self.connection.info.server_version // 10000}"

    def start(self):
        """A server in a folder of its own; its address."""
        initdb, self.control = program("initdb"), program("pg_ctl")
        self.folder = tempfile.mkdtemp(prefix="lsrc-postgres-")
        self.user = {}
        if os.getuid() == 0:
            # PostgreSQL refuses to run as root.
            names = [entry.pw_name for entry in pwd.getpwall()]
            name = "postgres" if "postgres" in names else "nobody"
            shutil.chown(self.folder, name)
            self.user = {"user": name}
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        data = f"{self.folder}/data"
        quiet = {"cwd": self.folder, "check": True, "stdout": subprocess.DEVNULL, **self.user}
        subprocess.run([initdb, "-D", data, "-U", "lsrc", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"], **quiet)
        options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={self.folder} -c fsync=off"
        subprocess.run([self.control, "-D", data, "-l", f"{self.folder}/log", "-o", options, "-w", "start"], **quiet)
        return f"host=127.0.0.1 port={port} user=lsrc dbname=postgres"

    def run(self, tables, sql):
        try:
            for table in tables:
                self.connection.execute(create(table, TYPES, "CREATE TEMPORARY TABLE"))
                with self.connection.cursor().copy(f"COPY {quoted(table['name'])} FROM STDIN") as copy:
                    copy.set_types([NAMES[kind] for _, kind in table["columns"]])
                    for row in rows(table):
                        copy.write_row(row)
            return self.connection.execute(sql.rstrip().rstrip(";")).fetchall()
        finally:
            self.connection.rollback()

    def close(self):
        self.connection.close()
        if self.folder:
            stop = [self.control, "-D", f"{self.folder}/data", "-m", "immediate", "stop"]
            subprocess.run(stop, cwd=self.folder, check=False, stdout=subprocess.DEVNULL, **self.user)
            shutil.rmtree(self.folder, ignore_errors=True)
