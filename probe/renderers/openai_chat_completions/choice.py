"""Put one choice of a streamed answer together, as a whole answer has it, however far it came."""

from __future__ import annotations

from typing import Any

from probe.renderers.openai_chat_completions.calls import Called, Calls
from probe.renderers.openai_chat_completions.pieces import Pieces, dicts, joined_parts

_LISTS = ("annotations", "images")


class Choice:
    """What the chunks tell of one choice."""

    def __init__(self) -> None:
        self._fields = Pieces(())
        self._message = Pieces(("refusal", "reasoning_content", "reasoning"))
        self._lists: dict[str, list[Any]] = {}
        self._logprobs: dict[str, list[Any]] = {}
        self._details: dict[tuple[str, str], Pieces] = {}
        self._calls = Calls()
        self._function: Called | None = None
        self._audio: Pieces | None = None

    @property
    def finished(self) -> bool:
        """Tell whether its `finish_reason` was told."""
        return self._fields.last("finish_reason") is not None

    def add(self, choice: dict[str, Any]) -> None:
        """Take what one chunk has of it; some providers send the message where a delta belongs."""
        others: dict[str, Any] = {}
        for name, value in choice.items():
            if name in ("delta", "message") and isinstance(value, dict):
                self._delta(value)
            elif name == "logprobs" and _is_lists(value):
                for kind, tokens in value.items():
                    if tokens:
                        self._logprobs.setdefault(kind, []).extend(tokens)
            # Azure has an empty object in chunks that it did not check.
            elif name != "index" and value != {}:
                others[name] = value
        self._fields.add(others)

    @property
    def usage(self) -> Any:
        """Give the usage, where a provider tells it here (Moonshot); the last counts."""
        return self._fields.last("usage")

    def built(self) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """Give the choice as a whole answer has it, and the call that was told of last."""
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
        fields = {name: value for name, value in self._fields.built().items() if name != "usage"}
        logprobs = {"logprobs": self._logprobs} if self._logprobs else {}
        return {**fields, **logprobs, "message": message}, latest

    def _delta(self, delta: dict[str, Any]) -> None:
        others = {name: value for name, value in delta.items() if not self._taken(name, value)}
        self._message.add(others)

    def _taken(self, name: str, value: Any) -> bool:
        """Take a field of a delta that has its own way of coming in pieces; False when it has none."""
        match name, value:
            case "content", str() | list():
                self._lists.setdefault(name, []).extend([value] if isinstance(value, str) else value)
            case "tool_calls", list() if (pieces := dicts(value)) is not None:
                for piece in pieces:
                    self._calls.add(piece)
            case "function_call", dict():
                self._function = self._function or Called()
                self._function.add(value)
            case "audio", dict():
                self._audio = self._audio or Pieces(("data", "transcript"))
                self._audio.add(value)
            case "reasoning_details", list() if (details := dicts(value)) is not None:
                for detail in details:
                    self._detail(detail)
            case str(), list() if name in _LISTS:
                self._lists.setdefault(name, []).extend(value)
            case _:
                return False
        return True

    def _detail(self, detail: dict[str, Any]) -> None:
        """Take a piece of OpenRouter's reasoning details; those of one place and type belong together."""
        place = (str(detail.get("index")), str(detail.get("type")))
        self._details.setdefault(place, Pieces(("text", "summary", "data"))).add(detail)


def _is_lists(value: Any) -> bool:
    return isinstance(value, dict) and all(tokens is None or isinstance(tokens, list) for tokens in value.values())
