"""Compare the user's text in a replay's calls of the model with the recorded text."""

from __future__ import annotations

import json
from typing import Any

from probe.addon.decoders import DecodeError, decoder_for

_LISTS = ("input", "messages", "contents")
"""Where the APIs have the conversation."""

_SHOWN = 60
"""Characters of a recorded text in a note."""


class TextComparison:
    """Compares what the user asks in each call of a replay with what was recorded."""

    def __init__(self) -> None:
        self._served = self._differing = 0
        self._first = ""

    def compare(self, given: str | None, recorded: str | None) -> None:
        """Compare the user's text in the turn that is served with that of the recording."""
        self._served += 1
        # Where a credential was, the two cannot be compared.
        if given is None or recorded is None or given == recorded or "[REDACTED" in recorded:
            return
        self._differing += 1
        shown = " ".join(recorded.split())
        shown = shown if len(shown) <= _SHOWN else shown[:_SHOWN] + "…"
        self._first = self._first or f"call {self._served} was recorded with: {shown}"

    @property
    def notes(self) -> list[str]:
        """Return how the user's texts differed from the recording."""
        if not self._differing:
            return []
        calls = "call" if self._served == 1 else "calls"
        return [
            f"the user's text is not the recorded one in {self._differing} of {self._served} {calls} of the model, "
            f"which got the recorded answers all the same; {self._first}"
        ]


def user_text(body: Any) -> str | None:
    """Return the last text of the user in a request; None when there is none.

    Texts that agents add for the user begin with a tag: an environment, a reminder.
    """
    if not isinstance(body, dict):
        return None
    conversation = next((body[name] for name in _LISTS if name in body), None)
    if conversation is None:
        return user_text(body.get("request"))
    if isinstance(conversation, str):
        return conversation
    for entry in reversed(conversation if isinstance(conversation, list) else []):
        if isinstance(entry, dict) and entry.get("role") == "user":
            texts = [text for text in _texts(entry) if not text.lstrip().startswith("<")]
            if texts:
                return texts[-1]
    return None


def parsed(body: bytes, content_encoding: str) -> Any:
    """Return a request's JSON; None for anything else."""
    try:
        decoder = decoder_for(content_encoding)
        return json.loads(decoder.decode(body) if decoder else body)
    except (DecodeError, ValueError, RecursionError):
        return None


def _texts(entry: dict[str, Any]) -> list[str]:
    content = entry.get("content", entry.get("parts"))
    parts = content if isinstance(content, list) else [{"text": content}]
    texts = [part.get("text") for part in parts if isinstance(part, dict)]
    return [text for text in texts if isinstance(text, str)]
