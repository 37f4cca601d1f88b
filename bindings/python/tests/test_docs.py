"""Examples of the documentation run, and give what they show."""

import doctest
import re
import shutil
import subprocess
import sys

import pytest
from conftest import ROOT, SAAS

import lsrc


def test_examples_of_the_module():
    found = doctest.DocTestFinder(recurse=False).find(lsrc, "lsrc")
    for cls in (lsrc.Rules, lsrc.Table, lsrc.Finding, lsrc.Range, lsrc.Explanation, lsrc.Difference):
        for name in vars(cls):
            text = getattr(getattr(cls, name), "__doc__", None) or ""
            if ">>>" in text:
                found.append(doctest.DocTestParser().get_doctest(text, {}, f"{cls.__name__}.{name}", None, 0))
    examples = {test.name: test for test in found if test.examples}
    assert {"Rules.load", "Rules.from_text", "Rules.check", "Rules.ranges", "Rules.score"} <= set(examples)
    assert {"Rules.score_record", "Rules.explain", "Rules.sql", "Rules.diff"} <= set(examples)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for test in examples.values():
        runner.run(test)
    assert runner.summarize().failed == 0


@pytest.mark.parametrize("page", ["README.md", "docs/guide/python.md", "bindings/python/README.md"])
def test_examples_of_a_page(page, monkeypatch, capsys):
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = re.findall(r"^```(?:python|pycon)\n(.*?)^```$", text, re.M | re.S)
    assert blocks, "the page has no example"
    monkeypatch.chdir(SAAS)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    test = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, page, page, 0)
    assert test.examples
    runner.run(test)
    assert runner.summarize().failed == 0, capsys.readouterr().out


def blocks(kind):
    """The Python of a recipe of the page of schedules."""
    text = (ROOT / "docs/guide/schedules.md").read_text(encoding="utf-8")
    return "\n".join(re.findall(rf"^```python {kind}\n(.*?)^```$", text, re.M | re.S))


def copied(tmp_path, monkeypatch):
    """Works in a copy of the example, for recipes write files."""
    shutil.copytree(SAAS, tmp_path / "saas")
    monkeypatch.chdir(tmp_path / "saas")


def test_the_recipe_for_duckdb(tmp_path, monkeypatch):
    copied(tmp_path, monkeypatch)
    names = {}
    exec(compile(blocks("duckdb"), "duckdb", "exec"), names)
    assert names["best"] == [(40128933, 89.0), (40134448, 82.0), (40138199, 80.4)]
    assert len(names["some"]) == 3


def test_the_recipe_for_prefect(tmp_path, monkeypatch):
    pytest.importorskip("prefect")
    copied(tmp_path, monkeypatch)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    monkeypatch.setenv("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
    monkeypatch.setenv("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "240")
    (tmp_path / "saas" / "recipe.py").write_text(blocks("prefect") + '\nif __name__ == "__main__":\n    print("rows", scores("2026-03-02"))\n')
    done = subprocess.run([sys.executable, "recipe.py"], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0 and "rows 1202" in done.stdout, done.stderr


def test_the_recipe_for_dagster(tmp_path, monkeypatch):
    dagster = pytest.importorskip("dagster")
    copied(tmp_path, monkeypatch)
    (tmp_path / "saas" / "recipe.py").write_text(
        blocks("dagster")
        + "\nif __name__ == '__main__':\n    done = dagster.materialize([contacts, scores, few_data_errors])\n    print('done', done.success)\n"
    )
    assert dagster
    done = subprocess.run([sys.executable, "recipe.py"], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0 and "done True" in done.stdout, done.stderr
