"""Connections that bypassed the listeners: `tunnels.jsonl`, a line per tunnel or plain request, without content."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from probe.record.files import is_plain, open_plain

TUNNELS = "tunnels.jsonl"
OPENED = "opened"


class Tunnel(msgspec.Struct, frozen=True, kw_only=True):
    """One connection of the agent to another host than the listeners' upstreams, passed through undecrypted."""

    host: str
    port: int
    started: float
    """Epoch seconds."""
    ended: float
    sent: int
    """Bytes from the agent: for a tunnel all, with TLS and headers; for a plain request the body."""
    received: int
    connected: bool
    """Whether the other side was reached."""
    error: str | None = None
    """What was wrong with its end; None when one side closed it."""
    kind: str = "tunnel"
    """tunnel (a CONNECT), request (plain http), or opened: a tunnel to a host of forward mode, without any request."""
    schema: int = 0


def read_tunnels(path: Path, on_malformed: Callable[[int, str], None]) -> Iterator[Tunnel]:
    """Yield the tunnels of a file, which is missing if there were none; bad lines go to `on_malformed`."""
    if not is_plain(path):
        return
    with open_plain(path) as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield _decoder.decode(line)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                on_malformed(number, str(error))


_decoder = msgspec.json.Decoder(Tunnel)
