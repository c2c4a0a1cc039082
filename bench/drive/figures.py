"""The figures of a run, in one dictionary that is printed, stored, drawn and checked."""

import datetime
import os
import platform
import subprocess

from processes import BENCH
from rounds import summary

FLOORS = {"w1": "floor-send", "w32": "floor-writev", "rate": "floor-send"}


def cpu(line):
    return line["cpu_us_per_delivery"]


def p99(line):
    return line["last"]["p99_us"]


def of(rounds):
    rows = []
    for server in rounds.servers:
        name = server.name
        row = {"name": name, "title": server.title, "ours": server.ours, "floor": server.floor}
        if name in rounds.missing:
            row["missing"] = rounds.missing[name]
        else:
            row.update(traffic(rounds, name))
            row["loaded"] = rounds.is_loaded(name)
            row["idle"] = rounds.idle.get(name)
            row["publishing"] = rounds.publishing.get(name)
        rows.append(row)
    return {"machine": machine(), "plan": vars_of(rounds.plan), "rows": rows, "samples": rounds.samples}


def traffic(rounds, name):
    found = {}
    for label, floor in FLOORS.items():
        values = rounds.values(name, label, cpu)
        if not values:
            continue
        found[label] = {
            "us": summary(values),
            "deliveries_per_s": summary(rounds.values(name, label, lambda line: line["deliveries_per_s"])),
            "last_p50_us": summary(rounds.values(name, label, lambda line: line["last"]["p50_us"])),
            "last_p99_us": summary(rounds.values(name, label, p99)),
            "last_max_us": summary(rounds.values(name, label, lambda line: line["last"]["max_us"])),
            "to_floor": summary(rounds.ratios(name, floor, label)),
            "p99_to_floor": summary(rounds.ratios(name, floor, label, p99)),
            "to_gateway": summary(rounds.ratios(name, "gateway", label)),
            "p99_to_gateway": summary(rounds.ratios(name, "gateway", label, p99)),
            "others_pct": summary(rounds.values(name, label, lambda line: line["others_pct"])),
        }
        if rounds.values(name, label, lambda line: line["acks"])[0]:
            found[label]["ack_p99_us"] = summary(rounds.values(name, label, lambda line: line["ack"]["p99_us"]))
    return found


def vars_of(plan):
    return {name: getattr(plan, name) for name in plan.__dataclass_fields__}


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), platform.machine())
    with open("/proc/meminfo", encoding="utf-8") as file:
        memory = int(next(line.split()[1] for line in file if line.startswith("MemTotal")))
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "memory_gib": round(memory / 1048576, 1),
        "kernel": platform.release(),
        "dotnet": said("dotnet", "--version"),
        "node": said("node", "--version"),
        "commit": said("git", "-C", str(BENCH), "rev-parse", "--short", "HEAD"),
        "date": datetime.date.today().isoformat(),
    }


def said(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=20).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""
