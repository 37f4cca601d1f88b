#!/usr/bin/env python3
"""Pulls, scores and pushes contacts of a stand-in for HubSpot's API that is not ours, and reads them back with HubSpot's own client.

    python3 tests/hubspot/run.py --mock FILE [--lsrc FILE] [--contacts N] [--seconds N]

FILE of --mock is a program that takes `--port N --token T` and serves the API on this machine, with `POST /__seed` (contacts and
properties), `POST /__fault` (a fault of a path, before or after the work) and `GET /__log` (every request). HubSpot's client is the Python
package `hubspot-api-client`; without it, or without the stand-in, this is skipped with status 2. Status 1 where something is lost, written
twice, or refused for a limit that was not waited for. The whole ends after --seconds (600).
"""

import argparse
import collections
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
KEY = "pat-test"
RULES = """lsr 1

schema contact {
  key record_id: integer  from "hs_object_id"
  jobtitle:      text
  lifecyclestage: one of [
    subscriber,
    lead,
    mql = "marketingqualifiedlead",
    sql = "salesqualifiedlead",
    opportunity,
    customer,
    evangelist,
    other
  ]
}

score fit max 100 {
  if jobtitle contains "chief" then +60  because "decides"
}

label grade by fit { 50..: A  ..<50: B }

lifecycle lifecyclestage {
  stage sql when fit >= 50  because "good fit"
  otherwise lead
}
"""


def skip(why):
    print(f"skipped: {why}")
    sys.exit(2)


def call(base, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(base + path, data=data, method="POST" if data else "GET"), timeout=60) as answer:
        return json.load(answer)


def started(mock):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, mock, "--port", str(port), "--token", KEY])
    base = f"http://127.0.0.1:{port}"
    for _ in range(100):
        try:
            call(base, "/__log")
            return process, base
        except OSError:
            time.sleep(0.1)
    process.terminate()
    skip("the stand-in does not answer")


def seed(base, contacts):
    # All of them changed in the same millisecond.
    moment = 1_767_225_600_000
    people = [
        {"id": str(n), "ms": moment, "properties": {"jobtitle": "chief" if n % 3 == 0 else "clerk",
                                                    "lifecyclestage": "customer" if n % 7 == 0 else "subscriber"}}
        for n in range(1, contacts + 1)
    ]
    for at in range(0, contacts, 2000):
        call(base, "/__seed", {"contacts": people[at:at + 2000]})


def checked(base, contacts):
    """HubSpot's own client reads what was written."""
    from hubspot.crm.contacts import ApiClient, ApiException, BasicApi, Configuration

    configuration = Configuration(host=base)
    configuration.access_token = KEY
    api = BasicApi(ApiClient(configuration))
    wrong, read, after = 0, 0, None
    while True:
        for attempt in range(20):
            try:
                page = api.get_page(limit=100, after=after, properties=["lsrc_fit", "lsrc_grade", "lifecyclestage"])
                break
            except ApiException as error:
                if error.status != 429:
                    raise
                time.sleep(2)
        for contact in page.results:
            chief = int(contact.id) % 3 == 0
            expected = ("60", "A", "salesqualifiedlead") if chief else ("0", "B", "lead")
            got = tuple(contact.properties.get(name) for name in ("lsrc_fit", "lsrc_grade", "lifecyclestage"))
            wrong += got != expected
            read += 1
        after = page.paging.next.after if page.paging and page.paging.next else None
        if not after:
            return read, wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mock")
    parser.add_argument("--lsrc", default=os.path.join(ROOT, "target", "debug", "lsrc"))
    parser.add_argument("--contacts", type=int, default=12_000)
    parser.add_argument("--seconds", type=int, default=600)
    arguments = parser.parse_args()
    if not arguments.mock or not os.path.isfile(arguments.mock):
        skip("no stand-in for the API is given with --mock")
    if not os.path.isfile(arguments.lsrc):
        skip(f"{arguments.lsrc} is not built")
    try:
        import hubspot  # noqa: F401
        from importlib.metadata import version

        print(f"hubspot-api-client {version('hubspot-api-client')}")
    except ImportError:
        skip("the package hubspot-api-client is not installed")
    signal.alarm(arguments.seconds)
    process, base = started(arguments.mock)
    faults = []
    try:
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "score.lsr"), "w") as file:
                file.write(RULES)
            seed(base, arguments.contacts)

            def lsrc(*words):
                begun = time.time()
                done = subprocess.run(
                    [arguments.lsrc, *words], cwd=folder, env={**os.environ, "LSRC_HUBSPOT_TOKEN": KEY}, capture_output=True, text=True
                )
                print(f"$ lsrc {' '.join(words[:2])} ..  {time.time() - begun:.1f} s, status {done.returncode}")
                print("\n".join("  " + line for line in done.stderr.strip().splitlines()[:12]))
                if done.returncode:
                    faults.append(f"status {done.returncode} of {words[:2]}")
                return time.time() - begun

            pull = ["pull", "hubspot", "--rules", "score.lsr", "-o", "contacts.csv", "--base-url", base]
            plan = ["push", "hubspot", "score.lsr", "contacts.csv", "--map", "fit=lsrc_fit,grade=lsrc_grade,lifecyclestage",
                    "--create-properties", "--plan", "plan.json", "--base-url", base]
            apply = ["push", "hubspot", "--apply", "plan.json", "--base-url", base]
            seconds = lsrc(*pull)
            print(f"  {arguments.contacts / seconds:,.0f} contacts a second")
            lsrc(*plan)
            # What nobody can know: the write is done, and the answer is lost.
            for fault in [{"status": 504, "after": True}, {"drop": True, "after": True}, {"status": 502}, {"status": 423}, {"drop": True}]:
                call(base, "/__fault", {"method": "POST", "path": "batch/update", **fault})
            lsrc(*apply)
            before = sum(1 for entry in call(base, "/__log") if entry["path"].endswith("batch/update"))
            lsrc(*plan)
            lsrc(*apply)
            log = call(base, "/__log")
            after = sum(1 for entry in log if entry["path"].endswith("batch/update"))
            if after != before:
                faults.append(f"the second push wrote {after - before} batches")
            statuses = collections.Counter(entry["status"] for entry in log)
            print("  answers:", ", ".join(f"{n} of {status}" for status, n in sorted(statuses.items())))
            read, wrong = checked(base, arguments.contacts)
            print(f"HubSpot's client read {read} contacts, {wrong} are not as they should be")
            if wrong or read != arguments.contacts:
                faults.append("contacts are lost or wrong")
    finally:
        process.terminate()
        process.wait()
    for fault in faults:
        print(f"FAILED: {fault}")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
