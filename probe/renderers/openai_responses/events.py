"""List the event types of the official Python SDK (openai 3.52.0, `ResponsesServerEvent`) and their use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple


class Slot(NamedTuple):
    """Where the text belongs that a pair of `….delta` and `….done` events streams."""

    name: str
    """Field of the item, or type of the part, that the text is for."""
    part: str | None
    """Field of the event with the number of the part; None where an item has but one."""
    final: str
    """Field of the `….done` event with the whole text."""
    item: str
    """Type of the item, should no event have named it."""


STREAMED = {
    "response.output_text": Slot("output_text", "content_index", "text", "message"),
    "response.refusal": Slot("refusal", "content_index", "refusal", "message"),
    "response.reasoning_text": Slot("reasoning_text", "content_index", "text", "reasoning"),
    "response.reasoning_summary_text": Slot("summary_text", "summary_index", "text", "reasoning"),
    "response.function_call_arguments": Slot("arguments", None, "arguments", "function_call"),
    "response.custom_tool_call_input": Slot("input", None, "input", "custom_tool_call"),
    "response.mcp_call_arguments": Slot("arguments", None, "arguments", "mcp_call"),
    "response.code_interpreter_call_code": Slot("code", None, "code", "code_interpreter_call"),
    "response.shell_call_command": Slot("command", "command_index", "command", "shell_call"),
    "response.audio": Slot("data", None, "data", "audio"),
    "response.audio.transcript": Slot("transcript", None, "transcript", "audio"),
}
DELTAS = {f"{name}.delta": slot for name, slot in STREAMED.items()}
# The first event of a command has its beginning, which so far is always empty.
DELTAS["response.shell_call_command.added"] = STREAMED["response.shell_call_command"]
DONES = {f"{name}.done": slot for name, slot in STREAMED.items()}

ENDS = frozenset({"response.completed", "response.failed", "response.incomplete"})

_PROGRESS = {
    "code_interpreter_call": ("in_progress", "interpreting", "completed"),
    "file_search_call": ("in_progress", "searching", "completed"),
    "web_search_call": ("in_progress", "searching", "completed"),
    "image_generation_call": ("in_progress", "generating", "completed"),
    "mcp_call": ("in_progress", "completed", "failed"),
    "mcp_list_tools": ("in_progress", "completed", "failed"),
    "compaction": ("compacting",),
}
LIFECYCLE = frozenset(
    {
        *ENDS,
        "response.created",
        "response.queued",
        "response.in_progress",
        "keepalive",
        *(f"response.{item}.{step}" for item, steps in _PROGRESS.items() for step in steps),
    }
)
"""Events that report how far the answer is; they are counted, and the last answer that they carry is shown."""

PAINTED = ("background", "output_format", "quality", "size")
"""Fields that describe a partial image."""

STEERING = frozenset({"response.steer.accepted", "response.steer.pending", "response.steer.failed"})
"""Events that are shown each by itself, as errors are."""

_NUMBERS = ("sequence_number", "output_index", "content_index", "summary_index", "command_index", "annotation_index")
_PLACES: dict[str, tuple[type, ...]] = {
    **dict.fromkeys((*_NUMBERS, "partial_image_index"), (int, type(None))),
    **dict.fromkeys(("item_id", "stream_id"), (str, int, type(None))),
    "obfuscation": (str, type(None)),
    "type": (str,),
}
"""Members of any event that identify the place of its content, or are padding, and their types."""
_CONTENT: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(DELTAS, ("delta", "logprobs")),
    "response.shell_call_command.added": ("command", "delta"),
    **{name: (slot.final, "logprobs") for name, slot in DONES.items()},
    "response.function_call_arguments.done": ("arguments", "name"),
    **dict.fromkeys(("response.output_item.added", "response.output_item.done"), ("item",)),
    **dict.fromkeys(("response.content_part.added", "response.content_part.done"), ("part",)),
    "response.output_text.annotation.added": ("annotation",),
    "response.reasoning_summary_part.added": ("part", "status"),
    "response.reasoning_summary_part.done": ("part", "status"),
    "response.shell_call_output_content.delta": ("delta",),
    "response.shell_call_output_content.done": ("output",),
    "response.image_generation_call.partial_image": ("partial_image_b64", *PAINTED),
    **dict.fromkeys((*ENDS, "response.created", "response.queued", "response.in_progress"), ("response",)),
}
"""Members that are read of each type of event, besides those of any event."""
KNOWN = frozenset({*_CONTENT, *LIFECYCLE, *STEERING, "error"})
"""Every other type is unknown."""


def unread(kind: str, event: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the members of an event of a known type that nothing reads: undocumented ones, and places of odd types."""
    content = _CONTENT.get(kind, ())
    for name, value in event.items():
        if name in content:
            continue
        if name not in _PLACES or not isinstance(value, _PLACES[name]):
            yield name, value
