"""Interleaved repetitions: a round takes every server once, each in a process of its own, and the next round begins with another one.
What a busy machine spoiled is said, and done again a bounded number of times."""

import statistics
import sys

import load
from plan import LOADED_PCT
from processes import NotAvailable


def say(text):
    print(text, file=sys.stderr, flush=True)


class Rounds:
    def __init__(self, servers, plan):
        self.servers = servers
        self.plan = plan
        self.samples = []  # dicts: server, round, others, phases {label: line}
        self.idle = {}
        self.publishing = {}
        self.missing = {}  # server name: why

    def run(self):
        for number in range(self.plan.rounds):
            turn = number % len(self.servers)
            self._round(number, self.servers[turn:] + self.servers[:turn])
        for extra in range(self.plan.extra_rounds):
            spoiled = [server for server in self.servers if self._short_of_quiet(server.name)]
            if not spoiled:
                break
            names = {server.name for server in spoiled}
            # The floors take part: ratios are made within a round.
            self._round(self.plan.rounds + extra, [server for server in self.servers if server.floor or server.name in names])
        if self.plan.idle_connections:
            for server in self.servers:
                if not server.floor and server.name not in self.missing:
                    self._idle(server)
        if self.plan.publishing:
            for server in self.servers:
                if server.publishing and server.name not in self.missing:
                    self._publishing(server)
        return self

    def _short_of_quiet(self, name):
        quiet = [sample for sample in self.samples if sample["server"] == name and not sample["loaded"]]
        return name not in self.missing and len(quiet) < self.plan.rounds

    def _round(self, number, servers):
        for server in servers:
            if server.name in self.missing:
                continue
            try:
                lines = load.measure(server, self.plan.members, self.plan.phases(server), prewarm=self.plan.prewarm)
            except NotAvailable as why:
                self.missing[server.name] = str(why)
                say(f"{server.name}: not available: {why}")
                continue
            except load.Failed as why:
                self.missing[server.name] = f"FAILED: {why}"
                say(f"{server.name}: failed: {why}")
                continue
            phases = {line["label"]: line for line in lines if line["phase"] == "events" and line["label"] != "warm"}
            others = max(line["others_pct"] for line in phases.values())
            self.samples.append({"server": server.name, "round": number, "others": others, "loaded": others > LOADED_PCT, "phases": phases})
            figures = "  ".join(f"{label} {line['cpu_us_per_delivery']:.2f} µs" for label, line in phases.items())
            say(f"round {number + 1}  {server.name:21} {figures}  others {others:.0f} %{'  LOADED' if others > LOADED_PCT else ''}")

    def _idle(self, server):
        plan = self.plan
        phases = [f"kind=idle,time={plan.idle_seconds}", f"kind=churn,time={plan.churn_seconds}"]
        try:
            lines = load.measure(server, plan.idle_connections, phases, prewarm=300, settle=2)
        except (NotAvailable, load.Failed) as why:
            say(f"{server.name}: idle: {why}")
            self.idle[server.name] = {"failed": str(why)}
            return
        connect, idle, churn = lines
        connections = plan.idle_connections
        others = max(line["others_pct"] for line in lines)
        self.idle[server.name] = {
            "connections": connections,
            "bytes_per_connection": (connect["rss"] - connect["rss_before"]) / connections,
            "cpu_us_per_connection_s": idle["cpu_us_per_connection_s"],
            "handshakes_per_s": churn["handshakes_per_s"],
            "cpu_us_per_handshake": churn["cpu_us_per_handshake"],
            "others": others,
            "loaded": others > LOADED_PCT,
        }
        say(f"idle     {server.name:21} {self.idle[server.name]['bytes_per_connection'] / 1024:.1f} KB  "
            f"{idle['cpu_us_per_connection_s']:.2f} µs/s  {churn['handshakes_per_s']:.0f} handshakes/s  others {others:.0f} %")

    def _publishing(self, server):
        """64 publishers, each in a room of its own with one reader; an event counts when it was delivered and acked."""
        phases = ["label=warm,w=256,warm=0.5,cpu=3,time=0.1", "label=most,w=512,warm=0.5,time=4", "label=paced,rate=2000,warm=1,time=5"]
        try:
            lines = load.measure(server, 64, phases, publishers=64, rooms=64, members=1, prewarm=64)
        except (NotAvailable, load.Failed) as why:
            say(f"{server.name}: publishing: {why}")
            self.publishing[server.name] = {"failed": str(why)}
            return
        most, paced = (next(line for line in lines if line.get("label") == label) for label in ("most", "paced"))
        others = max(most["others_pct"], paced["others_pct"])
        self.publishing[server.name] = {
            "acked_per_s": most["acks"] / most["seconds"],
            "cpu_us_per_event": most["cpu_us_per_event"],
            "paced_p50_us": paced["ack"]["p50_us"],
            "paced_p99_us": paced["ack"]["p99_us"],
            "others": others,
            "loaded": others > LOADED_PCT,
        }
        say(f"publish  {server.name:21} {most['acks'] / most['seconds']:.0f} acked/s  at 2,000/s: p50 {paced['ack']['p50_us'] / 1000:.2f} ms, "
            f"p99 {paced['ack']['p99_us'] / 1000:.2f} ms  others {others:.0f} %")

    # -- figures ---------------------------------------------------------------------------------------------------------

    def used(self, name):
        """The quiet samples of a server; where there are fewer than half of what was planned, all of them."""
        all_of_it = [sample for sample in self.samples if sample["server"] == name]
        quiet = [sample for sample in all_of_it if not sample["loaded"]]
        return quiet if len(quiet) * 2 >= self.plan.rounds else all_of_it

    def values(self, name, label, read):
        return [read(sample["phases"][label]) for sample in self.used(name) if label in sample["phases"]]

    def ratios(self, name, other, label, read=lambda line: line["cpu_us_per_delivery"]):
        """One a round in which both were measured."""
        others = {sample["round"]: sample for sample in self.used(other)}
        return [read(sample["phases"][label]) / read(others[sample["round"]]["phases"][label])
                for sample in self.used(name)
                if sample["round"] in others and label in sample["phases"] and read(others[sample["round"]]["phases"][label])]

    def is_loaded(self, name):
        return any(sample["loaded"] for sample in self.used(name))


def summary(values):
    if not values:
        return None
    return {"median": statistics.median(values), "low": min(values), "high": max(values), "count": len(values)}
