"""What can be wrong comes as an exception that says so; the process goes on."""

import os
import subprocess
import sys
import threading

import pandas
import polars
import pyarrow
import pytest
from conftest import SAAS, SMALL

import lsrc as module


def test_a_column_that_is_needed(small):
    with pytest.raises(module.DataError) as caught:
        small.score(polars.DataFrame({"id": [1], "visit": [2]}))
    message = str(caught.value)
    assert "the table has no column for `email`, which the rule at score.lsr:4 needs" in message
    assert 'allow_missing=["visits"' in message or "allow_missing=[" in message
    assert "--" not in message
    assert caught.value.help is None or "--" not in caught.value.help
    allowed = small.score(polars.DataFrame({"id": [1], "visits": [2]}), allow_missing="all")
    assert allowed.to_polars()["fit"].to_list() == [4.0]
    with pytest.raises(module.DataError, match="allow_missing: the schema has no"):
        small.score(polars.DataFrame({"id": [1]}), allow_missing=["vists"])


def columns(**more):
    return {"id": [1, 2], "email": ["a@b.example", "c@d"], "visits": [1, 2], "form": ["demo", None], "last_visit": [None, None], **more}


def test_wrong_types_cost_one_value_and_are_counted(small):
    table = small.score(polars.DataFrame(columns(visits=["1", "many"], form=["demo", "brochure"])))
    assert table.to_polars()["fit"].to_list() == [53.0, 0.0]
    assert table.data_errors == 2
    assert {error["property"] for error in table.summary["errors"]["columns"]} == {"visits", "form"}
    with pytest.raises(module.DataError, match="strict: the data have 2 errors"):
        small.score(polars.DataFrame(columns(visits=["1", "many"], form=["demo", "brochure"])), strict=True)
    for odd in (pyarrow.array([b"\xff", b"1"]), pyarrow.array([[1], [2]]), pyarrow.array([1.5, 2.0])):
        assert small.score(pyarrow.table(columns(visits=odd))).data_errors >= 1
    with pytest.raises(module.DataError, match="visits.a"):
        small.score(pyarrow.table(columns(visits=pyarrow.array([{"a": 1}, None]))))
    kept = small.score(pandas.DataFrame(columns(visits=[float("nan"), 2.0])))
    assert (kept.to_polars()["fit"].to_list(), kept.data_errors) == ([51.0, 4.0], 0)


def test_tables_of_no_rows_and_of_no_columns(small):
    empty = small.score(polars.DataFrame(columns()).clear())
    assert (len(empty), empty.column_names) == (0, ["id", "fit", "excluded"])
    assert empty.to_pandas().shape == (0, 3)
    with pytest.raises(module.DataError):
        small.score(polars.DataFrame())
    no_batch = pyarrow.table({name: pyarrow.chunked_array([], pyarrow.string()) for name in columns()})
    assert len(small.score(no_batch)) == 0


def test_columns_of_nothing(small):
    for frame in (polars.DataFrame(columns()), pandas.DataFrame(columns()), pyarrow.table(columns())):
        assert small.score(frame).to_polars()["fit"].to_list() == [53.0, 4.0]
    assert small.score(polars.DataFrame(columns()).with_columns(visits=polars.lit(None))).to_polars()["fit"].to_list() == [51.0, 0.0]


def test_what_is_no_table(small):
    for other in (None, 3, "contacts.csv", [1], {"id": [1]}):
        with pytest.raises(TypeError, match="a table is needed"):
            small.score(other)

    class Liar:
        def __arrow_c_stream__(self, requested_schema=None):
            return 3

    class Thrower:
        def __arrow_c_stream__(self, requested_schema=None):
            raise OSError("the server is gone")

    with pytest.raises(module.DataError, match="cannot be read"):
        small.score(Liar())
    with pytest.raises(module.DataError, match="the server is gone"):
        small.score(Thrower())
    # A stream that was read has nothing more.
    reader = pyarrow.table(columns()).to_reader()
    assert len(small.score(reader)) == 2
    assert len(small.score(reader)) == 0


def test_a_stream_that_fails_half_way(small):
    table = pyarrow.table(columns())

    def batches():
        yield from table.to_batches()
        raise OSError("the disk is gone")

    with pytest.raises(module.DataError, match="the disk is gone"):
        small.score(pyarrow.RecordBatchReader.from_batches(table.schema, batches()))


def test_columns_that_are_there_twice(small):
    table = pyarrow.table([[1], ["a"], [1], [2], ["demo"], [None]], names=["id", "email", "visits", "visits", "form", "last_visit"])
    with pytest.raises(module.DataError, match="2 columns that equally fit `visits`"):
        small.score(table)


