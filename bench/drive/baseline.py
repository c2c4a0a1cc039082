"""The recorded ratios to the floor, and whether today's are worse by more than the noise that the recording itself had."""

import json
import sys

from processes import BENCH

PATH = BENCH / "baseline.json"

# However quiet the recording was: processes differ from start to start by about this much.
LEAST_NOISE = 0.06


def made_of(figures):
    ratios = {}
    for row in figures["rows"]:
        if not row["ours"] or "missing" in row:
            continue
        for label in ("w1", "w32"):
            spread = row.get(label, {}).get("to_floor")
            if spread:
                noise = max(spread["high"] / spread["median"] - 1, 1 - spread["low"] / spread["median"], LEAST_NOISE)
                ratios.setdefault(row["name"], {})[label] = {"median": round(spread["median"], 3), "noise": round(noise, 3)}
    return {"machine": figures["machine"], "members": figures["plan"]["members"], "rounds": figures["plan"]["rounds"], "ratios": ratios}


def write(figures):
    PATH.write_text(json.dumps(made_of(figures), indent=2) + "\n")


def read():
    if not PATH.exists():
        print("There is no bench/baseline.json to compare with: record one on a quiet machine with bench/run.sh --record.", file=sys.stderr)
        sys.exit(2)
    return json.loads(PATH.read_text())


def worse(figures, recorded):
    """Lines that say what is worse; and all that was compared."""
    findings, compared = [], []
    rows = {row["name"]: row for row in figures["rows"]}
    for name, labels in recorded["ratios"].items():
        for label, was in labels.items():
            row = rows.get(name)
            if row is None:
                continue
            if "missing" in row:
                findings.append(f"{name}: {row['missing']}")
                break
            now = row[label]["to_floor"]["median"]
            limit = was["median"] * (1 + was["noise"])
            line = f"{name:21} {label:4} {now:.2f} × floor, recorded {was['median']:.2f}, worse above {limit:.2f}"
            compared.append(line)
            if now > limit:
                findings.append(line)
    return findings, compared
