"""Find the recordings that can answer another version of their agent."""

from __future__ import annotations

from pathlib import Path

from probe.places import SAMPLES
from probe.record.runs import Run, all_runs, has_records, is_alive
from probe.targets.finding import output_dirs


def recordings(data_dir: Path, target: str | None = None) -> list[Run]:
    """Return all runs, those last that are taken first: bundled samples, then redacted copies, then by their start."""
    bundled = [one for one in all_runs(SAMPLES, target) if one.bundled]
    own = [one for one in all_runs(data_dir, target, output_dirs()) if not one.bundled]
    return [*bundled, *sorted(own, key=lambda one: one.manifest.facts.redaction is None)]


def why_unfit(run: Run) -> str | None:
    """Return why a run cannot answer an agent; None where it is whole, and real upstreams answered it."""
    facts = run.manifest.facts
    setting = facts.settings.get("replay")
    if facts.replay_of is not None or (setting and setting.value):
        return "its answers are those of another recording"
    if is_alive(run):
        return "it is still being recorded"
    if facts.agent_exit_code is None:
        return "it is not known how its agent ended"
    if facts.agent_exit_code:
        return f"its agent ended with exit code {facts.agent_exit_code}"
    return None if has_records(run.folder) else "it holds no exchange"
