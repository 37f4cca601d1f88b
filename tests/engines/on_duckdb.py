"""DuckDB, in the process."""

from values import arrow, quoted

NEEDS = "the Python packages duckdb and pyarrow"


class Engine:
    def __init__(self):
        import duckdb

        self.engine = duckdb
        self.version = f"DuckDB {duckdb.__version__}"

    def run(self, tables, sql):
        connection = self.engine.connect()
        for table in tables:
            connection.register("loaded", arrow(table))
            connection.execute(f"CREATE TABLE {quoted(table['name'])} AS SELECT * FROM loaded")
        return connection.execute(sql).fetchall()

    def close(self):
        pass
