"""Putting one choice of a streamed answer together, as a whole answer has it, however far it came."""

from __future__ import annotations

from typing import Any

from probe.renderers.api import EventSource
from probe.renderers.openai_chat_completions.items import THOUGHTS
from probe.renderers.openai_chat_completions.pieces import Pieces, joined_parts
from probe.renderers.openai_chat_completions.streamed_calls import Called, Calls

_LISTS = ("annotations", "images")


class Span:
    """The events that something was made of, while they arrive."""

    __slots__ = ("first", "last")

    def __init__(self, first: int) -> None:
        self.first = self.last = first


class Choice:
    """What the chunks have of one choice."""

    def __init__(self) -> None:
        self.usage: dict[str, Any] = {}
        """Where a provider has it here (Moonshot); the last of each number counts."""
        self.odd: list[tuple[str, Any]] = []
        """Fields of an unexpected type."""
        self._spans: dict[str, Span] = {}
        self._touched: set[str] = set()
        self._fields = Pieces(())
        self._message = Pieces(("refusal", *THOUGHTS))
        self._lists: dict[str, list[Any]] = {}
        self._logprobs: dict[str, list[Any]] = {}
        self._details: dict[tuple[str, str], Pieces] = {}
        self._calls = Calls()
        self._function: Called | None = None
        self._audio: Pieces | None = None

    @property
    def finished(self) -> bool:
        """Check whether its `finish_reason` came."""
        return self._fields.last("finish_reason") is not None

    def add(self, number: int, choice: dict[str, Any]) -> None:
        """Add what one chunk has of it; some providers send the message where a delta belongs."""
        self._touch("", number)
        others: dict[str, Any] = {}
        for name, value in choice.items():
            if name in ("delta", "message") and isinstance(value, dict):
                self._delta(number, value)
            elif name == "logprobs" and isinstance(value, dict) and _are_lists(value):
                for kind, tokens in value.items():
                    self._logprobs.setdefault(kind, []).extend(tokens or ())
            elif name == "usage" and isinstance(value, dict):
                self.usage.update(value)
            elif name in ("delta", "message", "logprobs", "usage") and value is not None:
                self.odd.append((name, value))
            elif name == "index" and type(value) is int:
                continue
            # Azure has an empty object in chunks that it did not check.
            elif value != {}:
                others[name] = value
        self._fields.add(others)

    def end_event(self, last: int) -> None:
        """Note the number of the last event that the latest chunk stands for: pieces of one text are joined."""
        for name in self._touched:
            self._spans[name].last = last
        self._touched.clear()

    def source(self, name: str) -> EventSource:
        """Return the events that a piece of its message was made of; under the empty name all events."""
        span = self._spans.get(name) or self._spans[""]
        return EventSource(span.first, span.last)

    def fields(self) -> dict[str, Any]:
        """Return what a whole answer has besides the message."""
        logprobs = {name: tokens for name, tokens in self._logprobs.items() if tokens}
        return {**self._fields.built(), **({"logprobs": logprobs} if logprobs else {})}

    def message(self) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """Return the message as a whole answer has it, and the call that came last."""
        message = {**self._message.built(), **self._lists}
        if "content" in self._lists:
            message["content"] = joined_parts(self._lists["content"])
        if self._details:
            message["reasoning_details"] = [detail.built() for detail in self._details.values()]
        calls, latest = self._calls.built()
        if calls:
            message["tool_calls"] = calls
        if self._function:
            message["function_call"] = latest = self._function.built()
        if self._audio:
            message["audio"] = self._audio.built()
        return message, latest

    def _touch(self, name: str, number: int) -> None:
        self._spans.setdefault(name, Span(number))
        self._touched.add(name)

    def _delta(self, number: int, delta: dict[str, Any]) -> None:
        for name, value in delta.items():
            if value is None or value == "":
                continue
            if name in THOUGHTS or name == "reasoning_details":
                self._touch("reasoning", number)
            elif name == "function_call":
                self._touch(name, number)
            elif name not in ("tool_calls", "role"):
                self._touch("content", number)
            self._field(number, name, value)

    def _field(self, number: int, name: str, value: Any) -> None:
        """Add a field of a delta; many have their own way of coming in pieces."""
        match name, value:
            case "content", _:
                self._lists.setdefault(name, []).extend(value if isinstance(value, list) else [value])
            case "tool_calls", list():
                for piece in value:
                    if isinstance(piece, dict):
                        self._touch(f"tool_calls[{self._calls.add(piece)}]", number)
                    else:
                        self.odd.append((name, piece))
            case "function_call", dict():
                self._function = self._function or Called()
                self._function.add(value)
            case "audio", dict():
                self._audio = self._audio or Pieces(("data", "transcript"))
                self._audio.add(value)
            case "reasoning_details", list() if all(isinstance(detail, dict) for detail in value):
                for detail in value:
                    self._detail(detail)
            case str(), list() if name in _LISTS:
                self._lists.setdefault(name, []).extend(value)
            case "tool_calls" | "function_call" | "audio" | "reasoning_details" | "annotations" | "images", _:
                self.odd.append((name, value))
            case _:
                self._message.add({name: value})

    def _detail(self, detail: dict[str, Any]) -> None:
        """Add a piece of OpenRouter's reasoning details; those of one place and type belong together."""
        place = (str(detail.get("index")), str(detail.get("type")))
        self._details.setdefault(place, Pieces(("text", "summary", "data"))).add(detail)


def _are_lists(value: dict[str, Any]) -> bool:
    return all(tokens is None or isinstance(tokens, list) for tokens in value.values())
