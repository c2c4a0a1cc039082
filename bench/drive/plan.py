"""What is measured of each server, and for how long."""

from dataclasses import dataclass

# Percent of one core that neither the server nor the load generator used. Some is the kernel's own work for them; above this somebody
# else was at work.
LOADED_PCT = 15.0


@dataclass(frozen=True)
class Plan:
    members: int
    rounds: int
    extra_rounds: int  # for what a busy machine spoiled
    warm_cpu: float
    seconds: float
    rate_seconds: float = 0
    idle_connections: int = 0
    idle_seconds: float = 20
    churn_seconds: float = 4
    prewarm: int = 300
    publishing: bool = False

    def phases(self, server):
        return phases(0 if server.native else self.warm_cpu, self.seconds, self.rate_seconds)


def phases(cpu, seconds, rate_seconds=0):
    """First the batches, unmeasured, until the server has used `cpu` seconds: a just-in-time compiler has most to do there, and as
    many calls to see it by."""
    made = [f"label=warm,w=32,warm=0.5,cpu={cpu},time=0.1", f"label=w1,w=1,warm=0.5,time={seconds}", f"label=w32,w=32,warm=0.4,time={seconds}"]
    if rate_seconds:
        made.append(f"label=rate,rate=50,warm=0.5,time={rate_seconds}")
    return tuple(made)


def full(members=1000, rounds=5):
    return Plan(members, rounds, 2, warm_cpu=3, seconds=2, rate_seconds=4, idle_connections=9000, publishing=True)


def quick(members=1000, rounds=2):
    return Plan(members, rounds, 1, warm_cpu=1.5, seconds=0.7, prewarm=200)


def check(members=1000, rounds=4):
    """Only ratios to the floor, but enough rounds to believe them."""
    return Plan(members, rounds, 3, warm_cpu=2, seconds=1, prewarm=200)
