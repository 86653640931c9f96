"""End without a traceback on Ctrl-C while a script is still being imported; imported before the rest."""

from __future__ import annotations

import sys
from types import TracebackType


def _hide_interrupt(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)


# Python itself then ends by the signal, as it should.
sys.excepthook = _hide_interrupt
