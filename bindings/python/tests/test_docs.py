"""Examples of the documentation run, and give what they show."""

import doctest
import re

import pytest
from conftest import ROOT, SAAS

import lsrc


def test_examples_of_the_module():
    found = doctest.DocTestFinder(exclude_empty=True).find(lsrc, "lsrc")
    for cls in (lsrc.Rules, lsrc.Table, lsrc.Finding, lsrc.Range, lsrc.Explanation, lsrc.Difference):
        for name, member in vars(cls).items():
            text = getattr(member, "__doc__", None) or ""
            if ">>>" in text:
                found.append(doctest.DocTestParser().get_doctest(text, {}, f"{cls.__name__}.{name}", None, 0))
    examples = {test.name: test for test in found if test.examples}
    assert {"Rules.load", "Rules.from_text", "Rules.check", "Rules.ranges", "Rules.score"} <= set(map(short, examples))
    assert {"Rules.score_record", "Rules.explain", "Rules.sql", "Rules.diff"} <= set(map(short, examples))
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for test in examples.values():
        runner.run(test)
    assert runner.summarize().failed == 0


def short(name):
    return name.removeprefix("lsrc.")


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
