"""The command that the wheel brings behaves as the one that cargo builds."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import SAAS, lsrc

COMMAND = Path(sys.executable).with_name("lsrc.exe" if os.name == "nt" else "lsrc")


def test_it_is_installed_and_says_its_version():
    import lsrc as module

    done = subprocess.run([COMMAND, "--version"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, f"lsrc {module.__version__}\n")


def test_statuses_are_those_of_the_command(tmp_path):
    assert lsrc("check", SAAS).returncode == 0
    assert lsrc("test", SAAS).returncode == 0
    (tmp_path / "bad.lsr").write_text("lsr 1\nscore s { per n then +1 }\n")
    assert lsrc("check", tmp_path / "bad.lsr").returncode == 1
    assert lsrc("check", "--nonsense").returncode == 2
    assert lsrc("run", tmp_path / "missing.lsr", "x.csv").returncode == 2


def test_output_is_complete_where_the_last_line_has_no_end():
    done = lsrc("completions", "bash")
    assert done.returncode == 0 and done.stdout.startswith("_lsrc()") and done.stdout.rstrip().endswith("fi")


@pytest.mark.skipif(os.name == "nt", reason="there are no such pipes")
def test_a_closed_pipe_is_no_failure():
    done = subprocess.run(["bash", "-o", "pipefail", "-c", f"'{COMMAND}' run {SAAS}/score.lsr {SAAS}/contacts.csv -q | head -1"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("record_id,")


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_nothing_half_written(tmp_path, sign):
    read, write = os.pipe()
    out = tmp_path / "scores.csv"
    process = subprocess.Popen([COMMAND, "run", SAAS / "score.lsr", "-", "-o", out], stdin=read, stderr=subprocess.PIPE, text=True)
    os.close(read)
    with open(SAAS / "contacts.csv", "rb") as file:
        os.write(write, file.read(60_000))
    time.sleep(1.5)
    process.send_signal(sign)
    try:
        status = process.wait(timeout=30)
    finally:
        os.close(write)
    assert status == 130
    assert list(tmp_path.iterdir()) == []


def test_python_m_and_the_script_are_the_same():
    assert shutil.which(COMMAND)
    script = subprocess.run([COMMAND, "--help"], capture_output=True, text=True)
    assert script.stdout == lsrc("--help").stdout
    assert "lsrc init" in script.stdout
