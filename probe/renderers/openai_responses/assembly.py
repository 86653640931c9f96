"""Put one item together from the events of a stream."""

from __future__ import annotations

from typing import Any

# Which list of an item a streamed text is a part of, and the part's field for it.
_LISTS = {
    "output_text": ("content", "text"),
    "refusal": ("content", "refusal"),
    "reasoning_text": ("content", "text"),
    "summary_text": ("summary", "text"),
}
_STREAMS = ("stdout", "stderr")


class Item:
    """An item of the answer while its events arrive."""

    def __init__(self) -> None:
        self.done: dict[str, Any] | None = None
        """The item as the API says it is in the end."""
        self._begun: dict[str, Any] = {}
        self._deltas: dict[tuple[str, int], list[str]] = {}
        self._finals: dict[tuple[str, int], str] = {}
        self._parts: dict[tuple[str, int], dict[str, Any]] = {}
        self._begun_parts: dict[tuple[str, int], dict[str, Any]] = {}
        self._annotations: dict[int, list[Any]] = {}
        self._logprobs: dict[int, list[Any]] = {}
        self._outputs: dict[int, Any] = {}

    @property
    def kind(self) -> Any:
        """Give its type, as far as it is known."""
        return self._begun.get("type")

    def begin(self, item: dict[str, Any]) -> None:
        """Take what is told of the item when it is added."""
        self._begun = item

    def assume(self, kind: str) -> None:
        """Take a type of item where no event told one."""
        self._begun.setdefault("type", kind)

    def append(self, name: str, index: int, delta: str) -> None:
        """Take a piece of a text."""
        self._deltas.setdefault((name, index), []).append(delta)

    def finish(self, name: str, index: int, text: str) -> None:
        """Take a whole text."""
        self._finals[name, index] = text

    def begin_part(self, index: int, part: dict[str, Any]) -> None:
        """Take what is told of a part when it is added; as a rule it is empty, and then says nothing."""
        if any(value for name, value in part.items() if name != "type"):
            self._begun_parts[str(part.get("type")), index] = part

    def finish_part(self, index: int, part: dict[str, Any]) -> None:
        """Take a whole part of the content."""
        self._parts[str(part.get("type")), index] = part

    def annotate(self, index: int, annotation: Any) -> None:
        """Take an annotation of a text."""
        self._annotations.setdefault(index, []).append(annotation)

    def weigh(self, index: int, logprobs: list[Any], *, whole: bool) -> None:
        """Take how likely the tokens of a piece of text were, or those of all of it."""
        if whole:
            self._logprobs[index] = []
        self._logprobs.setdefault(index, []).extend(logprobs)

    def output(self, index: int, output: Any) -> None:
        """Take the whole output of a command that the API ran."""
        self._outputs[index] = output

    def show_image(self, encoded: str, fields: dict[str, Any]) -> None:
        """Take an image as far as it is painted, and what is told of it."""
        self._begun |= {**fields, "result": encoded}

    def built(self, *, ended: bool) -> dict[str, Any]:
        """Give the item as the API tells it in the end, or as far as its events tell; `ended`: all came."""
        if self.done is not None:
            return self.done
        item = {**self._begun} if ended else {**self._begun, "status": "in_progress"}
        annotated = (("output_text", index) for index in self._annotations)
        told = {*self._deltas, *self._finals, *self._parts, *self._begun_parts, *annotated}
        places = sorted(told, key=lambda place: place[1])
        # Each list at once: an item may have a hundred thousand parts.
        for field in ("content", "summary"):
            if parts := [self._part(name, index) for name, index in places if self._field(name, index) == field]:
                item[field] = [*_listed(item.get(field)), *parts]
        alone = [(name, index) for name, index in places if self._field(name, index) is None]
        item |= {name: self._text(name, index) for name, index in alone if name not in ("command", *_STREAMS)}
        if commands := [self._text(name, index) for name, index in alone if name == "command"]:
            action = item.get("action") or {}
            action = action if isinstance(action, dict) else {"told": action}
            item["action"] = {**action, "commands": [*_listed(action.get("commands")), *commands]}
        if outputs := self._commands_outputs():
            item["output"] = outputs
        return item

    def contradictions(self) -> list[tuple[str, str]]:
        """Give each text that was streamed otherwise than it is told in the end: its name and that text."""
        streamed = ((place, "".join(deltas)) for place, deltas in self._deltas.items())
        return [(place[0], text) for place, text in streamed if self._stated(*place) not in (None, text)]

    def _text(self, name: str, index: int) -> str:
        final = self._finals.get((name, index))
        return "".join(self._deltas.get((name, index), ())) if final is None else final

    def _field(self, name: str, index: int) -> str | None:
        """Give the list of the item that a text is a part of; None where it is a field of its own."""
        if (name, index) in self._parts or (name, index) in self._begun_parts or name in _LISTS:
            return _LISTS.get(name, ("content", ""))[0]
        return None

    def _part(self, name: str, index: int) -> dict[str, Any]:
        """Give a part of the item, as told whole or as far as it was streamed."""
        key, begun = _LISTS.get(name, ("", "text"))[1], self._begun_parts.get((name, index), {})
        text = self._text(name, index) or begun.get(key, "")
        part = self._parts.get((name, index)) or {**begun, "type": name, key: text}
        beside = {"annotations": self._annotations, "logprobs": self._logprobs} if name == "output_text" else {}
        return {**{field: told[index] for field, told in beside.items() if index in told}, **part}

    def _commands_outputs(self) -> list[Any]:
        """Give what the commands of a shell wrote, as told whole or as far as it was streamed."""
        outputs: list[Any] = []
        streamed = {index for name, index in self._deltas if name in _STREAMS}
        for index in sorted(streamed | set(self._outputs)):
            whole = self._outputs.get(index)
            parts = {name: self._text(name, index) for name in _STREAMS if (name, index) in self._deltas}
            outputs += whole if isinstance(whole, list) else [parts]
        return outputs

    def _stated(self, name: str, index: int) -> str | None:
        """Give a text as the API says it is in the end, or None where it does not say."""
        if self.done is None:
            return self._finals.get((name, index))
        field, key = _LISTS.get(name, (name, ""))
        value = self.done.get(field)
        if key and isinstance(value, list):
            part = value[index] if 0 <= index < len(value) else None
            value = part.get(key) if isinstance(part, dict) else None
        return value if isinstance(value, str) else None


def _listed(value: Any) -> list[Any]:
    """Give a list's items, and anything else as one."""
    return value if isinstance(value, list) else [] if value is None else [value]
