"""Find the renderer of an exchange by module path, and contain one that raises."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from types import ModuleType
from typing import Any, TypeVar

from probe.errors import UserError
from probe.record.exchange import Exchange
from probe.renderers import generic
from probe.renderers.blocks import Block, Markdown
from probe.renderers.turn import Turn, path_of

_Shown = TypeVar("_Shown")
_PACKAGE = "probe.renderers"
_OFFERS = ("format_request_body", "format_response_body")
AUTO = "auto"
"""Names no module: the API is told by the path."""
_BY_PATH = {
    "*/responses": "openai_responses",
    "*/responses/*": "openai_responses",
    "*/chat/completions": "openai_chat_completions",
    "*/messages": "anthropic_messages",
    "*/messages/*": "anthropic_messages",
    "*:rawPredict": "anthropic_messages",
    "*:streamRawPredict": "anthropic_messages",
    "*:generateContent": "gemini_generate_content",
    "*:streamGenerateContent": "gemini_generate_content",
    "*:countTokens": "gemini_generate_content",
    "*/v1internal:*": "gemini_generate_content",
    "*/model/*/invoke": "bedrock",
    "*/model/*/invoke-with-response-stream": "bedrock",
    "*/model/*/converse": "bedrock",
    "*/model/*/converse-stream": "bedrock",
}
"""Where each API that we know is spoken, whatever gateway's prefix stands before it."""


@dataclass(frozen=True, slots=True)
class Renderer:
    """The renderer modules of a target, by URL path."""

    routes: tuple[tuple[str, ModuleType], ...]
    """Pattern (fnmatch) and module; the first that fits is taken, and the generic one where none does."""

    def module(self, path: str) -> ModuleType:
        """Give the module that renders what goes to a URL path."""
        return next((module for pattern, module in self.routes if fnmatchcase(path, pattern)), generic)

    def knows(self, path: str) -> bool:
        """Tell whether a renderer is named for a URL path, be it the generic one."""
        return any(fnmatchcase(path, pattern) for pattern, _ in self.routes)

    def reads_bytes(self, path: str) -> bool:
        """Tell whether what goes to a URL path may be given as bytes where it is neither text nor JSON."""
        return bool(getattr(self.module(path), "READS_BYTES", False))

    def request(self, path: str, body: Any) -> list[Block]:
        """Tell a request as blocks; whatever the module raises comes through."""
        module = self.module(path)
        if hasattr(module, "request_blocks"):
            return list(module.request_blocks(body))
        return [Markdown(text=str(module.format_request_body(body)))]

    def response(self, path: str, body: Any, status_code: int | None) -> list[Block]:
        """Tell a response as blocks; a tuple as its body holds the messages of a WebSocket."""
        module = self.module(path)
        if hasattr(module, "response_blocks"):
            return list(module.response_blocks(body, status_code))
        shown = "\n".join(body) if isinstance(body, tuple) else body
        return [Markdown(text=str(module.format_response_body(shown, status_code)))]

    def turn(self, turn: Turn) -> list[Block]:
        """Tell what stands out about a turn before its bodies: a warm-up, the input rebuilt."""
        module = self.module(turn.path)
        return list(module.turn_blocks(turn)) if hasattr(module, "turn_blocks") else []

    def is_complete(self, exchange: Exchange) -> bool:
        """Tell whether an exchange is whole: its API's own end counts, however the connection ended after it."""
        ended = exchange.error is None and exchange.response is not None

        def told() -> bool:
            module = self.module(path_of(exchange.request.url))
            return bool(module.is_complete(exchange)) if hasattr(module, "is_complete") else ended

        return safely(told, lambda _reason: ended)[0]

    def turns(self, path: str, exchange: Exchange) -> list[Turn]:
        """Give the calls of the model in an exchange; none where the module knows nothing of turns."""
        module = self.module(path)
        return list(module.turns(exchange)) if hasattr(module, "turns") else []


def load_renderer(spec: str | Sequence[Mapping[str, str]], source: str | None = None) -> Renderer:
    """Load a renderer by module path, by `auto`, or several of `{path: PATTERN, renderer: MODULE}`.

    `source` is what an error names as the place, such as the target's file.
    """
    if spec == AUTO:
        return Renderer(tuple((path, load_module(f"{_PACKAGE}.{name}")) for path, name in _BY_PATH.items()))
    if isinstance(spec, str):
        return Renderer((("*", load_module(spec, source)),))
    return Renderer(tuple((rule["path"], load_module(rule["renderer"], source)) for rule in spec))


def load_module(name: str, source: str | None = None) -> ModuleType:
    """Import one renderer module. Raises UserError that lists the known ones when there is none such."""
    place = f"{source}: " if source else ""
    if not _exists(name):
        raise UserError(f"{place}unknown renderer {name!r}", _hint(name))
    module = importlib.import_module(name)
    missing = [offer for offer in _OFFERS if not hasattr(module, offer)]
    if missing:
        raise UserError(f"{place}{name!r} is no renderer: it has no {' and no '.join(missing)}", _hint(name))
    return module


def renderer_names() -> list[str]:
    """List the built-in renderers by their module paths."""
    folder = importlib.import_module(_PACKAGE).__path__
    names = (f"{_PACKAGE}.{found.name}" for found in pkgutil.iter_modules(folder))
    return sorted(name for name in names if _is_renderer(name))


def safely(render: Callable[[], _Shown], instead: Callable[[str], _Shown]) -> tuple[_Shown, bool]:
    """Run a renderer; where it raises, give what to show instead, with the reason, and False."""
    try:
        return render(), True
    except Exception as error:
        return instead(f"{type(error).__name__}: {error}"), False


def _is_renderer(name: str) -> bool:
    return all(hasattr(importlib.import_module(name), offer) for offer in _OFFERS)


def _exists(name: str) -> bool:
    try:
        return bool(name) and importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _hint(name: str) -> str:
    known = renderer_names()
    asked = name if "." in name else f"{_PACKAGE}.{name}"
    nearest = "".join(f"did you mean {match!r}? " for match in get_close_matches(asked, known, 1) if name)
    return f"{nearest}renderers are: {', '.join([AUTO, *known])}"
