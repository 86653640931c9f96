"""A renderer that kills its process at a word."""

from __future__ import annotations

import os
import signal
from typing import Any

WORD = "a prompt that kills"


def format_request_body(body: Any) -> str:
    """Return a request as it is, or end here."""
    if WORD in str(body):
        os.kill(os.getpid(), signal.SIGKILL)
    return str(body)


def format_response_body(body: Any, _status: int) -> str:
    """Return an answer as it is."""
    return str(body)
