"""Percentiles and the table that `make bench` prints."""

import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One line of the report. `aim` is the figure we want, in words."""

    name: str
    value: str
    aim: str = ""


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` (0..1) of the values lie; 0 for none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def milliseconds(values: list[float]) -> str:
    """p50 / p95 / p99 in ms."""
    return " / ".join(f"{percentile(values, share) * 1000:.0f}" for share in (0.5, 0.95, 0.99))


def table(title: str, figures: list[Figure]) -> str:
    """A Markdown table."""
    lines = [f"### {title}", "", "| measure | result | aim |", "|---|---|---|"]
    lines += [f"| {figure.name} | {figure.value} | {figure.aim} |" for figure in figures]
    return "\n".join(lines) + "\n"


def machine_speed() -> str:
    """Milliseconds for a fixed calculation, best and worst of ten: rented processors vary.

    A result counts only against this: twice the milliseconds, half the machine.
    """
    times = []
    for _ in range(10):
        started = time.perf_counter()
        sum(number & 7 for number in range(500_000))
        times.append((time.perf_counter() - started) * 1000)
    return f"{min(times):.0f} to {max(times):.0f} ms"
