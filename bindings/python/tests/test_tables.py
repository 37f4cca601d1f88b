"""Tables of every library come to the scores of ``lsrc run`` on the same records."""

import datetime
import json

import duckdb
import pandas
import polars
import pyarrow
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet
import pytest
from conftest import ABM, LED, SAAS, lsrc, rows_of

import lsrc as module

AS_OF = "2026-03-02"


def polars_frame(path):
    return polars.read_csv(path, infer_schema=False)


def typed(path):
    """With the numbers as numbers, as a program would have them."""
    frame = polars.read_csv(path, infer_schema=False)
    return frame.with_columns(polars.col("Record ID").cast(polars.Int64), polars.col("Number of Sessions").cast(polars.Int32))


FRAMES = {
    "polars": polars_frame,
    "polars, typed": typed,
    "polars, categories": lambda path: polars_frame(path).with_columns(polars.col("Industry").cast(polars.Categorical)),
    "pandas": lambda path: pandas.read_csv(path, dtype=str, keep_default_na=False),
    "pandas, read as it comes": lambda path: pandas.read_csv(path),
    "pandas, categories": lambda path: pandas.read_csv(path, dtype=str).astype({"Industry": "category"}),
    "pyarrow": lambda path: polars_frame(path).to_arrow(),
    "pyarrow, views": lambda path: strings(polars_frame(path), pyarrow.string_view()),
    "pyarrow, large": lambda path: strings(polars_frame(path), pyarrow.large_string()),
    "pyarrow, dictionaries": lambda path: strings(polars_frame(path), pyarrow.dictionary(pyarrow.int16(), pyarrow.string())),
    "pyarrow, chunks": lambda path: chunks(strings(polars_frame(path), pyarrow.string())),
    "a stream": lambda path: polars_frame(path).to_arrow().to_reader(),
    "duckdb": lambda path: duckdb.sql(f"select * from read_csv('{path}', all_varchar = true)"),
    "duckdb, as arrow": lambda path: duckdb.sql(f"select * from read_csv('{path}', all_varchar = true)").arrow(),
}


def strings(frame, kind):
    table = frame.to_arrow()
    table = table.cast(pyarrow.schema([(name, pyarrow.string()) for name in table.column_names]))
    if pyarrow.types.is_dictionary(kind):
        return pyarrow.table({name: table[name].dictionary_encode() for name in table.column_names})
    return table.cast(pyarrow.schema([(name, kind) for name in table.column_names]))


def chunks(table):
    sizes, at, parts = [1, 0, 7, 500, 3], 0, []
    for size in sizes:
        parts.append(table.slice(at, size))
        at += size
    return pyarrow.concat_tables([*parts, table.slice(at)])


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """The scores of the command, over the same records."""
    out = tmp_path_factory.mktemp("run") / "scores.parquet"
    done = lsrc("run", SAAS / "score.lsr", SAAS / "contacts.csv", "--as-of", AS_OF, "-o", out)
    assert done.returncode == 0, done.stderr
    return polars.read_parquet(out)


@pytest.mark.parametrize("kind", FRAMES)
def test_scores_are_those_of_the_command(saas, expected, kind):
    scored = saas.score(FRAMES[kind](SAAS / "contacts.csv"), as_of=AS_OF).to_polars()
    assert scored.columns == expected.columns
    assert len(scored) == 1202
    text = [polars.col(name).cast(polars.String) for name, ty in expected.schema.items() if ty != polars.Float64]
    assert scored.with_columns(text).equals(expected.with_columns(text))


def test_results_go_to_every_library(saas):
    table = saas.score(polars_frame(SAAS / "contacts.csv"), as_of=AS_OF)
    assert len(table) == 1202
    assert table.column_names[:4] == ["record_id", "fit", "engagement", "lead"]
    best = {
        "pandas": table.to_pandas()["lead"].max(),
        "polars": table.to_polars()["lead"].max(),
        "pyarrow": pyarrow.compute.max(table.to_pyarrow()["lead"]).as_py(),
        "duckdb": duckdb.from_arrow(table.to_pyarrow()).max("lead").fetchall()[0][0],
    }
    assert set(best.values()) == {89.0}
    # A table may be read more than once.
    assert table.to_polars().equals(table.to_polars())


