"""Parts of messages as the fields of ATIF's steps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from probe.exports.parts import CALL, REASONING, RESULT, TEXT, Part

_SHOWN = (TEXT, "refusal", "uri", "file", "media_in_record")
_ELSEWHERE = (*_SHOWN, CALL, RESULT, REASONING, "tools")


def text_of(parts: Iterable[Part]) -> str:
    """Return the text of a message; images, sounds and files are named in brackets."""
    return "\n\n".join(filter(None, (_text(part) for part in parts if part["type"] in _SHOWN)))


def _text(part: Part) -> str:
    if "content" in part:
        return str(part["content"])
    where = part.get("uri") or part.get("file_id") or "its bytes are in the record"
    return f"[{' '.join(filter(None, (part['modality'], part['mime_type'])))}: {where}]"


def other_parts(parts: Iterable[Part]) -> list[Part]:
    """Return the parts that no field of a step has a place for."""
    return [part for part in parts if part["type"] not in _ELSEWHERE]


def reasoning_of(parts: Iterable[Part]) -> str | None:
    """Return the reasoning in the clear; None where there is none."""
    texts = [str(part["content"]) for part in parts if part["type"] == REASONING and part["content"]]
    return "\n\n".join(texts) or None


class Calls:
    """The tool calls of one answer, each with the unique id that ATIF wants."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.named = 0
        """Calls that have no id of their own, or one that another has too."""
        self.not_objects = 0
        """Calls whose arguments are no object."""
        self.ids: list[str | None] = []
        """Their own ids."""
        self.made: list[dict[str, Any]] = []
        used: set[str] = set()
        for part in (part for part in parts if part["type"] == CALL):
            call_id = part["id"]
            if call_id is None or call_id in used:
                call_id, self.named = f"call-{len(self.made) + 1}", self.named + 1
            used.add(call_id)
            self.ids.append(part["id"])
            self.made.append(
                {
                    "tool_call_id": call_id,
                    "function_name": part["name"],
                    "arguments": self._arguments(part["arguments"]),
                }
            )

    def _arguments(self, arguments: Any) -> dict[str, Any]:
        """Return arguments as the object that ATIF wants."""
        if isinstance(arguments, dict):
            return arguments
        if arguments in (None, ""):
            return {}
        self.not_objects += 1
        return {"input": arguments}


def result_of(part: Part, source: str | None) -> dict[str, Any]:
    """Return the result of a tool as an observation; `source` is the id of its call in the same step."""
    response = part["response"]
    content = response if isinstance(response, str) else text_of(response)
    made = {"content": content} if source is None else {"source_call_id": source, "content": content}
    return made | ({"extra": {"failed": part["failed"]}} if "failed" in part else {})


def results_in(parts: Iterable[Part]) -> list[Part]:
    """Return the results of tools among parts."""
    return [part for part in parts if part["type"] == RESULT]


def openai_tool(definition: Part) -> dict[str, Any]:
    """Return the definition of a tool in OpenAI's style."""
    if definition["type"] != "function":
        return definition
    return {"type": "function", "function": {name: one for name, one in definition.items() if name != "type"}}


def says_something(parts: Sequence[Part]) -> bool:
    """Check whether a message has more than what is elsewhere: results of tools, and tools that are offered."""
    return any(part["type"] not in (RESULT, "tools") and part != {"type": TEXT, "content": ""} for part in parts)
