"""Figures in the text format of Prometheus, version 0.0.4. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import isinf

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Gauge:
    """One name with a sentence of what it means, and a value for each set of labels.

    Labels come from fixed lists, never from what people or monitored systems send.
    """

    name: str
    meaning: str
    samples: Mapping[Labels, float] = field(default_factory=dict)

    @classmethod
    def single(cls, name: str, meaning: str, value: float) -> "Gauge":
        return cls(name, meaning, {(): value})

    @classmethod
    def by(cls, label: str, name: str, meaning: str, values: Mapping[str, float]) -> "Gauge":
        """A value for each value of one label."""
        return cls(name, meaning, {((label, key),): value for key, value in values.items()})


def text(gauges: Iterable[Gauge]) -> str:
    """The page that Prometheus reads."""
    return "".join(line + "\n" for gauge in gauges for line in _lines(gauge))


def _lines(gauge: Gauge) -> Iterable[str]:
    meaning = gauge.meaning.replace("\\", "\\\\").replace("\n", "\\n")
    yield f"# HELP {gauge.name} {meaning}"
    yield f"# TYPE {gauge.name} gauge"
    for labels, value in gauge.samples.items():
        inside = ",".join(f'{name}="{_quoted(label)}"' for name, label in labels)
        place = f"{{{inside}}}" if inside else ""
        yield f"{gauge.name}{place} {_number(value)}"


def _quoted(label: str) -> str:
    return label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    if isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(value)
