"""How the cost of a delivery changes as something grows: members, rooms, connections, history, nodes. curves.sh is the way in."""

import argparse
import json
import statistics
import sys

import figures
import gateway
import load
import page
import picture
from plan import LOADED_PCT, phases
from processes import BENCH, BUILD, NotAvailable, Processes
from rounds import say
from servers import BY_NAME

MEMBERS = (100, 300, 1000, 3000, 5000, 10000, 15000)
ROOMS = (10, 100, 1000, 10000, 100000)
CONNECTIONS = (1000, 3000, 5000, 10000, 15000)
HISTORY = (100, 1000, 10000, 100000)
NODES = (1, 2, 3, 4)

# With 100,000 rooms a connection is in 50 of them.
ROOM_CONNECTIONS, ROOM_MEMBERS = 8000, 4


def by_label(lines):
    return {line["label"]: line for line in lines if line["phase"] == "events"}


def members(point, server):
    """One room with all connections in it."""
    server = BY_NAME[server]
    return by_label(load.measure(server, point, phases(0 if server.native else 3, 1.5), prewarm=200, settle=1.5))


def rooms(point, _):
    """As many deliveries an event whatever the number of rooms. Fewer in flight than rooms, so that no room can batch."""
    made = ["label=warm,w=8,warm=0.5,cpu=3,time=0.1", "label=w8,w=8,warm=0.5,time=2"]
    with Processes() as processes:
        port = gateway.start(processes)
        arguments = ["--port", port, "--lines", gateway.tokens_file(16384), "--header", "Authorization: Bearer %l",
                     "--path", "/ws", "--publish-path", "/ws", "--step", '"type":"welcome"=>', "--publish-step", '"type":"welcome"=>',
                     "--each-room", '"type":"joined"=>{"type":"join","room":"bench%r","history":0}',
                     "--publish", '{"type":"message","room":"bench%r","ephemeral":true,"content":"%P"}']
        lines = load.run(arguments, processes.pids(), made, ROOM_CONNECTIONS, timeout=600, members=ROOM_MEMBERS, rooms=point, settle=3)
    connect, memberships = lines[0], max(ROOM_CONNECTIONS, point * ROOM_MEMBERS)
    return {**by_label(lines), "join": {"us": connect["cpu_us_per_handshake"] * ROOM_CONNECTIONS / memberships, "memberships": memberships,
                                        "seconds": connect["seconds"], "rss": connect["rss"], "others_pct": connect["others_pct"]}}


def connections(point, _):
    """1,000 members of one room; everybody else sits in other rooms of 1,000."""
    lines = load.measure(BY_NAME["gateway"], point, ["kind=idle,label=idle,time=21", *phases(3, 1.5)], members=1000, prewarm=200, settle=1.5)
    connect, idle = lines[0], lines[1]
    return {**by_label(lines), "idle": {"us": idle["cpu_us_per_connection_s"], "bytes": (connect["rss"] - connect["rss_before"]) / point,
                                        "handshakes_per_s": connect["handshakes_per_s"], "others_pct": idle["others_pct"]}}


def history(point, _):
    """Stored events to 100 members of a room that holds so many already; then newcomers who want the last 50."""
    extra = {"Gateway__Namespaces__chat__HistorySize": "1000000"}
    made = ["label=warm,w=32,warm=0.5,cpu=3,time=0.1", "label=w1,w=1,warm=0.3,time=1.5", "label=w32,w=32,warm=0.3,time=1.5"]
    with Processes() as processes:
        port = gateway.start(processes, extra)
        gateway.fill_history(port, "full", point)
        gateway.fill_history(port, "bench0", point)
        arguments = gateway.load_arguments(100, ephemeral=False, ids="h-")
        lines = load.run(["--port", port, *arguments], processes.pids(), made, 100, prewarm=100)
        newcomers = ["--path", "/ws?room=full&history=50", "--header", "Authorization: Bearer %l", "--lines", gateway.tokens_file(16384),
                     "--step", '"type":"joined"=>', "--step", f'"seq":{point},=>']
        churn = load.run(["--port", port, *newcomers], processes.pids(), ["kind=churn,label=warm,time=3", "kind=churn,label=join,time=2"],
                         64, handshakes=64)[-1]
    return {**by_label(lines), "join": {"us": churn["cpu_us_per_handshake"], "others_pct": churn["others_pct"]}}


