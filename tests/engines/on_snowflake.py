"""Snowflake by fakesnow: an emulation that turns Snowflake's SQL into DuckDB's. It proves shape, not Snowflake's own behaviour."""

import json
import resource
from importlib.metadata import version

from values import Lacking, create, quoted, rows

# A query beyond it is told apart, and the others go on.
MOST_MEMORY = 8 << 30
# The emulation inserts row by row.
MOST_KEYS = 100
NEEDS = "the Python package fakesnow (in an environment of its own: it wants an older DuckDB)"
TYPES = {
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "datetime": "TIMESTAMP_TZ",
    "array": "ARRAY",
    "text": "VARCHAR",
}


class Engine:
    def __init__(self):
        import fakesnow
        import snowflake.connector

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        self.patch = fakesnow.patch()
        self.patch.__enter__()
        self.connection = snowflake.connector.connect(database="lsrc", schema="public")
        self.version = f"fakesnow {version('fakesnow')}"

    def run(self, tables, sql):
        cursor = self.connection.cursor()
        made = []
        try:
            for table in tables:
                # Plain names are upper case in Snowflake, as most tables are made.
                upper = {**table, "name": table["name"].upper(), "columns": [[plain(name), kind] for name, kind in table["columns"]]}
                cursor.execute(create(upper, TYPES))
                made.append(upper["name"])
                kinds = [kind for _, kind in table["columns"]]
                marks = ", ".join("PARSE_JSON(%s)" if kind == "array" else "%s" for kind in kinds)
                for row in rows(table):
                    row = [json.dumps(value) if kind == "array" and value is not None else value for value, kind in zip(row, kinds)]
                    cursor.execute(f"INSERT INTO {quoted(upper['name'])} SELECT {marks}", row)
            return cursor.execute(sql.rstrip().rstrip(";")).fetchall()
        except Exception as error:
            # Functions over the members of an array, and sorting one, are Snowflake's and not the emulation's; nor are queries of many steps,
            # each of which it writes out again wherever another names it.
            if any(text in str(error) for text in ("lambda function binding", "list_sort(JSON)", "Out of Memory")):
                raise Lacking(str(error)) from error
            raise
        finally:
            for name in made:
                cursor.execute(f"DROP TABLE IF EXISTS {quoted(name)}")

    def close(self):
        self.connection.close()
        self.patch.__exit__(None, None, None)


def plain(name):
    """A name as Snowflake has it when it was not quoted."""
    letters = name.replace("_", "a").replace("_", "a")
    return name.upper() if name == name.lower() and letters.isalnum() and letters.isascii() and not name[0].isdigit() else name
