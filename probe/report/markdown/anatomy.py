"""Write the anatomy of the prompt: fixed text and slots of instructions and tools."""

from __future__ import annotations

from collections.abc import Sequence

from probe.report.markdown.escape import code
from probe.report.markdown.tables import table
from probe.report.preview import cut
from probe.report.prompt_parts import PromptPart
from probe.slots.anatomy import SlotUse

_COLUMNS = ("part", "bytes", "tokens (estimate)", "of the request", "fixed text", "slots")


def prompt_anatomy(parts: Sequence[PromptPart], number: int) -> str:
    """Write instructions and tools of one turn as a table; `number` is what readers know the turn by."""
    if not parts:
        return ""
    rows = [
        (
            one.kind.value,
            f"{one.size:,}",
            "?" if one.tokens is None else f"{one.tokens:,}",
            _share(one.size, one.request),
            _share(one.fixed, one.size),
            ", ".join(map(_slot, one.slots)) or "none",
        )
        for one in parts
    ]
    head = f"Of [turn {number}](#turn-{number}). A slot is a value that changes from run to run.\n"
    return f"## Fixed text and slots\n\n{head}\n{table(_COLUMNS, rows)}"


def _slot(use: SlotUse) -> str:
    times = f" ×{use.count:,}" if use.count > 1 else ""
    return f"{code(use.slot)}{times} ({code(cut(use.example))})"


def _share(part: int, whole: int) -> str:
    """Return a share; what is nearly all of it is not shown as all."""
    percent = 100 * part / whole
    return f"{percent:.1f}%" if part == whole or percent < 99.95 else "99.9%"
