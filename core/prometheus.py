"""Figures in the text format of Prometheus, version 0.0.4. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from math import inf, isinf

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


@dataclass(frozen=True, slots=True)
class Counter(Gauge):
    """A gauge that only rises until everything is started anew; its name ends with `_total`."""


@dataclass(frozen=True, slots=True)
class Histogram:
    """For each set of labels how many values lie within each bound, and their sum.

    `counts` are those of each bucket alone, the last one for what lies above all `bounds`.
    """

    name: str
    meaning: str
    bounds: Sequence[float]
    samples: Mapping[Labels, tuple[Sequence[float], float]] = field(default_factory=dict)


def text(figures: Iterable[Gauge | Histogram]) -> str:
    """The page that Prometheus reads."""
    return "".join(line + "\n" for figure in figures for line in _lines(figure))


def _lines(figure: Gauge | Histogram) -> Iterable[str]:
    kind = type(figure).__name__.lower()
    meaning = figure.meaning.replace("\\", "\\\\").replace("\n", "\\n")
    yield f"# HELP {figure.name} {meaning}"
    yield f"# TYPE {figure.name} {kind}"
    if isinstance(figure, Histogram):
        for labels, (counts, total) in figure.samples.items():
            yield from _samples(f"{figure.name}_bucket", _buckets(figure.bounds, labels, counts))
            ends = {f"{figure.name}_sum": total, f"{figure.name}_count": sum(counts)}
            for name, value in ends.items():
                yield from _samples(name, {labels: value})
        return
    yield from _samples(figure.name, figure.samples)


def _buckets(
    bounds: Sequence[float], labels: Labels, counts: Sequence[float]
) -> dict[Labels, float]:
    """As Prometheus counts them: each bucket holds those below it too."""
    totals = accumulate(counts)
    return {
        (*labels, ("le", _number(bound))): total
        for bound, total in zip([*bounds, inf], totals, strict=True)
    }


def _samples(name: str, samples: Mapping[Labels, float]) -> Iterable[str]:
    for labels, value in samples.items():
        inside = ",".join(f'{key}="{_quoted(label)}"' for key, label in labels)
        place = f"{{{inside}}}" if inside else ""
        yield f"{name}{place} {_number(value)}"


def _quoted(label: str) -> str:
    return label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    if isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(value)