def nodes(point, _):
    """1,000 members of one room dealt to so many nodes; the publisher is on the first."""
    from servers import Server, through_redis

    server = Server(f"redis-{point}", "", through_redis(point))
    return by_label(load.measure(server, 1000, phases(3, 2), prewarm=200, settle=1.5))


CURVES = {
    "members": (members, MEMBERS, ("gateway", "floor-send", "floor-writev")),
    "rooms": (rooms, ROOMS, ("gateway",)),
    "connections": (connections, CONNECTIONS, ("gateway",)),
    "history": (history, HISTORY, ("gateway",)),
    "nodes": (nodes, NODES, ("gateway",)),
}


def measure(name, rounds, most):
    """The points in turn, so that a slow change of the machine is not taken for a slope."""
    point_of, points, servers = CURVES[name]
    samples = {}
    for number in range(rounds):
        for point in points:
            for server in servers:
                if point > most:
                    continue
                try:
                    found = point_of(point, server)
                except (NotAvailable, load.Failed) as why:
                    say(f"{name} {point} {server}: {why}")
                    samples.setdefault((point, server), []).append({"failed": str(why)})
                    continue
                samples.setdefault((point, server), []).append(found)
                others = max(line.get("others_pct", 0) for line in found.values())
                told = "  ".join(f"{label} {line['cpu_us_per_delivery']:.3f} µs" for label, line in found.items() if "cpu_us_per_delivery" in line and label != "warm")
                rest = "  ".join(f"{label} {({key: round(value, 2) for key, value in line.items()})}" for label, line in found.items() if "cpu_us_per_delivery" not in line)
                say(f"{name} {point:>6} {server:13} {told}  {rest}  others {others:.0f} %{'  LOADED' if others > LOADED_PCT else ''}")
    return [{"x": point, "server": server, "rounds": found} for (point, server), found in samples.items()]


def points(curve, server, label, key="cpu_us_per_delivery", factor=1.0):
    """Medians of the rounds that nobody disturbed, or of all where there are none."""
    made = []
    for entry in curve:
        lines = [found[label] for found in entry["rounds"] if label in found and entry["server"] == server]
        quiet = [line for line in lines if line["others_pct"] <= LOADED_PCT]
        values = [line[key] * factor for line in quiet or lines]
        if values:
            made.append((entry["x"], statistics.median(values)))
    return made


def ratio(curve, label, floor):
    """Gateway to floor, round by round."""
    of = {(entry["x"], entry["server"]): entry["rounds"] for entry in curve}
    made = []
    for x in sorted({entry["x"] for entry in curve}):
        pairs = zip(of.get((x, "gateway"), []), of.get((x, floor), []))
        values = [ours[label]["cpu_us_per_delivery"] / its[label]["cpu_us_per_delivery"] for ours, its in pairs if label in ours and label in its]
        if values:
            made.append((x, statistics.median(values)))
    return made


