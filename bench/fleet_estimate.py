"""Estimate what a larger fleet takes, from what a small one took."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

RUNS, MEGABYTES = 100_000, 50.0
"""The fleet that is estimated: 5 TB."""
LISTED = f"{RUNS:,} runs listed, no work"
"""How what was measured of its driver is named."""
_PROCESSORS = (2, 16, 64, 256)


class Inputs(NamedTuple):
    """What was measured."""

    seconds_a_run: float
    """CPU of all processes for one small run: opening, reading, storing, adding up, its share of the start."""
    seconds_a_megabyte: float
    """CPU for each megabyte of a large run."""
    seconds_a_megabyte_fetched: float
    """CPU for each megabyte that comes from a bucket, without TLS."""
    tasks: float
    tasks_a_second: float
    """That the driver and its scheduler can hand out."""


class Estimate(NamedTuple):
    """What so many processors would take."""

    processors: int
    hours: float
    megabytes_a_second: float
    """That the bucket has to deliver to all of them together."""


def inputs_of(measured: Mapping[str, float]) -> Inputs:
    """Return the inputs of the model from what `bench fleet` measured."""
    return Inputs(
        seconds_a_run=measured["first: CPU seconds"] / measured["runs"],
        seconds_a_megabyte=measured["large run: CPU seconds"] / measured["MB of a large run"],
        seconds_a_megabyte_fetched=measured["from a bucket: CPU seconds"] / measured["MB of a large run"],
        tasks=measured[f"{LISTED}: tasks"],
        tasks_a_second=measured[f"{LISTED}: tasks a second"],
    )


def estimates(inputs: Inputs) -> Iterator[Estimate]:
    """Yield an estimate for each number of processors: the work is shared, handing it out is not."""
    cpu = RUNS * (inputs.seconds_a_run + MEGABYTES * (inputs.seconds_a_megabyte + inputs.seconds_a_megabyte_fetched))
    for processors in _PROCESSORS:
        seconds = max(cpu / processors, inputs.tasks / inputs.tasks_a_second)
        yield Estimate(processors, seconds / 3600, RUNS * MEGABYTES / seconds)
