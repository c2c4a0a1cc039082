"""Runs the load generator against started servers and returns its lines."""

import json
import subprocess

from processes import BUILD, Processes


class Failed(Exception):
    """The server lost, doubled or altered something, or broke off; such a run has no figures."""


def run(arguments, pids, phases, connections, timeout=300, **options):
    command = [BUILD / "load", *arguments, "--connections", connections, "--pid", ",".join(map(str, pids))]
    for name, value in options.items():
        command += ["--" + name.replace("_", "-"), value]
    for phase in phases:
        command += ["--phase", phase]
    try:
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=timeout)
    except subprocess.TimeoutExpired as fault:
        raise Failed(f"the load generator was not done after {timeout} s") from fault
    if done.returncode != 0:
        said = "; ".join(done.stderr.strip().splitlines()[:3]) or "without a word"
        raise Failed(f"{said} (exit status {done.returncode})")
    return [json.loads(line) for line in done.stdout.splitlines()]


def measure(server, connections, phases, **options):
    """One server, fresh: started, loaded, ended."""
    with Processes() as processes:
        arguments = server.start(processes, connections)
        return run(arguments, processes.pids(), phases, connections, **options)
