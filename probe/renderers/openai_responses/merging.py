"""Events that carry consecutive pieces of one text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from probe.renderers.openai_responses.events import DELTAS

_PADDING = ("delta", "logprobs", "sequence_number", "obfuscation")
_PLACES = ("type", "item_id", "output_index", "content_index", "summary_index", "command_index", "stream_id")


def merge_key(event: dict[str, Any]) -> tuple[Any, str] | None:
    """Return where a streamed piece of text belongs, and the piece; None for any other event."""
    kind = event.get("type")
    if type(kind) is not str or kind not in DELTAS:
        return None
    delta = event.get("delta")
    place = _place(tuple(event))
    if type(delta) is not str or place is None or event.get("logprobs"):
        return None
    return (place, place(event)), delta


def pieces(events: Sequence[dict[str, Any]]) -> tuple[list[Any], list[str]] | None:
    """Return the same for many events of one type; None where they do not all have the same members."""
    names, kind = set(map(tuple, events)), events[0].get("type")
    place = _place(names.pop()) if len(names) == 1 and type(kind) is str and kind in DELTAS else None
    if place is None or "delta" not in events[0]:
        return None
    texts = [*map(itemgetter("delta"), events)]
    weighed = "logprobs" in events[0] and any(map(itemgetter("logprobs"), events))
    return None if weighed or set(map(type, texts)) != {str} else ([*map(place, events)], texts)


@lru_cache(maxsize=64)
def _place(names: tuple[str, ...]) -> Callable[[Any], Any] | None:
    """Return what reads the place of a delta from an event with these members; None where others are among them."""
    places = [name for name in names if name in _PLACES]
    known = len(places) + sum(name in _PADDING for name in names) == len(names)
    return itemgetter("type", *places) if known else None
