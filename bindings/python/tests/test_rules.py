"""Rules: loaded, checked, explained, compared, as SQL; and single records."""

import datetime
import decimal
import json

import duckdb
import pandas
import polars
import pytest
from conftest import SAAS, SMALL, lsrc

import lsrc as module

AS_OF = "2026-03-02"


def test_a_record_has_the_scores_of_its_row(saas):
    frame = polars.read_csv(SAAS / "contacts.csv", infer_schema=False)
    scored = saas.score(frame, as_of=AS_OF).to_polars()
    for record, row in list(zip(frame.to_dicts(), scored.to_dicts()))[:200]:
        own = saas.score_record(record, as_of=AS_OF)
        assert own == {name: row[name] for name in own}


def test_records_have_values_of_python(small):
    score = lambda **record: small.score_record(record, as_of=AS_OF)["fit"]
    assert score(visits=3) == 6.0
    assert score(visits=decimal.Decimal(3)) == 6.0
    assert score(visits=float("nan")) == 0.0
    assert score(visits=pandas.NA, last_visit=pandas.NaT) == 0.0
    assert score(visits=pandas.Series([4])[0], last_visit=datetime.date(2026, 1, 1), form="demo") == 58.0
    assert small.score_record('{"visits": 2}')["fit"] == 4.0
    with pytest.raises(TypeError, match="a record is a dict"):
        small.score_record([1])
    with pytest.raises(TypeError, match="object cannot be the value"):
        small.score_record({"visits": object()})
    with pytest.raises(module.DataError):
        small.score_record("{")


def test_errors_of_rules_carry_their_findings():
    with pytest.raises(module.RulesError) as caught:
        module.Rules.from_text("lsr 1\nschema c { visits: integer }\nscore s { per visit then +1 }")
    (finding,) = caught.value.findings
    assert (finding.code, finding.severity, finding.file, finding.line, finding.column) == ("unknown-name", "error", "score.lsr", 3, 15)
    assert "visits" in str(caught.value)
    assert isinstance(caught.value, ValueError)
    with pytest.raises(module.RulesError, match="cannot be read"):
        module.Rules.load("no/such/file.lsr")
    deep = "lsr 1\nschema c { n: integer }\nscore s { if " + "(" * 5000 + "n > 1" + ")" * 5000 + " then +1 }"
    with pytest.raises(module.RulesError, match="nest|deep"):
        module.Rules.from_text(deep)


def test_findings_are_those_of_check(tmp_path):
    path = tmp_path / "score.lsr"
    path.write_text("lsr 1\nschema c { visits: integer }\nparam often = 3\nscore s { per visits then +1 }\n")
    found = module.check(path)
    done = lsrc("check", path, "--format", "json")
    listed = json.loads(done.stdout)["diagnostics"]
    assert [f.message for f in found] == [one["message"] for one in listed]
    assert {f.code for f in found} >= {"unused-name"}
    path.write_text("lsr 1\nschema c { visits: integer }\nscore s { per visit then +1 }\n")
    assert [f.severity for f in module.check(path)] == ["error"]
    assert module.Rules.load(SAAS / "score.lsr").check() == []


def test_params_have_other_values():
    text = "lsr 1\nschema c { visits: integer }\nparam vip = 10\nscore s { if visits > 2 then +vip }"
    assert module.Rules.from_text(text).score_record({"visits": 3})["s"] == 10.0
    assert module.Rules.from_text(text, params={"vip": 5}).score_record({"visits": 3})["s"] == 5.0
    with pytest.raises(module.RulesError, match="vip|nope"):
        module.Rules.from_text(text, params={"nope": 5})
    loaded = module.Rules.load(SAAS / "score.lsr", params={"sql_at": 70})
    assert loaded.score(polars.read_csv(SAAS / "contacts.csv", infer_schema=False), as_of=AS_OF).summary["params"]


def test_several_texts_are_one_set_of_rules():
    rules = module.Rules.from_text(
        'lsr 1\nuse "contact.lsr"\nscore fit { if employees >= 50 then +10 }',
        files={"contact.lsr": "lsr 1\nschema contact { key id: integer  employees: integer }"},
    )
    assert rules.score_record({"employees": 80})["fit"] == 10.0


def test_ranges_are_known(saas, small):
    assert repr(small.ranges()["fit"]) == "Range(0, 61)"
    ranges = saas.ranges()
    assert list(ranges) == ["fit", "engagement", "lead"] == saas.scores
    assert ranges["lead"].min == 0 and ranges["lead"].max <= 100


def test_a_record_is_explained(saas):
    record = next(r for r in polars.read_csv(SAAS / "contacts.csv", infer_schema=False).to_dicts() if r["Record ID"] == "40120206")
    account = saas.explain(record, as_of=AS_OF)
    assert account.to_dict()["scores"][2]["value"] == 52.4
    assert "lead 52.4" in str(account)
    assert len(account.full()) > len(str(account))
    assert account.to_markdown() == account._repr_markdown_()


def test_rules_are_a_query(small):
    frame = pandas.DataFrame({"id": [1, 2], "email": ["a@b.example", None], "visits": [3, 9], "last_visit": pandas.NaT, "form": ["demo", None]})
    frame["last_visit"] = pandas.to_datetime(frame["last_visit"]).dt.date
    database = duckdb.connect()
    database.register("frame", frame.astype({"last_visit": "datetime64[ns]"}))
    database.execute("create table contacts as select id, email, visits, last_visit::date as last_visit, form from frame")
    query = small.sql("duckdb", table="contacts", as_of=AS_OF).rstrip().removesuffix(";")
    own = small.score(frame, as_of=AS_OF).to_polars().sort("id")["fit"].to_list()
    assert [row[0] for row in database.sql(f"select fit from ({query}) order by id").fetchall()] == own
    assert "duckdb" in module.dialects()
    with pytest.raises(ValueError, match="oracle"):
        small.sql("oracle")


def test_rules_are_compared(saas, small):
    other = module.Rules.load(SAAS / "score.lsr", params={"sql_at": 50})
    frame = polars.read_csv(SAAS / "contacts.csv", infer_schema=False)
    difference = saas.diff(other, frame, as_of=AS_OF, select=["Email"])
    assert difference.same is False
    people = difference.to_dict()["people"]
    assert saas.diff(saas).same is True
    assert "sql" in str(difference) and difference.to_markdown().startswith("#")
    done = lsrc("diff", SAAS / "score.lsr", "--set-new", "sql_at=50", SAAS / "contacts.csv", "--as-of", AS_OF, "--format", "json", "--select", "Email")
    assert json.loads(done.stdout)["people"] == people


def test_it_says_what_it_is(small):
    assert repr(small) == "<lsrc.Rules score.lsr: fit>"
    assert repr(module.Rules.from_text(SMALL, name="b.lsr")) == "<lsrc.Rules b.lsr: fit>"
    assert module.__version__.count(".") == 2