def test_a_summary_is_that_of_the_command(saas, tmp_path):
    out = tmp_path / "summary.json"
    run = lsrc("run", SAAS / "score.lsr", SAAS / "contacts.csv", "--as-of", AS_OF, "-o", tmp_path / "s.csv", "--summary", out)
    assert run.returncode == 0
    own, other = saas.score(polars_frame(SAAS / "contacts.csv"), as_of=AS_OF).summary, json.loads(out.read_text())
    for key in ("records", "scores", "labels", "lifecycles", "rules_fired", "as_of"):
        assert own[key] == other[key], key
    assert own["errors"]["rows"] == 1202
    assert other["errors"]["columns"] and len(own["errors"]["columns"]) == len(other["errors"]["columns"])


def test_moments_are_texts_dates_and_datetimes(saas):
    frame = polars_frame(SAAS / "contacts.csv")
    text = saas.score(frame, as_of=AS_OF).to_polars()
    assert saas.score(frame, as_of=datetime.date(2026, 3, 2)).to_polars().equals(text)
    moment = saas.score(frame, as_of=datetime.datetime(2026, 3, 2, 23, 59, 59))
    assert moment.summary["as_of"].startswith("2026-03-02T23:59:59")
    assert len(saas.score(frame)) == 1202


def test_events_and_related_records_are_tables(tmp_path):
    accounts, actions = polars_frame(LED / "accounts.csv"), polars_frame(LED / "actions.csv")
    rules = module.Rules.load(LED / "score.lsr")
    out = tmp_path / "scores.csv"
    done = lsrc("run", LED / "score.lsr", LED / "accounts.csv", "--events", f"action={LED / 'actions.csv'}", "--as-of", "2026-04-20", "-o", out)
    assert done.returncode == 0, done.stderr
    scored = rules.score(accounts, events={"action": actions}, as_of="2026-04-20").to_polars()
    assert [str(float(row["total"])) if row["total"] else "None" for row in rows_of(out)] == [str(x) for x in scored["total"]]

    contacts, companies = polars_frame(ABM / "contacts.csv"), polars_frame(ABM / "companies.csv")
    rules = module.Rules.load(ABM / "score.lsr")
    done = lsrc("run", ABM / "score.lsr", ABM / "contacts.csv", "--related", f"company={ABM / 'companies.csv'}", "--as-of", "2026-04-20", "-o", out)
    assert done.returncode == 0, done.stderr
    scored = rules.score(contacts, related={"company": companies}, as_of="2026-04-20").to_polars()
    name = rules.scores[-1]
    assert [str(float(row[name])) if row[name] else "None" for row in rows_of(out)] == [str(x) for x in scored[name]]


def test_columns_are_carried_along_and_reasons_added(saas):
    frame = polars_frame(SAAS / "contacts.csv")
    scored = saas.score(frame, as_of=AS_OF, select=["Email", "Company Name"], explain=True).to_polars()
    assert scored["Email"].to_list() == frame["Email"].to_list()
    reasons = scored["reasons"].to_list()[0]
    assert {"score", "because", "points", "line"} <= set(reasons[0])


def test_one_thread_and_many_give_the_same(saas):
    frame = polars.concat([typed(SAAS / "contacts.csv")] * 20)
    one = saas.score(frame, as_of=AS_OF, threads=1, assume_unique=True).to_polars()
    assert len(one) == 20 * 1202
    assert saas.score(frame, as_of=AS_OF, threads=4, assume_unique=True).to_polars().equals(one)


def test_a_parquet_file_and_its_table_give_the_same(saas, tmp_path):
    table = pyarrow.csv.read_csv(SAAS / "contacts.csv")
    pyarrow.parquet.write_table(table, tmp_path / "contacts.parquet")
    done = lsrc("run", SAAS / "score.lsr", tmp_path / "contacts.parquet", "--as-of", AS_OF, "-o", tmp_path / "s.parquet")
    assert done.returncode == 0, done.stderr
    own, other = saas.score(table, as_of=AS_OF).to_polars(), polars.read_parquet(tmp_path / "s.parquet")
    assert own["lead"].equals(other["lead"])
    assert own["grade"].cast(polars.String).equals(other["grade"].cast(polars.String))
