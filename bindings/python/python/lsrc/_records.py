"""Records, tables and moments of Python as the engine reads them."""

import datetime as _datetime
import decimal as _decimal
import json as _json
import math as _math
import sys as _sys
from collections.abc import Mapping as _Mapping


def text(record):
    """A record as JSON. What JSON cannot say is left out as unknown: NaN, NaT and NA."""
    if not isinstance(record, _Mapping):
        raise TypeError(f"a record is a dict, or a text of JSON; this is a {type(record).__name__}")
    try:
        return _json.dumps(record if type(record) is dict else dict(record), allow_nan=False, default=_plain)
    except ValueError:
        return _json.dumps(_known(record), allow_nan=False, default=_plain)


def table(value):
    """A table as it is. Columns of nothing that polars exports are not what Arrow's readers expect: they become texts."""
    polars = _sys.modules.get("polars")
    if polars is None or not isinstance(value, polars.DataFrame):
        return value
    nothing = [name for name, kind in value.schema.items() if kind == polars.Null]
    return value.with_columns(polars.col(nothing).cast(polars.String)) if nothing else value


def _plain(value):
    """A value that JSON does not know, as one that it does."""
    if isinstance(value, (_datetime.date, _datetime.datetime)):
        # NaT of pandas is a datetime too.
        return None if value != value else value.isoformat()
    if isinstance(value, _decimal.Decimal):
        return str(value) if value.is_finite() else None
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=str)
    if isinstance(value, _Mapping):
        return dict(value)
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    for name in ("item", "tolist", "to_list"):
        if hasattr(value, name):
            plain = getattr(value, name)()
            if plain is not value:
                return _known(plain)
    if isinstance(value, tuple):
        return list(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise TypeError(f"a {type(value).__name__} cannot be the value of a property: {value!r}")


def _known(value):
    """The value with None in place of what is not a number."""
    if isinstance(value, float):
        return value if _math.isfinite(value) else None
    if isinstance(value, _Mapping):
        return {key: _known(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_known(inner) for inner in value]
    return value


def moment(value):
    """A date or a time as the rules read it."""
    if isinstance(value, (_datetime.date, _datetime.datetime)):
        return value.isoformat()
    raise TypeError(f"as_of is a text such as '2026-01-15', a date or a datetime; this is a {type(value).__name__}")
