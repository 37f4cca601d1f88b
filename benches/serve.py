#!/usr/bin/env python3
"""Load `lsrc serve` with wrk, by turns with a server of the same stack that answers with one fixed text.

    cargo build --release && cargo build --release --bench serve_probe
    benches/serve.py target/release/lsrc target/release/deps/serve_probe-*

Prints one table. Without wrk (Debian: apt-get install wrk) it says so and ends with status 0. Every figure is the median of
--rounds rounds, and the probe is measured in the same rounds: compare with it, since other programs load the machine too.
"""
import argparse, csv, json, os, pathlib, re, shutil, statistics, subprocess, sys, tempfile, time, urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent


def records():
    """The contacts of examples/b2b-saas as JSON records."""
    with open(ROOT / "examples/b2b-saas/contacts.csv", newline="", encoding="utf-8-sig") as file:
        return [{k: v for k, v in row.items() if v} for row in csv.DictReader(file)]


def script(folder, name, path, bodies, media="application/json"):
    """A script for wrk that sends these bodies by turns."""
    data = folder / f"{name}.bodies"
    data.write_text("\n".join(bodies) if len(bodies) > 1 else bodies[0])
    text = f"""
local bodies = {{}}
{'for line in io.lines("' + str(data) + '") do bodies[#bodies + 1] = line end' if len(bodies) > 1
 else 'local f = io.open("' + str(data) + '"); bodies[1] = f:read("*a"); f:close()'}
local n = 0
local requests = {{}}
init = function()
  for i, body in ipairs(bodies) do
    requests[i] = wrk.format("POST", "{path}", {{["Content-Type"] = "{media}"}}, body)
  end
end
request = function() n = n % #requests + 1; return requests[n] end
done = function(summary, latency)
  io.write(string.format("RESULT %d %d %d %f %f %d\\n", summary.requests, summary.duration, summary.errors.status +
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, summary.bytes))
end
"""
    file = folder / f"{name}.lua"
    file.write_text(text)
    return file


def wrk(address, file, connections, seconds):
    told = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(file), address],
                          capture_output=True, text=True).stdout
    found = re.search(r"RESULT (\d+) (\d+) (\d+) ([\d.]+) ([\d.]+)", told)
    if not found:
        sys.exit(f"wrk said nothing that can be read:\n{told}")
    count, micros, errors, p50, p99 = found.groups()
    return int(count) / (int(micros) / 1e6), int(errors), float(p50), float(p99)


def memory(pid):
    """Peak resident MiB."""
    for line in open(f"/proc/{pid}/status"):
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0.0


def started(arguments, port, path):
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(200):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=1)
            return process
        except urllib.error.HTTPError:
            return process
        except OSError:
            time.sleep(0.05)
    sys.exit(f"{arguments[0]} did not start")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("lsrc")
    options.add_argument("probe")
    options.add_argument("--seconds", type=int, default=4)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--log", default="info", help="what the server logs, to a file that is thrown away")
    options = options.parse_args()
    if not shutil.which("wrk"):
        print("wrk is not installed: nothing was measured (Debian: apt-get install wrk)")
        return
    rows = records()
    singles = [json.dumps({"record": row, "as_of": "2026-03-02"}) for row in rows[:500]]
    now = [json.dumps({"record": row}) for row in rows[:500]]
    reasons = [json.dumps({"record": row, "as_of": "2026-03-02", "explain": "reasons"}) for row in rows[:500]]
    explains = [json.dumps({"record": row, "as_of": "2026-03-02"}) for row in rows[:100]]
    thousand = [json.dumps({"records": rows[:1000], "as_of": "2026-03-02"})]
    lines = ["".join(json.dumps(row) + "\n" for row in rows[:1000])]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        server = started([options.lsrc, "serve", str(ROOT / "examples/b2b-saas/score.lsr"), "--listen", "127.0.0.1:18080",
                          "--log", options.log], 18080, "/health/live")
        probe = started([options.probe, "127.0.0.1:18081"], 18081, "/")
        ours, other = "http://127.0.0.1:18080", "http://127.0.0.1:18081"
        single = script(folder, "single", "/v1/score", singles)
        fixed = script(folder, "fixed", "/", singles)
        cases = [
            ("fixed answer, 16 connections", other, fixed, 16, 1),
            ("one record, 1 connection", ours, single, 1, 1),
            ("one record, 16 connections", ours, single, 16, 1),
            ("one record as of now, 16 connections", ours, script(folder, "now", "/v1/score", now), 16, 1),
            ("one record with reasons, 16 connections", ours, script(folder, "reasons", "/v1/score", reasons), 16, 1),
            ("one record, 64 connections", ours, single, 64, 1),
            ("1,000 records a document, 4 connections", ours, script(folder, "batch", "/v1/batch", thousand), 4, 1000),
            ("1,000 records by line, 4 connections", ours,
             script(folder, "lines", "/v1/batch?as_of=2026-03-02", lines, "application/x-ndjson"), 4, 1000),
            ("full account, 4 connections", ours, script(folder, "explain", "/v1/explain", explains), 4, 1),
        ]
        measured = {case[0]: [] for case in cases}
        peaks = {}
        for _ in range(options.rounds):
            for name, address, file, connections, _ in cases:
                measured[name].append(wrk(address, file, connections, options.seconds))
                peaks.setdefault(name, memory(server.pid))
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {options.rounds} rounds of {options.seconds} s, medians;"
              " wrk runs on the same cores\n")
        print("| what | requests/s | records/s | p50 ms | p99 ms | errors | peak MiB so far |\n| --- | --- | --- | --- | --- | --- | --- |")
        for name, address, _, _, factor in cases:
            runs = measured[name]
            rate = statistics.median(run[0] for run in runs)
            p50, p99 = (statistics.median(run[at] for run in runs) for at in (2, 3))
            peak = f"{peaks[name]:.0f}" if address == ours else ""
            print(f"| {name} | {rate:,.0f} | {rate * factor:,.0f} | {p50:.2f} | {p99:.2f} | {sum(run[1] for run in runs)} | {peak} |")
        for process in (server, probe):
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main()
