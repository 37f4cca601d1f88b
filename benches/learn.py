#!/usr/bin/env python3
"""`lsrc learn` beside FasterRisk, optbinning and scikit-learn, on the same records and the same folds.

    python3 -m venv peers && peers/bin/pip install numpy pandas scikit-learn optbinning
    peers/bin/python benches/learn.py --lsrc target/release/lsrc --data ../shared/data

FasterRisk pins old versions of numpy and pandas, so it wants an environment of its own, and Python 3.11 or older:

    python3.11 -m venv faster && faster/bin/pip install fasterrisk==0.1.10
    peers/bin/python benches/learn.py .. --fasterrisk faster/bin/python

What is not installed is left out, and said. Records are split by row: fold = row mod 5, from 0. Figures are means over the five
folds; everything is learned from the other four. Seconds are CPU seconds of all five folds and all sizes that are shown.
"""

import argparse
import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

SETS = {
    # name: (file, label, truth of the label, columns left out, missing values)
    "adult": ("learn/adult.csv", "Over50K", "1", [], []),
    "mammo": ("learn/mammo.csv", "Malignant", "1", [], []),
    "breastcancer": ("learn/breastcancer.csv", "Benign", "1", [], []),
    "german": ("german-credit/germancredit.csv", "creditability", "bad", [], []),
    "xedu": (
        "x-education/Leads.csv",
        "Converted",
        "1",
        ["Prospect ID", "Lead Number", "Tags", "Lead Quality", "Lead Profile", "Last Activity", "Last Notable Activity", ""]
        + ["Asymmetrique " + x for x in ("Activity Index", "Profile Index", "Activity Score", "Profile Score")],
        ["", "Select"],
    ),
}
SIZES = (5, 10, 20)


def load(folder, name):
    file, label, truth, without, missing = SETS[name]
    with open(os.path.join(folder, file), newline="") as handle:
        rows = list(csv.DictReader(handle))
    columns = [c for c in rows[0] if c not in without and c != label and c is not None]
    for row in rows:
        for column in columns:
            value = (row[column] or "").strip()
            row[column] = "" if value in missing else value
    return columns, rows, [int(row[label] == truth) for row in rows]


def numeric(rows, column):
    try:
        values = [float(row[column]) for row in rows if row[column] != ""]
    except ValueError:
        return False
    return len(set(values)) > 2 or set(values) <= {0.0, 1.0}


