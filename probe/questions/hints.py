"""Commands in hints that are about the data folder that the user named."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager

from probe.errors import UserError

_COMMAND = re.compile(r"invoke (?:sql|get|fleet analyze)(?= |;|$)")


def with_data_dir(text: str, given: str | None) -> str:
    """Return a text whose commands name the data folder that was given; None for the usual one."""
    # The function form: a path may hold backslashes.
    return _COMMAND.sub(lambda match: f"{match[0]} --data-dir {shlex.quote(given or '')}", text) if given else text


@contextmanager
def keeping_data_dir(given: str | None) -> Iterator[None]:
    """Name the data folder in the hints of errors."""
    try:
        yield
    except UserError as error:
        if error.hint:
            error.hint = with_data_dir(error.hint, given)
        raise
