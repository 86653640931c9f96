"""Replace functions of mitmproxy, but only the versions that the replacements were written for."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable
from typing import Any, NamedTuple

from mitmproxy import version

logger = logging.getLogger(__name__)

KNOWN_VERSIONS = ("11.", "12.")
"""Versions that these fixes were written for."""


class Replacement(NamedTuple):
    """A function of mitmproxy and its replacement."""

    owner: Any
    """Its class or module."""
    name: str
    parameters: tuple[str, ...] | None
    """Names of its parameters; None for a function that must not exist yet."""
    make: Callable[[Any], Any]
    """Returns the new function for the old one, or for None."""


_done: set[str] = set()


def known_version() -> bool:
    """Check whether mitmproxy's version is known here."""
    return version.VERSION.startswith(KNOWN_VERSIONS)


def replace(fix: str, replacements: list[Replacement], *, fits: bool = True) -> bool:
    """Install a fix once and completely; log it and change nothing if any of the code is unknown.

    `fits` is the result of further checks of the code. Returns whether the fix is installed.
    """
    if fix in _done:
        return True
    if not (known_version() and fits and all(map(_is_known, replacements))):
        logger.warning("mitmproxy %s is not known here: %s is left as it is", version.VERSION, fix)
        return False
    for one in replacements:
        setattr(one.owner, one.name, one.make(getattr(one.owner, one.name, None)))
    _done.add(fix)
    return True


def _is_known(one: Replacement) -> bool:
    function = getattr(one.owner, one.name, None)
    if one.parameters is None:
        return function is None
    return inspect.isfunction(function) and tuple(inspect.signature(function).parameters) == one.parameters
