"""The results as tables in plain words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bench.contenders import DIRECT, FLOOR, NAMES
from bench.figures import Results

_MEANINGS = {
    DIRECT: "no proxy between",
    FLOOR: "mitmproxy's own program, streaming, recording nothing: the floor",
    "mitmdump -w": "the same with mitmproxy's own dump",
    "probe": "this project's proxy",
    "claude-tap": "another recorder",
}
_BUSY = 0.5


def tables(results: Results) -> Group:
    """Lay all results out."""
    workloads = results["workloads"]
    parts = [*_setting(results)]
    for workload, heading in (
        ("stream", "CPU time of the proxy for one 20 KB stream of 40 events, back to back"),
        ("request", "CPU time of the proxy for one request of 2 MB"),
    ):
        if "cpu" in workloads.get(workload, {}):
            parts += [*_titled(heading, _cpu(workloads[workload]["cpu"], workloads[workload]["whole"]))]
    if "p50" in workloads.get("latency", {}):
        heading = "How long events take directly, and how much later they arrive through a proxy"
        parts += [*_titled(heading, _latency(workloads["latency"]))]
    if results["kept"]:
        parts += [*_titled("What each kept of what was sent through it", _kept(results["kept"]))]
    if "memory" in workloads or "large" in workloads:
        parts += [*_titled("Memory of the proxy", _memory(workloads))]
    if "capture" in workloads:
        parts += [*_titled("An agent's own run, and the same under capture", _capture(workloads["capture"]))]
    if results["targets"]:
        parts += [*_titled("Targets", _targets(results["targets"]))]
    return Group(*parts)


def _setting(results: Results) -> Iterator[RenderableType]:
    """Return where and with which versions this was measured."""
    machine = results["machine"]
    cores, memory = machine["cores"], machine["memory_gigabytes"]
    yield Text(f"{machine['processor']}, {cores} cores, {memory} GB; {machine['platform']}")
    load = machine["load_average_at_start"][0]
    busy = " (something else is running: compare within one table only)" if load > _BUSY else ""
    yield Text(f"load average at the start {load}{busy}")
    yield Text(", ".join(f"{name} {version}" for name, version in results["versions"].items()))
    for name, why in results["left_out"].items():
        yield Text(f"{name} is left out: {why}")


def _titled(heading: str, table: Table) -> Iterator[RenderableType]:
    yield Text()
    yield Text(heading, style="bold")
    yield table


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if number else "left", no_wrap=not number)
    return table


def _rows(figures: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield what there is in the order of the contenders."""
    yield from ((name, figures[name]) for name in NAMES if name in figures)


def _spread(figure: dict[str, Any], form: Callable[[float], str]) -> str:
    return f"{form(figure['median'])} ({form(figure['low'])} to {form(figure['high'])})"


def _milliseconds(value: float) -> str:
    return f"{value:.2f}"


def _ratio(figure: dict[str, Any], key: str) -> str:
    return f"{figure[key]:.2f}" if key in figure else ""


def _cpu(own: dict[str, Any], whole: dict[str, Any]) -> Table:
    table = _table("", "ms, median (spread)", "times the floor", "with its other processes", "times the floor", "")
    table.columns[5].justify = "left"
    for name, figure in _rows(own):
        all_of_it = whole[name]
        cells = [_spread(figure, _milliseconds), _ratio(figure, "of_floor")]
        cells += [_milliseconds(all_of_it["median"]), _ratio(all_of_it, "of_floor")]
        table.add_row(name, *cells, _MEANINGS[name])
    return table


def _latency(figures: dict[str, Any]) -> Table:
    columns = {
        "first": "first event",
        "first_new": "on a new connection",
        "p50": "an event: half of them",
        "p99": "99 of 100",
    }
    table = _table("", *columns.values())
    for name in NAMES:
        if name in figures["first"]:
            own = [figures[key][name] for key in columns]
            # Direct has nothing to be compared with: it shows what the others are added to.
            first = name == DIRECT
            cells = [f"{one['median']:.2f} ms" if first else f"{one['over_direct']:+.2f} ms" for one in own]
            table.add_row(name, *cells)
    return table


def _kept(phases: dict[str, Any]) -> Table:
    columns = {
        "exchanges": "exchanges",
        "texts": "text of streams",
        "events": "events",
        "exact_streams": "streams exact",
        "exact_uploads": "2 MB requests exact",
    }
    table = _table("", "during", *columns.values(), "MB on disk")
    for phase, by_name in phases.items():
        for name, one in _rows(by_name):
            cells = [f"{one[key]} of {one['sent'][key]}" if one["sent"][key] else "" for key in columns]
            table.add_row(name, phase, *cells, f"{one['megabytes']:.0f}")
    return table


def _memory(workloads: dict[str, Any]) -> Table:
    table = _table("", "at the start", "half of the streams", "all", "peak, 500 MB answer", "peak, 200 MB request")
    memory, large = workloads.get("memory", {}), workloads.get("large", {})
    for name in NAMES:
        own = memory.get(name, {})
        peaks = [large.get(kind, {}).get(name) for kind in ("download", "upload")]
        values = [own.get("start"), own.get("half"), own.get("end"), *peaks]
        if any(value is not None for value in values):
            table.add_row(name, *("" if value is None else f"{value:.0f} MB" for value in values))
    return table


def _capture(figures: dict[str, Any]) -> Table:
    table = _table("", "seconds, median (spread)")
    for name, text in (("alone", "the agent alone"), ("captured", "under capture"), ("added", "difference")):
        table.add_row(text, _spread(figures[name], _milliseconds))
    return table


def _targets(targets: list[dict[str, Any]]) -> Table:
    table = _table("", "measured", "at most", "")
    for target in targets:
        unit = target["unit"]
        numbers = [f"{target[key]:.2f} {unit}".strip() for key in ("measured", "limit")]
        table.add_row(target["name"], *numbers, "met" if target["met"] else "MISSED")
    return table
