"""What the user asks in a call of the model, to see whether a replay is asked what the recording was asked."""

from __future__ import annotations

import json
from typing import Any

from probe.addon.decoders import DecodeError, decoder_for

_LISTS = ("input", "messages", "contents")
"""Where the APIs have what was said so far."""


def user_text(body: Any) -> str | None:
    """Return the last text of the user in a request; None where there is none.

    What agents add as the user's begins with a tag: an environment, a reminder.
    """
    if not isinstance(body, dict):
        return None
    said = next((body[name] for name in _LISTS if name in body), None)
    if said is None:
        return user_text(body.get("request"))
    if isinstance(said, str):
        return said
    for entry in reversed(said if isinstance(said, list) else []):
        if isinstance(entry, dict) and entry.get("role") == "user":
            texts = [text for text in _texts(entry) if not text.lstrip().startswith("<")]
            if texts:
                return texts[-1]
    return None


def parsed(body: bytes, content_encoding: str) -> Any:
    """Return a request's JSON; None for what is none."""
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