def lsrc(binary, columns, rows, truth):
    """Means by size, lines at 20, and CPU seconds."""
    with tempfile.TemporaryDirectory() as folder:
        names = [f"c{at}" for at in range(len(columns))]
        with open(os.path.join(folder, "s.lsr"), "w") as out:
            out.write("lsr 1\n\nschema s {\n")
            for name, column in zip(names, columns):
                out.write(f"  {name}: {'number' if numeric(rows, column) else 'text'}\n")
            out.write("  converted: boolean\n}\n")
        with open(os.path.join(folder, "d.csv"), "w", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(names + ["converted"])
            writer.writerows([row[c] for c in columns] + [y] for row, y in zip(rows, truth))
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [os.path.abspath(binary), "learn", "d.csv", "--schema", "s.lsr", "--outcome", "converted", "--folds", "row"]
        # Every column is used, as by the others.
        command += ["--rules", "20", "--keep", ",".join(names), "--summary", "f.json", "-o", "r.lsr", "-q"]
        subprocess.run(command, cwd=folder, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        with open(os.path.join(folder, "f.json")) as handle:
            figures = json.load(handle)
    sizes = {size["terms"]: size for size in figures["sizes"]}
    last = max(sizes)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {k: sizes[min(k, last)]["auc"] for k in SIZES}, figures["lines"], seconds


def folds(rows, truth):
    for fold in range(5):
        train = [at for at in range(len(rows)) if at % 5 != fold]
        yield train, [at for at in range(len(rows)) if at % 5 == fold]


def timed(job):
    before = time.process_time()
    result = job()
    return result, time.process_time() - before


def frame(columns, rows):
    import pandas as pd

    table = pd.DataFrame([{c: row[c] for c in columns} for row in rows])
    for column in columns:
        if numeric(rows, column):
            table[column] = pd.to_numeric(table[column].replace("", None))
        else:
            table[column] = table[column].str.lower().replace("", None).astype("object")
    return table


def boosting(columns, rows, truth):
    import numpy as np
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score

    table = frame(columns, rows)
    for column in columns:
        if table[column].dtype == object:
            table[column] = table[column].astype("category").cat.codes.replace(-1, np.nan)
    y = np.array(truth)
    scores = []
    for train, test in folds(rows, truth):
        model = HistGradientBoostingClassifier(max_iter=120, learning_rate=0.08, random_state=0)
        model.fit(table.iloc[train], y[train])
        scores.append(roc_auc_score(y[test], model.predict_proba(table.iloc[test])[:, 1]))
    return sum(scores) / 5


def scorecard(columns, rows, truth):
    """Mean AUC and mean lines of a scorecard over optimal bins."""
    import numpy as np
    from optbinning import BinningProcess, Scorecard
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score

    table, y = frame(columns, rows), np.array(truth)
    scores, lines = [], []
    for train, test in folds(rows, truth):
        texts = [c for c in columns if table[c].dtype == object]
        process = BinningProcess(columns, categorical_variables=texts)
        card = Scorecard(process, LogisticRegression(max_iter=1000))
        card.fit(table.iloc[train], y[train])
        scores.append(roc_auc_score(y[test], card.predict_proba(table.iloc[test])[:, 1]))
        summary = card.table()
        lines.append(int((summary["Points"].abs() > 1e-9).sum()))
    return sum(scores) / 5, sum(lines) / 5


FASTER = r"""
import json, sys, time
import numpy as np
from fasterrisk.fasterrisk import RiskScoreOptimizer, RiskScoreClassifier
job = json.load(open(sys.argv[1]))
y = np.array(job["y"]) * 2 - 1
out, start = {}, time.process_time()
for k in job["sizes"]:
    scores = []
    for fold in range(5):
        x, names = np.array(job["x"][fold], dtype=float), None
        test = np.arange(len(y)) % 5 == fold
        optimizer = RiskScoreOptimizer(X=x[~test], y=y[~test], k=k)
        optimizer.optimize()
        multiplier, intercept, points = optimizer.get_models(model_index=0)
        total = x[test] @ points
        order = np.argsort(total, kind="stable")
        ranks = np.empty(len(total)); values = total[order]; at = 0
        while at < len(values):
            to = at
            while to < len(values) and values[to] == values[at]: to += 1
            ranks[order[at:to]] = (at + to + 1) / 2; at = to
        positive = y[test] > 0
        p, n = positive.sum(), (~positive).sum()
        scores.append((ranks[positive].sum() - p * (p + 1) / 2) / (p * n))
    out[k] = sum(scores) / 5
print(json.dumps({"auc": out, "seconds": time.process_time() - start}))
"""


def indicators(columns, rows, train):
    """0/1 columns from the training rows: frequent levels, and numbers up to their twentieths."""
    least = max(20, -(-len(train) // 200))
    out = []
    for column in columns:
        if numeric(rows, column):
            known = sorted(float(rows[at][column]) for at in train if rows[at][column] != "")
            cuts = sorted({known[int(q * (len(known) - 1) / 20)] for q in range(1, 20)})
            sets = [(lambda row, t=t, c=column: row[c] != "" and float(row[c]) <= t) for t in cuts]
            sets.append(lambda row, c=column: row[c] == "")
        else:
            levels = sorted({rows[at][column].lower() for at in train})
            sets = [(lambda row, v=v, c=column: row[c].lower() == v) for v in levels]
        for test in sets:
            values = [int(test(row)) for row in rows]
            inside = sum(values[at] for at in train)
            if least <= inside <= len(train) - least:
                out.append(values)
    return [list(row) for row in zip(*out)]


def fasterrisk(python, columns, rows, truth, sizes):
    with tempfile.TemporaryDirectory() as folder:
        job = os.path.join(folder, "job.json")
        with open(job, "w") as out:
            matrices = [indicators(columns, rows, train) for train, _ in folds(rows, truth)]
            json.dump({"x": matrices, "y": truth, "sizes": sizes}, out)
        run = subprocess.run([python, "-c", FASTER, job], capture_output=True, text=True, check=True)
    it = json.loads(run.stdout.splitlines()[-1])
    return {int(k): auc for k, auc in it["auc"].items()}, it["seconds"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lsrc", default="target/release/lsrc")
    parser.add_argument("--data", default="../shared/data", help="the folder with the public data sets")
    parser.add_argument("--set", action="append", choices=sorted(SETS), help="only these sets")
    parser.add_argument("--fasterrisk", metavar="PYTHON", help="a Python that has FasterRisk")
    parser.add_argument("--sizes", default="5,10,20", help="sizes for FasterRisk, which takes minutes at 20")
    args = parser.parse_args()
    print("| data | method | 5 lines | 10 lines | 20 lines | lines | CPU s |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
    for name in args.set or SETS:
        if not os.path.exists(os.path.join(args.data, SETS[name][0])):
            print(f"{name} is left out: {args.data}/{SETS[name][0]} is not there", file=sys.stderr)
            continue
        columns, rows, truth = load(args.data, name)

        def show(method, aucs, lines, seconds):
            cells = [f"{aucs[k]:.4f}" if k in aucs else "" for k in SIZES]
            print(f"| {name} | {method} | {' | '.join(cells)} | {lines} | {seconds:.2f} |", flush=True)

        aucs, lines, seconds = lsrc(args.lsrc, columns, rows, truth)
        show("lsrc learn", aucs, lines, seconds)
        if args.fasterrisk:
            sizes = [int(k) for k in args.sizes.split(",")]
            aucs, seconds = fasterrisk(args.fasterrisk, columns, rows, truth, sizes)
            show("FasterRisk", aucs, max(sizes), seconds)
        try:
            (auc, lines), seconds = timed(lambda: scorecard(columns, rows, truth))
            show("optbinning scorecard", {20: auc}, f"{lines:.0f}", seconds)
        except ImportError as error:
            print(f"optbinning is left out: {error}", file=sys.stderr)
        try:
            auc, seconds = timed(lambda: boosting(columns, rows, truth))
            show("gradient boosting", {20: auc}, "120 trees", seconds)
        except ImportError as error:
            print(f"scikit-learn is left out: {error}", file=sys.stderr)


if __name__ == "__main__":
    main()
