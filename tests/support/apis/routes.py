"""Find the API that a request speaks by its path, whatever prefix stands before it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.support.answers import Model
from tests.support.apis import (
    anthropic_messages,
    bedrock,
    gemini_generate_content,
    openai_chat_completions,
    openai_responses,
)
from tests.support.apis.calls import Answer, Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """One API: where it is spoken, and how."""

    name: str
    path: str
    """Regular expression for the end of the path."""
    answer: Callable[[Call, Model], Answer]
    error: Callable[[int, str, str], dict[str, Any]]
    """Gives the API's own error for a status, a message and a code."""


APIS = tuple(
    Api(name=module.NAME, path=module.PATH, answer=module.answer, error=module.error)
    for module in (
        openai_responses,
        openai_chat_completions,
        anthropic_messages,
        gemini_generate_content,
        bedrock,
    )
)
RESPONSES = APIS[0]
"""The only one that goes over WebSockets too."""


def find(path: str) -> Api | None:
    """Return the API whose model a path calls; None for a side request."""
    return next((api for api in APIS if re.search(api.path, path)), None)
