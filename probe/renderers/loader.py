"""Find the API of an exchange by module path."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from types import ModuleType
from typing import Any

from probe.errors import UserError
from probe.renderers.api import Api
from probe.renderers.blocks import Block, Markdown

PACKAGE = "probe.renderers"
GENERIC = f"{PACKAGE}.generic"
AUTO = "auto"
"""Names no module: the API is known by the path."""
PATHS = {
    "openai_responses": ("*/responses", "*/responses/*"),
    "openai_chat_completions": ("*/chat/completions",),
    "anthropic_messages": ("*/messages", "*/messages/*", "*:rawPredict", "*:streamRawPredict"),
    "gemini_generate_content": ("*:generateContent", "*:streamGenerateContent", "*:countTokens", "*/v1internal:*"),
    "bedrock_invoke": ("*/model/*/invoke", "*/model/*/invoke-with-response-stream"),
    "bedrock_converse": ("*/model/*/converse", "*/model/*/converse-stream"),
    "ollama": ("*/api/chat", "*/api/generate"),
}
"""The paths of each API, after any prefix of a gateway."""
_FUNCTIONS = ("format_request_body", "format_response_body")


@dataclass(frozen=True, slots=True)
class Renderer:
    """The renderers of a target, by URL path."""

    routes: tuple[tuple[str, str, Api], ...]
    """Pattern (fnmatch), module and API; the first that fits is used, and the generic one where none does."""
    generic: Api

    def api(self, path: str) -> Api:
        """Return the API that is spoken at a URL path."""
        return next((api for pattern, _, api in self.routes if fnmatchcase(path, pattern)), self.generic)

    def knows(self, path: str) -> bool:
        """Check whether a renderer is named for a URL path, be it the generic one."""
        return any(fnmatchcase(path, pattern) for pattern, _, _ in self.routes)

    @property
    def modules(self) -> list[ModuleType]:
        """Return the modules of all renderers."""
        return [importlib.import_module(name) for name in dict.fromkeys(name for _, name, _ in self.routes)]


class FormatFunctions(Api):
    """A user's module that offers `format_request_body` and `format_response_body`, which return Markdown."""

    name = "format functions"
    every_post = True

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self.name = module.__name__

    def request_blocks(self, path: str, body: Any) -> Iterable[Block]:
        """Return what the module writes of a request."""
        return [Markdown(text=str(self._module.format_request_body(body)))]

    def response_blocks(self, path: str, body: Any, status: int | None) -> Iterable[Block]:
        """Return what the module writes of a response; a stream is handed over as its text."""
        return [Markdown(text=str(self._module.format_response_body(body, status)))]

    def split(self, path: str, body: Any) -> None:
        """Leave streams as they are: the module reads the text."""


def load_renderer(spec: str | Sequence[Mapping[str, str]]) -> Renderer:
    """Load a renderer: a module path, `auto`, or several `{path: PATTERN, renderer: MODULE}`. Raises UserError."""
    if spec == AUTO:
        rules = [(path, f"{PACKAGE}.{name}") for name, paths in PATHS.items() for path in paths]
    elif isinstance(spec, str):
        rules = [("*", spec)]
    else:
        rules = [(rule["path"], rule["renderer"]) for rule in spec]
    routes = tuple((pattern, name, load_api(name)) for pattern, name in rules)
    return Renderer(routes, load_api(GENERIC))


def load_api(name: str) -> Api:
    """Import one renderer module and return its API. Raises UserError that lists the known ones if there is none."""
    if not _exists(name):
        raise UserError(f"unknown renderer {name!r}", _hint(name))
    module = importlib.import_module(name)
    found = getattr(module, "API", None)
    if isinstance(found, Api):
        return found
    missing = [function for function in _FUNCTIONS if not hasattr(module, function)]
    if missing:
        raise UserError(f"{name!r} is no renderer: it has no API, and no {' and no '.join(missing)}", _hint(name))
    return FormatFunctions(module)


def renderer_names() -> list[str]:
    """Return the module paths of the built-in renderers."""
    folder = importlib.import_module(PACKAGE).__path__
    return sorted(f"{PACKAGE}.{found.name}" for found in pkgutil.iter_modules(folder) if found.ispkg)


def _exists(name: str) -> bool:
    try:
        return bool(name) and importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _hint(name: str) -> str:
    known = renderer_names()
    asked = name if "." in name else f"{PACKAGE}.{name}"
    nearest = "".join(f"did you mean {match!r}? " for match in get_close_matches(asked, known, 1) if name)
    return f"{nearest}renderers are: {', '.join([AUTO, *known])}"
