"""Find the recording that a test names."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from probe.errors import UserError
from probe.record.exchange import UnreadExchange
from probe.record.open_record import record_file
from probe.record.reader import read_unread
from probe.record.runs import TRAFFIC, find_run
from probe.renderers.loader import Renderer, load_renderer
from probe.settings.settings import data_dir
from probe.slots.environment import NOWHERE, Environment, environment_of
from probe.slots.rules import Rule
from probe.targets.finding import load_target, output_dirs, renderer_spec, slot_rules, target_names


class Recording(NamedTuple):
    """What a replay needs of a recording."""

    exchanges: list[UnreadExchange]
    renderer: Renderer
    environment: Environment
    rules: tuple[Rule, ...]


def find_recording(source: str | Path) -> Recording:
    """Return the recording that a run's name, its folder, or a file is. Raises UserError."""
    path = Path(source).expanduser()
    if path.is_file():
        return _recording(path, NOWHERE, None)
    if record_file(path / TRAFFIC).is_file() and not (path / "manifest.json").exists():
        return _recording(path / TRAFFIC, NOWHERE, None)
    try:
        run = find_run(str(source), data_dir(None, os.environ), None, output_dirs(), replays=False)
    except UserError as error:
        if path.is_absolute() or path.suffix or ("/" in str(source) and path.parts[0] not in target_names()):
            raise UserError(f"no such file or folder: {source} (looked in {Path.cwd()})", error.hint) from error
        raise
    return _recording(run.traffic, environment_of(run.manifest), run.target)


def _recording(traffic: Path, environment: Environment, target: str | None) -> Recording:
    damaged: list[str] = []
    exchanges = list(read_unread(traffic, lambda line, why: damaged.append(f"line {line}: {why}"), whole=True))
    if damaged:
        raise UserError(f"{traffic} cannot be read whole: {damaged[0]}", "record it again, or remove that line")
    if not exchanges:
        raise UserError(f"{traffic} holds no exchange: nothing could be answered", "record it again")
    known = load_target(target)[0] if target in target_names() and target else None
    return Recording(exchanges, load_renderer(renderer_spec(known)), environment, slot_rules(known))
