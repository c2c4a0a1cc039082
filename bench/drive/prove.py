"""Shows that the load generator finds a server that loses, doubles, alters or swaps events, and passes one that doesn't."""

import sys

import load
from processes import BENCH, Processes, free_port, program

FAULTS = {"none": True, "lose": False, "double": False, "alter": False, "swap": False}


def passes(fault):
    port = free_port()
    with Processes() as processes:
        process = processes.start([program("node"), BENCH / "peers" / "faulty.mjs", port, fault])
        processes.ready(process, port)
        try:
            load.run(["--port", port], processes.pids(), ["w=32,warm=0.3,time=1.5"], 100)
            return True, "passed"
        except load.Failed as why:
            return False, str(why)


def main():
    wrong = 0
    for fault, expected in FAULTS.items():
        passed, why = passes(fault)
        wrong += passed != expected
        print(f"{'ok ' if passed == expected else 'BAD'} {fault}: {why}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
