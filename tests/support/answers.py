"""Decide as a model would, whatever the API: first call a tool that lists the files, then say what it found.

Where it is told to, and can, it first gives that very task to a sub-agent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from probe.renderers.blocks import Usage
from tests.support.schemas import TITLE, instance
from tests.support.toolcalls import LIST_FILES, TASK, Tool, ToolCall, called, choose, delegate, wait

PLAN = "**Looking around**\n\nI do not know this folder yet, so I list its files first."
FOUND = "I listed the files in this folder; the tool's output above shows each of them. Nothing was changed."
SUMMARY = "The user asked for the files of a folder, and they were listed."

CALL, TEXT, SIDE = "call", "text", "side"
"""What a turn does: it calls the shell tool, says the final text, or gives a title and the like."""


def _spent(**numbers: int) -> Usage:
    return Usage(**numbers, total=numbers["input"] + numbers["output"])


USAGE: dict[str, dict[str, Usage]] = {
    "openai_responses": {
        CALL: _spent(input=1204, output=61, cache_read=0, reasoning=24),
        TEXT: _spent(input=1290, output=38, cache_read=1152, reasoning=0),
        SIDE: _spent(input=94, output=7, cache_read=64, reasoning=2),
    },
    "openai_chat_completions": {
        CALL: _spent(input=2311, output=83, cache_read=1024, reasoning=41),
        TEXT: _spent(input=2427, output=52, cache_read=2176, reasoning=17),
        SIDE: _spent(input=173, output=9, cache_read=128, reasoning=3),
    },
    "anthropic_messages": {
        CALL: _spent(input=3517, output=96, cache_read=1408, cache_write=2091, cache_write_1h=640, reasoning=29),
        TEXT: _spent(input=3683, output=47, cache_read=3499, cache_write=163, cache_write_1h=130, reasoning=11),
        SIDE: _spent(input=215, output=13, cache_read=0, cache_write=0, cache_write_1h=0, reasoning=0),
    },
    "gemini_generate_content": {
        CALL: _spent(input=4622, output=118, cache_read=2048, reasoning=73),
        TEXT: _spent(input=4751, output=68, cache_read=4096, reasoning=26),
        SIDE: _spent(input=311, output=19, cache_read=256, reasoning=5),
    },
    "bedrock": {
        CALL: _spent(input=5733, output=137, cache_read=2816, cache_write=2903, cache_write_1h=512, reasoning=31),
        TEXT: _spent(input=5881, output=59, cache_read=5719, cache_write=151, cache_write_1h=127, reasoning=15),
        SIDE: _spent(input=419, output=23, cache_read=0, cache_write=0, cache_write_1h=0, reasoning=0),
    },
}
"""What each API's turn tells as its usage, in the one model that all are mapped to: every number differs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a request asks of the model, whatever its API."""

    tools: Sequence[Tool] = ()
    has_result: bool = False
    """True when a tool has answered since the user last spoke."""
    results: int = 0
    """How many tools have answered in all."""
    schema: dict[str, Any] | None = None
    """JSON schema that the answer must fit; None for plain text."""
    forced: str | None = None
    """Name of the tool that must be called; an empty one stands for any."""
    words: str = ""
    """The system prompt and the user's last words: they tell what kind of answer is wanted."""
    thinks: bool = True
    """True when the answer may tell of the model's reasoning."""
    room: int | None = None
    """The most tokens that the answer may have; None for no such limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What the model does in one turn."""

    number: int
    """Ids are counted from it, so that recordings can be repeated."""
    kind: str
    """CALL, TEXT or SIDE."""
    reasoning: str | None = None
    call: ToolCall | None = None
    text: str | None = None
    """None when it only calls a tool."""
    cut_short: bool = False
    """True when the answer has no room for more."""
    usage: Usage | None = None
    """None for that of `USAGE`."""

    def spent(self, api: str) -> Usage:
        """Return what the turn takes in an API."""
        return self.usage or USAGE[api][self.kind]


@dataclass(slots=True, kw_only=True)
class Model:
    """A model that always does the same two turns."""

    command: str = LIST_FILES
    """The shell command that the first turn asks for."""
    text: str = FOUND
    """What the second turn says."""
    sub_agent: bool = False
    """Whether a sub-agent is given a task first, where the agent offers a tool for that."""
    turns: int = 0
    """How many turns were answered."""
    inputs: dict[str, list[Any]] = field(default_factory=dict)
    """What came before each answer, by its id, for an API in which later requests may leave it out."""

    def step(self, asked: Asked) -> Step:
        """Decide what to do."""
        self.turns += 1
        if asked.room == 1:
            # An agent only asks whether there is such a model.
            return Step(number=self.turns, kind=SIDE, text="I", cut_short=True)
        handed = self._handed_over(asked)
        if handed:
            return Step(number=self.turns, kind=CALL, reasoning=PLAN if asked.thinks else None, call=handed)
        shell = choose(asked.tools, self.command)
        forced = _forced(asked, shell)
        if forced:
            return Step(number=self.turns, kind=SIDE, call=called(forced))
        if shell and not asked.has_result:
            return Step(number=self.turns, kind=CALL, reasoning=PLAN if asked.thinks else None, call=shell)
        if asked.schema is not None:
            kind = TEXT if shell else SIDE
            return Step(number=self.turns, kind=kind, text=json.dumps(instance(asked.schema)))
        if not asked.tools:
            for pattern, said in _SIDES.items():
                if re.search(pattern, asked.words, re.IGNORECASE):
                    return Step(number=self.turns, kind=SIDE, text=said)
        end = _END.search(asked.words)
        return Step(number=self.turns, kind=TEXT, text=self.text, call=choose(asked.tools, end[1]) if end else None)

    def _handed_over(self, asked: Asked) -> ToolCall | None:
        """Return the call that starts a sub-agent, or waits for it; None for the sub-agent itself."""
        if not self.sub_agent or TASK in asked.words:
            return None
        if asked.results == 0:
            return delegate(asked.tools)
        return wait(asked.tools) if asked.results == 1 and asked.has_result else None


_END = re.compile(r"finish your work by issuing the following command: `([^`\n]+)`")
"""How a prompt asks for a last call of the shell, where a text alone does not end the agent's work."""
_SIDES = {r"\btitles?\b": TITLE, r"\bsummar(y|i[sz]e)\b": SUMMARY}
"""What is said where no tool is offered, by a word of the prompt."""


def _forced(asked: Asked, shell: ToolCall | None) -> Tool | None:
    """Return the tool that must be called, unless it is the shell anyway."""
    if asked.forced is None or (shell and asked.forced in ("", shell.name)):
        return None
    return next((tool for tool in asked.tools if asked.forced in ("", tool.name)), None)
