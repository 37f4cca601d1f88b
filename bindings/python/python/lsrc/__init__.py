"""Lead scoring as code: rules in text files, checked, scored, explained and compared.

>>> import lsrc
>>> rules = lsrc.Rules.from_text('''
...     lsr 1
...     schema contact { key email: text  job_title: text  visits: integer }
...     score fit { if job_title contains word "vp" then +20 because "decides"  per visits then +1 max 5 }
...     lifecycle status { stage hot when fit >= 20  otherwise cold }
... ''')
>>> rules.score_record({"email": "ann@a.example", "job_title": "VP Sales", "visits": 3})["fit"]
23.0

``Rules.score`` takes a data frame of pandas or polars, a table of pyarrow, a relation of DuckDB, and any other object with
``__arrow_c_stream__``. ``docs/guide/python.md`` in the repository of lsrc shows more.
"""

import atexit as _atexit
import os as _os

from ._errors import DataError, Error, RulesError, SqlError
from ._native import Difference, Explanation, Finding, Range, Rules, Table, __version__, check, dialects
from ._native import close as _close
from ._native import forked as _forked

__all__ = [
    "DataError",
    "Difference",
    "Error",
    "Explanation",
    "Finding",
    "Range",
    "Rules",
    "RulesError",
    "SqlError",
    "Table",
    "__version__",
    "check",
    "dialects",
]

# A thread that is still scoring when the interpreter ends could not come back to it.
_atexit.register(_close)
if hasattr(_os, "register_at_fork"):
    _os.register_at_fork(after_in_child=_forked)
