import csv
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SAAS = ROOT / "examples" / "b2b-saas"
LED = ROOT / "examples" / "product-led"
ABM = ROOT / "examples" / "account-based"

SMALL = """
lsr 1
schema contact { key id: integer  email: text  visits: integer  last_visit: date  form: one of [demo, guide] }
score fit { per visits then +2 max 10  if form is demo then +50 because "asked for sales"  if email ends with ".example" then +1 }
"""


def lsrc(*arguments, cwd=None):
    """Runs the command of the wheel."""
    return subprocess.run([sys.executable, "-m", "lsrc", *map(str, arguments)], capture_output=True, text=True, cwd=cwd)


def rows_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="session")
def small():
    import lsrc

    return lsrc.Rules.from_text(SMALL)


@pytest.fixture(scope="session")
def saas():
    import lsrc

    return lsrc.Rules.load(SAAS / "score.lsr")
