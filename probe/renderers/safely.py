"""Containing a renderer that raises: it costs its own exchange only."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

_T = TypeVar("_T")


def safely(render: Callable[[], _T]) -> tuple[_T | None, str | None]:
    """Run a renderer; return its result and None, or None and the reason why it failed."""
    try:
        return render(), None
    except Exception as error:
        return None, f"{type(error).__name__}: {error}"
