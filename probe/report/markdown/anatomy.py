"""Write the anatomy of the prompt: fixed text and slots of instructions and tools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from probe.report.markdown.escape import code
from probe.report.markdown.tables import table
from probe.report.preview import cut
from probe.report.prompt_parts import PARTS, PromptPart
from probe.slots.anatomy import SlotUse
from probe.trace.context import ContextKind

_COLUMNS = ("part", "bytes", "tokens (estimate)", "of the request", "fixed text", "slots")


def prompt_anatomy(
    parts: Sequence[PromptPart], sizes: Mapping[ContextKind, int], number: int, *, measured: bool
) -> str:
    """Write what one request consists of as a table; `number` is what readers know its turn by.

    `sizes` are the bytes of all that it consists of; `measured` is False where the usage is that of another request.
    """
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
    head += "" if measured else "Tokens are not estimated: those that were reported are of the recorded request.\n"
    return f"## Fixed text and slots\n\n{head}\n{table(_COLUMNS, rows)}\n{_rest(sizes)}"


def _rest(sizes: Mapping[ContextKind, int]) -> str:
    """Name what else the request consists of."""
    whole = sum(sizes.values())
    others = [(kind.value.replace("_", " "), size) for kind, size in sizes.items() if kind not in PARTS]
    named = ", ".join(f"{name} {size:,} ({_share(size, whole)})" for name, size in others)
    rest = f"The rest of its {whole:,} bytes: {named}. " if named else ""
    return f"{rest}Bytes are those of the JSON: with the ids, roles and metadata around the texts.\n"


def _slot(use: SlotUse) -> str:
    times = f" ×{use.count:,}" if use.count > 1 else ""
    return f"{code(use.slot)}{times} ({code(cut(use.example))})"


def _share(part: int, whole: int) -> str:
    """Return a share; what is nearly all of it is not shown as all."""
    percent = 100 * part / whole
    return f"{percent:.1f}%" if part == whole or percent < 99.95 else "99.9%"