def panels(curves):
    cpu = "µs of server CPU a delivery"
    made = []
    if "members" in curves:
        found = curves["members"]
        made += [
            {"title": "Members of a room, one event in flight", "x": "members", "y": cpu, "lines": [
                {"name": "gateway", "points": points(found, "gateway", "w1")}, {"name": "C, send", "points": points(found, "floor-send", "w1")}]},
            {"title": "Members of a room, 32 in flight", "x": "members", "y": cpu, "lines": [
                {"name": "gateway", "points": points(found, "gateway", "w32")}, {"name": "C, writev", "points": points(found, "floor-writev", "w32")}]},
        ]
    if "rooms" in curves:
        made.append({"title": f"Rooms, {ROOM_MEMBERS} members each", "x": "rooms", "y": cpu, "lines": [{"name": "gateway", "points": points(curves["rooms"], "gateway", "w8")}]})
    if "connections" in curves:
        found = curves["connections"]
        made += [
            {"title": "Connections, 1,000 of them in the room", "x": "connections", "y": cpu, "lines": [
                {"name": "one in flight", "points": points(found, "gateway", "w1")}, {"name": "32", "points": points(found, "gateway", "w32")}]},
            {"title": "Memory of an idle connection", "x": "connections", "y": "KB of RSS", "lines": [
                {"name": "gateway", "points": points(found, "gateway", "idle", "bytes", 1 / 1024)}]},
        ]
    if "history" in curves:
        found = curves["history"]
        made += [
            {"title": "Stored events in the room, 100 members", "x": "events kept", "y": cpu, "lines": [
                {"name": "one in flight", "points": points(found, "gateway", "w1")}, {"name": "32", "points": points(found, "gateway", "w32")}]},
            {"title": "Connecting and reading the last 50 of them", "x": "events kept", "y": "µs of server CPU a newcomer", "lines": [
                {"name": "gateway", "points": points(found, "gateway", "join", "us")}]},
        ]
    if any(entry for entry in points(curves.get("nodes", []), "gateway", "w1")):
        found = curves["nodes"]
        made.append({"title": "Nodes on Redis, 1,000 members dealt to them", "x": "nodes", "y": cpu + ", Redis included", "log": False, "lines": [
            {"name": "one in flight", "points": points(found, "gateway", "w1")}, {"name": "32", "points": points(found, "gateway", "w32")}]})
    return [panel for panel in made if any(line["points"] for line in panel["lines"])]


def tables(curves):
    """Each panel as a Markdown table, and the ratios to the floor."""
    made = []
    for panel in panels(curves):
        xs = sorted({x for line in panel["lines"] for x, _ in line["points"]})
        made += [f"{panel['title']} ({panel['y']})", "", "| " + panel["x"] + " | " + " | ".join(f"{x:,}" for x in xs) + " |", "| --- |" + " ---: |" * len(xs)]
        for line in panel["lines"]:
            of = dict(line["points"])
            made.append(f"| {line['name']} | " + " | ".join(f"{of[x]:.2f}" if x in of else "" for x in xs) + " |")
        made.append("")
    for label, floor in (("w1", "floor-send"), ("w32", "floor-writev")):
        found = ratio(curves.get("members", []), label, floor)
        if found:
            made += [f"× floor, {label}: " + ", ".join(f"{x:,}: {value:.2f}" for x, value in found)]
    return "\n".join(made) + "\n"


def main():
    parser = argparse.ArgumentParser(prog="bench/curves.sh")
    parser.add_argument("--only", help=f"these curves, comma-separated: {', '.join(CURVES)}")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--most", type=int, default=100000, help="no point above this")
    parser.add_argument("--publish", action="store_true", help="write bench/results/recorded-curves.json and its part of docs/performance.md, with the picture")
    options = parser.parse_args()
    wanted = options.only.split(",") if options.only else list(CURVES)
    if set(wanted) - set(CURVES):
        sys.exit(f"there are {', '.join(CURVES)}")
    recorded = BENCH / "results" / "recorded-curves.json"
    kept = json.loads(recorded.read_text())["curves"] if options.publish and recorded.exists() else {}
    curves = {**kept, **{name: measure(name, options.rounds, options.most) for name in wanted}}
    curves = {name: curves[name] for name in CURVES if name in curves}
    made = {"machine": figures.machine(), "curves": curves}
    print(tables(curves))
    (BENCH / "results").mkdir(exist_ok=True)
    (BENCH / "results" / "curves.json").write_text(json.dumps(made) + "\n")
    machine = made["machine"]
    note = f"128-byte events, {machine['cores']} cores of {machine['cpu']}, loopback; medians of {options.rounds} rounds."
    drawing = picture.curves(panels(curves), "What a delivery costs as things grow", note)
    (BUILD / "curves.svg").write_text(drawing)
    if options.publish:
        recorded.write_text(json.dumps(made, indent=1) + "\n")
        (BENCH.parent / "docs" / "performance-curves.svg").write_text(drawing)
        page.put("curves", f"![The same cost over members, rooms, connections, history and nodes](performance-curves.svg)\n\n{note}\n\n{tables(curves)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
