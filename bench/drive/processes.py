"""Server processes: started in a session of their own, found ready by a connect, ended by their own ids and by nothing else."""

import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

BENCH = Path(__file__).resolve().parent.parent
BUILD = BENCH / "build"


class NotAvailable(Exception):
    """A server that can't run here; the text says why, and the table repeats it."""


def free_port():
    """Below the range that connections take their own ports from, so that none of those is in the way."""
    for _ in range(200):
        port = random.randint(20000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise RuntimeError("no free port")


def program(*names):
    """The first of the programs that is there."""
    for name in names:
        found = shutil.which(name) or (name if os.access(name, os.X_OK) else None)
        if found:
            return found
    raise NotAvailable(f"{names[0]} is not installed")


class Processes:
    """The processes of one server, with a scratch directory that goes with them."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="gateway-bench-"))
        self.started = []

    def start(self, command, env=None, name="server"):
        log = self.folder / f"{name}.log"
        with open(log, "wb") as out:
            process = subprocess.Popen(
                [str(part) for part in command], cwd=self.folder, env={**os.environ, **(env or {})},
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
        process.log = log
        self.started.append(process)
        return process

    def ready(self, process, port, check=None, seconds=30):
        """Waits until the port answers (and the check, where there is one, is true)."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if process.poll() is not None:
                raise NotAvailable(f"did not start: {last_line(process.log)}")
            if accepts(port) and (check is None or check()):
                return
            time.sleep(0.05)
        raise NotAvailable(f"was not ready after {seconds} s: {last_line(process.log)}")

    def pids(self):
        """All processes, workers that they started themselves too."""
        found = []
        for process in self.started:
            found += family(process.pid)
        return found

    def stop(self):
        for process in self.started:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.started:
            try:
                process.wait(4)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def family(pid):
    pids = [pid]
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            for child in children.read_text().split():
                pids += family(int(child))
        except OSError:
            pass
    return pids


def accepts(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def last_line(log):
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1][:200] if lines else "it said nothing"
