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
    phases: tuple
    idle_connections: int = 0
    idle_seconds: float = 20
    churn_seconds: float = 4
    prewarm: int = 300
    publishing: bool = False


def phases(warm, time, rate_time=0):
    """First the batches, unmeasured: a just-in-time compiler has most to do there, and as many calls to see it by."""
    made = [f"label=warm,w=32,warm=0,time={warm}", f"label=w1,w=1,warm=0.5,time={time}", f"label=w32,w=32,warm=0.4,time={time}"]
    if rate_time:
        made.append(f"label=rate,rate=50,warm=0.5,time={rate_time}")
    return tuple(made)


def full(members=1000, rounds=5):
    return Plan(members, rounds, 2, phases(3, 2, 4), idle_connections=9000, publishing=True)


def quick(members=1000, rounds=2):
    return Plan(members, rounds, 1, phases(1.5, 0.7), prewarm=200)


def check(members=1000, rounds=7):
    """Only ratios to the floor, but enough rounds to believe them."""
    return Plan(members, rounds, 3, phases(2, 1), prewarm=200)
