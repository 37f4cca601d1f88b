from collections.abc import Mapping, Sequence
from datetime import date, datetime
from os import PathLike
from typing import Any, Literal, Protocol, final

import pandas
import polars
import pyarrow

__version__: str

class ArrowStream(Protocol):
    """A table of any library that exports a stream of Arrow."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

class ArrowArray(Protocol):
    """A record batch of any library that exports an array of Arrow."""

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]: ...

_Table = ArrowStream | ArrowArray
_Moment = str | date | datetime
_Param = str | int | float | bool

class Error(ValueError): ...

class RulesError(Error):
    findings: list[Finding]

class DataError(Error):
    help: str | None

class SqlError(Error):
    place: str | None

@final
class Finding:
    code: str
    severity: Literal["error", "warning"]
    message: str
    help: str | None
    file: str
    line: int | None
    column: int | None

@final
class Range:
    min: float | None
    max: float | None
    exact: bool

@final
class Table:
    column_names: list[str]
    data_errors: int
    summary: dict[str, Any]
    def __len__(self) -> int: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...
    def to_pandas(self) -> pandas.DataFrame: ...
    def to_polars(self) -> polars.DataFrame: ...
    def to_pyarrow(self) -> pyarrow.Table: ...

@final
class Explanation:
    def full(self) -> str: ...
    def to_dict(self) -> dict[str, Any]: ...
    def to_markdown(self) -> str: ...

@final
class Difference:
    same: bool | None
    def to_dict(self) -> dict[str, Any]: ...
    def to_markdown(self) -> str: ...

@final
class Rules:
    scores: list[str]
    @staticmethod
    def load(
        path: str | PathLike[str], *, params: Mapping[str, _Param] | None = None, allow_outside: bool = False
    ) -> Rules: ...
    @staticmethod
    def from_text(
        text: str,
        *,
        name: str = "score.lsr",
        files: Mapping[str, str] | None = None,
        params: Mapping[str, _Param] | None = None,
    ) -> Rules: ...
    def check(self) -> list[Finding]: ...
    def ranges(self) -> dict[str, Range]: ...
    def score(
        self,
        table: _Table,
        *,
        as_of: _Moment | None = None,
        events: Mapping[str, _Table] | None = None,
        related: Mapping[str, _Table] | None = None,
        allow_missing: Sequence[str] | str | None = None,
        select: Sequence[str] | str | None = None,
        explain: bool = False,
        strict: bool = False,
        assume_unique: bool = False,
        threads: int | None = None,
    ) -> Table: ...
    def score_record(self, record: Mapping[str, Any] | str, *, as_of: _Moment | None = None) -> dict[str, Any]: ...
    def explain(self, record: Mapping[str, Any] | str, *, as_of: _Moment | None = None) -> Explanation: ...
    def sql(self, dialect: str, *, table: str = "contacts", as_of: _Moment | None = None) -> str: ...
    def diff(
        self,
        other: Rules,
        table: _Table | None = None,
        *,
        as_of: _Moment | None = None,
        events: Mapping[str, _Table] | None = None,
        related: Mapping[str, _Table] | None = None,
        allow_missing: Sequence[str] | str | None = None,
        select: Sequence[str] | str | None = None,
        strict: bool = False,
        people: int = 10,
    ) -> Difference: ...

def check(path: str | PathLike[str]) -> list[Finding]: ...
def dialects() -> list[str]: ...
