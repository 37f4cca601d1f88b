"""Apache DataFusion, in the process."""

from values import arrow

NEEDS = "the Python packages datafusion and pyarrow"


class Engine:
    def __init__(self):
        import datafusion

        self.engine = datafusion
        self.version = f"DataFusion {datafusion.__version__}"

    def run(self, tables, sql):
        import pyarrow as pa

        context = self.engine.SessionContext()
        for table in tables:
            loaded = arrow(table)
            batches = loaded.to_batches() or [pa.RecordBatch.from_pylist([], schema=loaded.schema)]
            context.register_record_batches(table["name"], [batches])
        out = context.sql(sql).to_arrow_table()
        return list(zip(*(column.to_pylist() for column in out.columns)))

    def close(self):
        pass
