"""Why a connection could not be opened is said in words, once, whatever number the system has for it."""

from __future__ import annotations

import asyncio
import errno
import socket

import pytest

from probe.addon.connect_errors import in_words
from probe.wire.ports import free_ports

REFUSED = f"[Errno {errno.ECONNREFUSED}] Connect call failed ('127.0.0.1', 9)"
REFUSED_6 = f"[Errno {errno.ECONNREFUSED}] Connect call failed ('::1', 9, 0, 0)"
SILENT = f"[Errno {errno.ETIMEDOUT}] Connect call failed ('127.0.0.1', 9)"
MESSAGES = {
    "nothing listens": (REFUSED, "connection refused"),
    "at neither address": (f"Multiple exceptions: {REFUSED_6}, {REFUSED}", "connection refused"),
    "each address fails differently": (f"Multiple exceptions: {REFUSED}, {SILENT}", "connection refused, timed out"),
    "no answer": (SILENT, "timed out"),
    "no way to the host": (f"[Errno {errno.EHOSTUNREACH}] Connect call failed ('10.0.0.1', 9)", "host unreachable"),
    "no way to the network": (f"[Errno {errno.ENETUNREACH}] Network is unreachable", "network unreachable"),
    "no such name": (f"[Errno {socket.EAI_NONAME}] Name or service not known", "name not known"),
    "an unusual number": ("[Errno 9999] Odd", "[Errno 9999] Odd"),
    "one unusual of two": (f"Multiple exceptions: {REFUSED}, [Errno 9999] Odd",) * 2,
    "no number": ("Certificate verify failed: self-signed certificate",) * 2,
    "a number within": (f"odd: {REFUSED}",) * 2,
}


@pytest.mark.parametrize(("message", "words"), MESSAGES.values(), ids=MESSAGES.keys())
def test_a_number_becomes_words_without_the_address(message: str, words: str) -> None:
    assert in_words(message) == words


def test_the_message_of_this_python_is_known() -> None:
    (port,) = free_ports(1)
    with pytest.raises(OSError, match="Errno") as raised:
        asyncio.run(asyncio.open_connection("127.0.0.1", port))
    assert in_words(str(raised.value)) == "connection refused"
