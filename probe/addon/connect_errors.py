"""Why a connection could not be opened, in words: asyncio's messages have numbers, and addresses in Python's form."""

from __future__ import annotations

import errno
import re
import socket

_WORDS = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset",
    errno.ETIMEDOUT: "timed out",
    errno.EHOSTUNREACH: "host unreachable",
    errno.ENETUNREACH: "network unreachable",
    socket.EAI_NONAME: "name not known",
    getattr(socket, "EAI_NODATA", socket.EAI_NONAME): "name not known",
    socket.EAI_AGAIN: "name not known: no name server answered",
}
_NUMBERED = re.compile(r"\[Errno (-?\d+)\]")
_STARTS = ("[Errno ", "Multiple exceptions: [Errno ")


def error_in_words(number: int | None, otherwise: str) -> str:
    """Return the words for an error number; `otherwise` for an unusual one."""
    return _WORDS.get(number or 0, otherwise)


def in_words(message: str) -> str:
    """Return the cause in a message of asyncio, without the address; any other message as it is."""
    if not message.startswith(_STARTS):
        return message
    # One for each address of the host.
    causes = [error_in_words(int(number), "") for number in _NUMBERED.findall(message)]
    return ", ".join(dict.fromkeys(causes)) if all(causes) else message
