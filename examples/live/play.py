#!/usr/bin/env python3
"""Play a day: activities of contacts come in, the server scores each contact again, and who becomes an SQL is posted to sales.

    play.py [--server http://127.0.0.1:8080] [--notify http://127.0.0.1:8091] [--token TOKEN]

The script keeps the contacts, as a website's own database would; the server keeps nothing.
"""
import argparse
import json
import pathlib
import urllib.request

HERE = pathlib.Path(__file__).parent
DAY = [
    ("08:12", "cy@core.example", "visit"),
    ("09:05", "bob@bolt.example", "pricing"),
    ("09:40", "cy@core.example", "webinar"),
    ("11:20", "cy@core.example", "pricing"),
    ("13:02", "bob@bolt.example", "visit"),
    ("15:48", "cy@core.example", "demo"),
    ("16:30", "dee@dune.example", "demo"),
]


def post(url, document, token=None):
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(url, json.dumps(document).encode(), headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read()


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--server", default="http://127.0.0.1:8080")
    options.add_argument("--notify", help="where moves to sql are posted, as to a webhook of Slack")
    options.add_argument("--token")
    options = options.parse_args()
    lines = (HERE / "contacts.jsonl").read_text().splitlines()
    contacts = {contact["email"]: contact for contact in map(json.loads, lines)}
    for time, email, kind in DAY:
        contact = contacts[email]
        contact["activity"].append({"at": f"2026-03-02T{time}:00Z", "kind": kind})
        asked = {"record": contact, "as_of": f"2026-03-02T{time}", "explain": "reasons"}
        result = json.loads(post(options.server + "/v1/score", asked, options.token))["result"]
        stage = result["stages"]["status"]
        if result["excluded"]:
            print(f"{time}  {email}: {kind}; not scored: {result['excluded_because']}")
            continue
        print(f"{time}  {email}: {kind}; {result['scores']['total']} points, {stage['after']}")
        if stage["move"] != "forward":
            continue
        contact["status"] = stage["after"]
        if stage["after"] == "sql" and options.notify:
            why = ", ".join(reason["because"] for reason in result["reasons"] if reason["because"])
            post(options.notify, {"text": f"{email} is ready for sales: {why}"})


if __name__ == "__main__":
    main()
