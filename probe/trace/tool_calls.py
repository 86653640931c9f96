"""What is kept of a tool call of the model."""

from __future__ import annotations

from typing import Any

import msgspec

from probe.renderers.blocks import ToolCall
from probe.trace.features import NAME, text_number

TEXT = 640
"""Characters of an answer's text, of a problem and of a tool's argument that are kept."""
_TELLING = ("command", "cmd", "file_path", "path", "filePath", "absolute_path", "pattern", "query", "url", "prompt")
"""Names of arguments that say most of what a call does, in this order."""

_AGENTS = ("subagent_type", "agent_type", "agent_name")
"""Names of arguments that name a sub-agent."""
_TEXTS = 8
"""Texts among a call's arguments that are numbered."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A tool call of the model."""

    name: str
    argument: str
    """Its most telling argument, such as a shell command or a path; empty where there is none."""
    call_id: str | None
    texts: tuple[int, ...] = ()
    """Numbers of the texts among its arguments (`text_number`): one of them may be a sub-agent's prompt."""
    agent: str | None = None
    """Name of the sub-agent that it starts, where an argument has one."""


def call_of(block: ToolCall) -> Call:
    """Return what is kept of a tool call."""
    arguments = block.arguments if isinstance(block.arguments, dict) else {}
    texts = [value for value in arguments.values() if isinstance(value, str) and value.strip()]
    named = [value for name in _AGENTS if isinstance(value := arguments.get(name), str) and value]
    return Call(
        name=block.name[:NAME],
        argument=_argument(block.arguments)[:TEXT],
        call_id=block.call_id,
        texts=tuple(map(text_number, texts[:_TEXTS])),
        agent=named[0][:TEXT] if named else None,
    )


def _argument(arguments: Any) -> str:
    """Return the argument that says most of what a call does."""
    if not isinstance(arguments, dict):
        return arguments if isinstance(arguments, str) else ""
    telling = (arguments[name] for name in _TELLING if arguments.get(name))
    value = next(telling, None) or next(iter(arguments.values()), "")
    if isinstance(value, list):
        # A command as a list of words; of `sh -lc SCRIPT` the script says it all.
        words = [word for word in value if isinstance(word, str)]
        return words[-1] if len(words) == 3 and words[1] in ("-c", "-lc") else " ".join(words)
    return value if isinstance(value, str) else ""
