"""The notebook of the guide: its cells are here, so that they are read and compared as text.

    notebook.py --write     runs the cells and writes docs/guide/python.ipynb with what they show
    notebook.py --check     runs the notebook; fails where a cell fails, or where its cells are not those below
"""

import os
import sys
from pathlib import Path

import nbclient
import nbformat

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / "docs" / "guide" / "python.ipynb"

CELLS = [
    """# Scores in a notebook

The rules and contacts are those of the example [B2B software](../../examples/b2b-saas). [Python](python.md) says how to install `lsrc` and
what else it can do.""",
    ">>>"
    """import lsrc
import polars

rules = lsrc.Rules.load("score.lsr")
contacts = polars.read_csv("contacts.csv", infer_schema=False)
rules""",
    """## A run

`score` takes the data frame as it is. The results have the order of its rows.""",
    ">>>"
    """table = rules.score(contacts, as_of="2026-03-02", select=["Company Name"])
scores = table.to_polars()
scores.select("record_id", "fit", "engagement", "lead", "grade", "lifecycle_stage").sort("lead", descending=True, nulls_last=True).head(5)""",
    """A value that cannot be read is unknown, and counted.""",
    ">>>"
    """for column in table.summary["errors"]["columns"]:
    print(column["property"], column["count"], "not", column["expected"], "such as", column["samples"][0]["value"])""",
    """## The distribution""",
    ">>>"
    """import matplotlib.pyplot as plot

thresholds = table.summary["scores"][2]["thresholds"]
figure, axes = plot.subplots(figsize=(7, 2.6))
axes.hist(scores["lead"].drop_nulls(), bins=range(0, 101, 5))
for threshold in thresholds:
    axes.axvline(threshold["at"], color="black", linewidth=0.8)
    axes.text(threshold["at"] + 0.5, axes.get_ylim()[1] * 0.92, threshold["name"].split()[-1])
axes.set_xlabel("lead")
axes.set_ylabel("contacts")
figure.tight_layout()""",
    """## A change

Sales has time for more: from 50 points instead of 55. Who would be called?""",
    ">>>"
    """easier = lsrc.Rules.load("score.lsr", params={"sql_at": 50})
rules.diff(easier, contacts, as_of="2026-03-02", select=["Company Name"], people=3)""",
    """## One contact""",
    ">>>"
    """contact = contacts.filter(polars.col("Record ID") == "40120206").to_dicts()[0]
print(rules.explain(contact, as_of="2026-03-02"))""",
]


def cells():
    for number, text in enumerate(CELLS, 1):
        code = text.startswith(">>>")
        make = nbformat.v4.new_code_cell if code else nbformat.v4.new_markdown_cell
        yield make(text.removeprefix(">>>"), id=f"cell-{number}")


def run(book):
    """Runs every cell in the folder of the example."""
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    client = nbclient.NotebookClient(book, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(ROOT / "examples" / "b2b-saas")}})
    client.execute()
    return book


def main(arguments):
    book = nbformat.v4.new_notebook(cells=list(cells()))
    book.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    if arguments == ["--write"]:
        run(book)
        for cell in book.cells:
            cell.metadata.pop("execution", None)
        book.metadata.pop("language_info", None)
        PLACE.write_text(nbformat.writes(book) + "\n", encoding="utf-8")
        return 0
    if arguments != ["--check"]:
        print(__doc__)
        return 2
    kept = nbformat.read(PLACE, as_version=4)
    if [cell.source for cell in kept.cells] != [cell.source for cell in book.cells]:
        print(f"{PLACE.name} has other cells than notebook.py: run notebook.py --write")
        return 1
    shown = [bool(cell.outputs) for cell in kept.cells if cell.cell_type == "code"]
    ran = run(book)
    now = [bool(cell.outputs) for cell in ran.cells if cell.cell_type == "code"]
    images = [out for cell in ran.cells if cell.cell_type == "code" for out in cell.outputs if "image/png" in out.get("data", {})]
    if shown != now or len(images) != 1:
        print(f"{PLACE.name} shows other results than a run gives: run notebook.py --write")
        return 1
    print(f"{PLACE.name}: {len(now)} cells ran")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
