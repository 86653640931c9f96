"""The form of what `show`, `get` and `grep` print with `--json`."""

from __future__ import annotations

import sys
from typing import Any

import msgspec

from probe.ask import part_values, run_forms, search, worth_a_look
from probe.report import summary_run, summary_traffic, summary_turn
from probe.report.summary_part import Part
from probe.report.summary_schema import meanings


class Shown(Part, frozen=True, kw_only=True):
    """What `show --json` prints."""

    run: str
    """As every command takes it."""
    what: str
    """What was asked for: overview, or the words behind the run."""
    value: Any
    """overview: Overview; prompt: a list of Prompt; answer: FinalAnswer or None; instructions: a list of Instruction;
    tools: a list of ToolShown; costs: Costs; files: a list of TouchedFile; turn: TurnShown; item: ItemShown."""
    shortened: list[str]
    """JSON pointers to some places of the value that were cut; empty where all of it is here."""
    more: str | None
    """The command that prints all of it; None where nothing was cut."""


class Got(Part, frozen=True, kw_only=True):
    """What `get --json` prints."""

    run: str
    """As every command takes it."""
    path: str
    """The path."""
    value: Any
    """What it leads to."""
    shortened: list[str]
    """JSON pointers to some places of the value that were cut; an empty one is the value itself."""
    more: str | None
    """The command that prints all of it; None where nothing was cut."""


class Searched(Part, frozen=True, kw_only=True):
    """What `grep --json` prints."""

    hits: list[search.Hit]
    """The newest run first, in the order of its record."""
    runs_searched: int
    """How many runs were read: the search ends when it has enough hits."""
    more: str | None
    """The command that prints the next hits; None where there are no more."""


VALUES: dict[str, Any] = {
    "overview": run_forms.Overview,
    "prompt": list[run_forms.Prompt],
    "answer": summary_run.FinalAnswer | None,
    "instructions": list[run_forms.Instruction],
    "tools": list[run_forms.ToolShown],
    "costs": run_forms.Costs,
    "files": list[run_forms.TouchedFile],
    "turn": part_values.TurnShown,
    "item": part_values.ItemShown,
}
"""The form of what each word of `show` has as its value."""
_MODULES = (run_forms, part_values, search, worth_a_look, summary_run, summary_traffic, summary_turn)


def asking_schema() -> dict[str, Any]:
    """Return the schema of all three; the descriptions of fields are those in the source."""
    forms = [Shown, Got, Searched, *VALUES.values()]
    found, defs = msgspec.json.schema_components(forms, ref_template="#/$defs/{name}")
    texts = meanings(sys.modules[__name__])
    for module in _MODULES:
        texts |= meanings(module)
    for (name, field), meaning in texts.items():
        if field in defs.get(name, {}).get("properties", {}):
            defs[name]["properties"][field]["description"] = meaning
    uri = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": uri, "title": "show, get and grep with --json", "oneOf": list(found[:3]), "$defs": defs}
