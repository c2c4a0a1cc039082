"""The comparison; run.sh is the way in and explains the options."""

import argparse
import datetime
import json
import sys

import baseline
import figures
import page
import picture
import plan
import table
from processes import BENCH
from rounds import Rounds, say
from servers import BY_NAME, SERVERS


# What a change of ours can spoil; each way out once, so that a check stays short.
CHECKED = ("gateway", "gateway-stored", "gateway-tls", "gateway-redis")


def arguments():
    parser = argparse.ArgumentParser(prog="bench/run.sh")
    parser.add_argument("--quick", action="store_true", help="about two minutes: fewer and shorter rounds, nothing idle")
    parser.add_argument("--check", action="store_true", help="compare the gateway's ratios to the floor with bench/baseline.json")
    parser.add_argument("--record", action="store_true", help="write bench/baseline.json")
    parser.add_argument("--publish", action="store_true", help="write bench/results/recorded.json and its part of docs/performance.md, with the picture")
    parser.add_argument("--only", help="these servers, comma-separated (the floor is always there)")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--members", type=int, default=1000)
    parser.add_argument("--list", action="store_true", help="the servers' names")
    return parser.parse_args()


def chosen(options):
    wanted = set(options.only.split(",")) if options.only else None
    if wanted is None and (options.check or options.record):
        wanted = set(CHECKED)
        if options.check:
            wanted &= set(baseline.read()["ratios"])
    unknown = (wanted or set()) - set(BY_NAME)
    if unknown:
        sys.exit(f"unknown servers: {', '.join(sorted(unknown))}; there are {', '.join(BY_NAME)}")
    return [server for server in SERVERS if wanted is None or server.floor or server.name in wanted]


def measured(servers, made):
    found = figures.of(Rounds(servers, made).run())
    print(table.text(found))
    name = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
    (BENCH / "results").mkdir(exist_ok=True)
    path = BENCH / "results" / f"{name}.json"
    path.write_text(json.dumps(found, indent=1) + "\n")
    say(f"written to bench/results/{path.name}")
    return found


def check(servers, options, made):
    recorded = baseline.read()
    if recorded["machine"]["cpu"] != figures.machine()["cpu"]:
        say(f"the recording is of another machine ({recorded['machine']['cpu']}): ratios may differ for that alone")
    for attempt in (1, 2):
        findings, compared = baseline.worse(measured(servers, made), recorded)
        print("\n".join(compared))
        if not findings:
            print("No ratio to the floor is worse than recorded.")
            return 0
        if attempt == 1:
            say("worse than recorded; measured once more before it counts")
    print("Worse than recorded, twice:\n" + "\n".join(findings))
    return 1


def main():
    options = arguments()
    if options.list:
        print("\n".join(f"{server.name:21} {server.title}" for server in SERVERS))
        return 0
    servers = chosen(options)
    kind = plan.check if options.check or options.record else plan.quick if options.quick else plan.full
    made = kind(options.members, options.rounds) if options.rounds else kind(options.members)
    if options.check:
        return check(servers, options, made)
    found = measured(servers, made)
    if options.record:
        baseline.write(found)
        say("written to bench/baseline.json")
    if options.publish:
        (BENCH / "results" / "recorded.json").write_text(json.dumps({**found, "samples": None}, indent=1) + "\n")
        (BENCH.parent / "docs" / "performance.svg").write_text(picture.comparison(found))
        picture_link = "![Server CPU for one delivery: the gateway, a floor in C and other servers](performance.svg)"
        notes = "\n".join(line for line in table.notes(found) if line)
        page.put("comparison", f"{picture_link}\n\n{notes}\n\n{table.markdown(found)}")
        say("written to bench/results/recorded.json, docs/performance.svg and docs/performance.md")
    failed = [row for row in found["rows"] if row.get("missing", "").startswith("FAILED")]
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
