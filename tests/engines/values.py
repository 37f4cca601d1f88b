"""Values of the cases: from JSON to what engines take, and from what they give to the text of `lsrc run`."""

import datetime as dt
import decimal


class Lacking(Exception):
    """What an emulation does not know, while the engine that it stands for does."""


EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)


def typed(value, kind):
    """A cell as Python has it: dates are counted in days since 1970, date-times in microseconds."""
    if value is None:
        return None
    if kind == "date":
        return EPOCH.date() + dt.timedelta(days=value)
    if kind == "datetime":
        return EPOCH + dt.timedelta(microseconds=value)
    return float(value) if kind == "number" else value


def rows(table):
    kinds = [kind for _, kind in table["columns"]]
    return [[typed(value, kind) for value, kind in zip(row, kinds)] for row in table["rows"]]


def arrow(table):
    """A table as Arrow has it."""
    import pyarrow as pa

    kinds = {
        "integer": pa.int64(),
        "number": pa.float64(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "datetime": pa.timestamp("us", "UTC"),
        "array": pa.list_(pa.string()),
    }
    schema = pa.schema([(name, kinds.get(kind, pa.string())) for name, kind in table["columns"]])
    columns = list(zip(*rows(table))) or [[] for _ in schema]
    return pa.Table.from_arrays([pa.array(column, field.type) for column, field in zip(columns, schema)], schema=schema)


def text(value):
    """A cell of a result as `lsrc run` writes it."""
    if value is None:
        return ""
    if isinstance(value, (decimal.Decimal, float)):
        shown = f"{decimal.Decimal(str(value)):f}"
        return shown.rstrip("0").rstrip(".") if "." in shown else shown
    return str(value)


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def create(table, types, head="CREATE TABLE"):
    """The statement that makes an empty table; `types` names the engine's types, `text` for all others."""
    columns = [f"{quoted(name)} {types.get(kind, types['text'])}" for name, kind in table["columns"]]
    return f"{head} {quoted(table['name'])} ({', '.join(columns)})"


def differences(expected, found):
    """Pairs of rows that differ; a cell `(its words)` stands for any text."""

    def same(a, b):
        return len(a) == len(b) and all(x in (y, "(its words)") for x, y in zip(a, b))

    return [(a, b) for a, b in zip(expected, found) if not same(a, b)]