def test_moments_and_names_that_are_wrong(small):
    frame = polars.DataFrame(columns())
    with pytest.raises(module.DataError, match="as_of"):
        small.score(frame, as_of="tomorrow-ish")
    with pytest.raises(TypeError, match="as_of"):
        small.score(frame, as_of=3)
    with pytest.raises(module.DataError, match="events: the schema has no event list `visit`"):
        small.score(frame, events={"visit": frame})
    with pytest.raises(module.DataError, match="related: the schema has no related record"):
        small.score(frame, related={"company": frame})
    with pytest.raises(module.DataError, match="select|column `Nope`"):
        small.score(frame, select=["Nope"])
    with pytest.raises(module.DataError):
        small.score(frame, threads=0)


def test_long_texts_and_wide_dictionaries(small):
    long = "x" * (64 << 20) + ".example"
    table = small.score(pyarrow.table(columns(email=pyarrow.array([long, None], pyarrow.large_string()))))
    assert table.to_polars()["fit"].to_list() == [53.0, 4.0]
    rows = 40_000
    wide = pyarrow.array([f"p{n}@b.example" for n in range(rows)]).dictionary_encode()
    frame = pyarrow.table({"id": range(rows), "email": wide, "visits": [1] * rows, "form": pyarrow.nulls(rows), "last_visit": pyarrow.nulls(rows)})
    assert set(small.score(frame).to_polars()["fit"]) == {3.0}


def test_threads_score_at_once(saas):
    frame = polars.read_csv(SAAS / "contacts.csv", infer_schema=False)
    record = frame.to_dicts()[5]
    expected = saas.score(frame, as_of="2026-03-02").to_polars()
    one = saas.score_record(record, as_of="2026-03-02")
    wrong = []

    def work():
        for _ in range(5):
            if not saas.score(frame, as_of="2026-03-02").to_polars().equals(expected):
                wrong.append("table")
            for _ in range(50):
                if saas.score_record(record, as_of="2026-03-02") != one:
                    wrong.append("record")
            saas.explain(record, as_of="2026-03-02")

    threads = [threading.Thread(target=work) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert wrong == []


def python(code, **more):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, **more)


def test_other_threads_go_on_while_it_scores():
    code = f"""
import threading, time, polars, lsrc
rules = lsrc.Rules.from_text({SMALL!r})
n = 400_000
frame = polars.DataFrame({{"id": range(n), "email": ["a@b.example"] * n, "visits": [1] * n, "form": ["demo"] * n, "last_visit": [None] * n}})
beats, done = [], False
def beat():
    while not done:
        beats.append(time.perf_counter()); time.sleep(0.002)
t = threading.Thread(target=beat); t.start(); time.sleep(0.05)
begin = time.perf_counter()
try:
    rules.score(frame, threads=1)
finally:
    done = True
end = time.perf_counter(); t.join()
during = [b for b in beats if begin < b < end]
print(len(during), end - begin)
assert len(during) >= 3, (len(during), end - begin)
"""
    done = python(code)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("what", ["rules.score(frame)", "rules.score_record(record)", "rules.explain(record)"])
def test_an_interpreter_that_ends_while_threads_score(what):
    code = f"""
import sys, threading, time, polars, lsrc
rules = lsrc.Rules.from_text({SMALL!r})
n = 20_000
frame = polars.DataFrame({{"id": range(n), "email": ["a@b.example"] * n, "visits": [1] * n, "form": ["demo"] * n, "last_visit": [None] * n}})
record = {{"visits": 3}}
def work():
    while True:
        {what}
for _ in range(4):
    threading.Thread(target=work, daemon=True).start()
time.sleep(0.3)
sys.stderr = open("/dev/null", "w") if sys.platform != "win32" else sys.stderr
print("ends")
"""
    for _ in range(3):
        done = python(code)
        assert (done.returncode, done.stdout) == (0, "ends\n"), (done.returncode, done.stderr)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_process_does_not_wait_for_threads_it_does_not_have():
    code = f"""
import os, sys, threading, time, lsrc
rules = lsrc.Rules.from_text({SMALL!r})
def work():
    while True:
        rules.score_record({{"visits": 3}})
for _ in range(4):
    threading.Thread(target=work, daemon=True).start()
time.sleep(0.2)
sys.stderr = open("/dev/null", "w")
if os.fork() == 0:
    assert rules.ranges()["fit"].max == 61
    sys.exit(0)
print(os.waitstatus_to_exitcode(os.wait()[1]), flush=True)
"""
    for _ in range(3):
        done = python(code)
        assert (done.returncode, done.stdout) == (0, "0\n"), (done.returncode, done.stdout, done.stderr)


def test_nothing_is_scored_after_the_end():
    code = f"""
import atexit, lsrc
rules = lsrc.Rules.from_text({SMALL!r})
lsrc._native.close()
try:
    rules.score_record({{"visits": 3}})
except RuntimeError as error:
    print(error)
"""
    assert python(code).stdout == "lsrc: the interpreter is shutting down\n"
