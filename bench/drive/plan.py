"""What is measured of each server, and for how long."""

from dataclasses import dataclass

# Two thirds of a tick's error on a measurement of 2 s, and what the kernel's own threads take under this load, stay below it.
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


def phases(warm, time, rate_time):
    made = [f"label=w1,w=1,warm={warm},time={time}", f"label=w32,w=32,warm={warm / 2},time={time}"]
    if rate_time:
        made.append(f"label=rate,rate=50,warm=0.5,time={rate_time}")
    return tuple(made)


def full(members=1000, rounds=5):
    return Plan(members, rounds, 2, phases(2, 2, 4), idle_connections=9000)


def quick(members=1000, rounds=2):
    return Plan(members, rounds, 1, phases(1, 0.8, 0), prewarm=200)


def check(members=1000, rounds=7):
    """Only ratios to the floor, but enough rounds to believe them."""
    return Plan(members, rounds, 3, phases(1.5, 0.8, 0), prewarm=200)
