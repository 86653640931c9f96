"""Put one item together from the events of a stream."""

from __future__ import annotations

from typing import Any

from probe.renderers.api import EventSource

# Which list of an item a streamed text is a part of, and the part's field for it.
_LISTS = {
    "output_text": ("content", "text"),
    "refusal": ("content", "refusal"),
    "reasoning_text": ("content", "text"),
    "summary_text": ("summary", "text"),
}
_STREAMS = ("stdout", "stderr")


class StreamedItem:
    """An item of the answer while its events arrive."""

    def __init__(self) -> None:
        self.done: dict[str, Any] | None = None
        """The item as the API sent it in the end."""
        self.source = EventSource(0, 0)
        """The first and the last event that is about it."""
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
        """Return its type, as far as it is known."""
        return self._begun.get("type")

    def begin(self, item: dict[str, Any]) -> None:
        """Take the item as it is when it is added."""
        self._begun = {**item}

    def end_with(self, item: dict[str, Any]) -> None:
        """Take the item as the last event lists it; of one that is done already, only what it does not have."""
        if self.done is None:
            self.done = item
        else:
            self._begun = {**item, **self._begun}

    def assume(self, kind: str) -> None:
        """Take a type of item where no event named one."""
        self._begun.setdefault("type", kind)

    def assume_name(self, name: str) -> None:
        """Take the name of the tool where no event named it before."""
        self._begun.setdefault("name", name)

    def append(self, name: str, index: int, delta: str) -> None:
        """Take a piece of a text."""
        self._deltas.setdefault((name, index), []).append(delta)

    def finish(self, name: str, index: int, text: str) -> None:
        """Take a whole text."""
        self._finals[name, index] = text

    def begin_part(self, index: int, part: dict[str, Any]) -> None:
        """Take a part as it is when it is added; as a rule it is empty, and then says nothing."""
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
        """Take an image as far as it is painted, and its format."""
        self._begun |= {**fields, "result": encoded}

    def built(self, *, ended: bool) -> dict[str, Any]:
        """Return the item as the API sent it in the end, or put together from its events; `ended`: all came."""
        if self.done is not None:
            # A member that only the beginning of the item has is kept.
            return {**self._begun, **self.done}
        item = {**self._begun} if ended else {**self._begun, "status": "in_progress"}
        annotated = (("output_text", index) for index in self._annotations)
        found = {*self._deltas, *self._finals, *self._parts, *self._begun_parts, *annotated}
        places = sorted(found, key=lambda place: place[1])
        # Each list at once: an item may have a hundred thousand parts.
        for field in ("content", "summary"):
            if parts := [self._part(name, index) for name, index in places if self._field(name, index) == field]:
                item[field] = [*_listed(item.get(field)), *parts]
        alone = [(name, index) for name, index in places if self._field(name, index) is None]
        item |= {name: self._text(name, index) for name, index in alone if name not in ("command", *_STREAMS)}
        if commands := [self._text(name, index) for name, index in alone if name == "command"]:
            action = item.get("action") or {}
            action = action if isinstance(action, dict) else {"action": action}
            item["action"] = {**action, "commands": [*_listed(action.get("commands")), *commands]}
        if outputs := self._commands_outputs():
            item["output"] = outputs
        return item

    def contradictions(self) -> list[tuple[str, str]]:
        """Return each text that came otherwise than it is in the end: its name and that text."""
        came = [(place, "".join(deltas)) for place, deltas in self._deltas.items()]
        came += [(place, text) for place, text in self._finals.items() if (place, text) not in came]
        return [(place[0], text) for place, text in came if self._stated(*place) not in (None, text)]

    def _text(self, name: str, index: int) -> str:
        final = self._finals.get((name, index))
        return "".join(self._deltas.get((name, index), ())) if final is None else final

    def _field(self, name: str, index: int) -> str | None:
        """Return the list of the item that a text is a part of; None where it is a field of its own."""
        if (name, index) in self._parts or (name, index) in self._begun_parts or name in _LISTS:
            return _LISTS.get(name, ("content", ""))[0]
        return None

    def _part(self, name: str, index: int) -> dict[str, Any]:
        """Return a part of the item, whole or as far as it was streamed."""
        key, begun = _LISTS.get(name, ("", "text"))[1], self._begun_parts.get((name, index), {})
        text = self._text(name, index) or begun.get(key, "")
        part = {**begun, **(self._parts.get((name, index)) or {"type": name, key: text})}
        beside = {"annotations": self._annotations, "logprobs": self._logprobs} if name == "output_text" else {}
        return {**{field: texts[index] for field, texts in beside.items() if index in texts}, **part}

    def _commands_outputs(self) -> list[Any]:
        """Return what the commands of a shell wrote, whole or as far as it was streamed."""
        outputs: list[Any] = []
        streamed = {index for name, index in self._deltas if name in _STREAMS}
        for index in sorted(streamed | set(self._outputs)):
            whole = self._outputs.get(index)
            parts = {name: self._text(name, index) for name in _STREAMS if (name, index) in self._deltas}
            outputs += [parts] if whole is None else _listed(whole)
        return outputs

    def _stated(self, name: str, index: int) -> str | None:
        """Return a text as it is in the end; None where the API does not send it again."""
        field, key = _LISTS.get(name, (name, ""))
        if self.done is None:
            value = self._parts.get((name, index), {}).get(key, self._finals.get((name, index)))
            return value if isinstance(value, str) else None
        value = self.done.get(field)
        if key and isinstance(value, list):
            part = value[index] if 0 <= index < len(value) else None
            value = part.get(key) if isinstance(part, dict) else None
        return value if isinstance(value, str) else None


def _listed(value: Any) -> list[Any]:
    """Return a list's items, and anything else as one."""
    return value if isinstance(value, list) else [] if value is None else [value]
