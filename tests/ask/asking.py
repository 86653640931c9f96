"""Ask records as `show`, `grep` and `get` do, without a run's folder; or call these as a user would."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from probe.analysis.prices import Prices
from probe.ask.known_run import KnownRun, Source
from probe.ask.look_up import look_up
from probe.ask.path import parse_path
from probe.ask.printed import asking_schema
from probe.record.exchange import Exchange
from probe.renderers.loader import AUTO, load_renderer
from probe.slots.slots import Slots
from tests.conftest import GOLDEN
from tests.report.reports import RUN
from tests.support import bundled
from tests.trace.tracing import lines

RECORDS = {f"{file.parent.name}/{file.stem}": file for file in sorted(GOLDEN.glob("*/*.jsonl"))} | bundled.RECORDS
"""Every record that the tests have: each API, whole and broken."""
BUNDLED = bundled.BUNDLED


def known(record: Path) -> KnownRun:
    """Return the run of a record, rendered by path; of a bundled one, with its prompt."""
    prompts = [one.manifest.facts.prompt for one in BUNDLED.values() if one.traffic == record]
    return KnownRun(
        Source(
            name="some/run",
            record=record,
            renderer=load_renderer(AUTO),
            ids={},
            described=replace(RUN, prompt=next(iter(prompts), None)),
            prices=Prices(installed=False),
            slots=Slots(),
            on_malformed=lambda number, reason: None,
            manifest={},
        )
    )


def known_of(folder: Path, *exchanges: Exchange) -> KnownRun:
    """Return the run of some exchanges."""
    record = folder / "traffic.jsonl"
    record.write_bytes(lines(exchanges))
    return known(record)


def got(run: KnownRun, path: str) -> Any:
    """Return the value at a path."""
    return look_up(run, parse_path(path)).value


def raw(run: KnownRun, path: str) -> bytes:
    """Return the exact bytes at a path."""
    return b"".join(look_up(run, parse_path(path)).raw())


def run_folder(data: Path, name: str, exchanges: Iterable[Exchange], **manifest: Any) -> Path:
    """Write a run into a data folder, as `target/name`."""
    folder = data / name
    folder.mkdir(parents=True)
    (folder / "traffic.jsonl").write_bytes(lines(exchanges))
    facts = {"schema": 2, "target": folder.parent.name, "started": "2026-01-01T00:00:00Z", "ended": None, **manifest}
    (folder / "manifest.json").write_text(json.dumps(facts))
    return folder


def called(
    main: Callable[[list[str]], int], capsys: pytest.CaptureFixture[str], *words: str, code: int = 0
) -> tuple[str, str]:
    """Call a script; return what it printed on stdout and on stderr."""
    assert main([*words]) == code
    said = capsys.readouterr()
    return said.out, said.err


@cache
def form_of_json() -> Any:
    """Return the validator of what is printed with --json."""
    return jsonschema_rs.validator_for(asking_schema())


def given(**options: Any) -> Namespace:
    """Return options as a script has them."""
    return Namespace(**{"limit": None, "offset": None, "all": False, **options})
