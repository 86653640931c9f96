"""Local ports: free ones, and who holds a taken one."""

from __future__ import annotations

import contextlib
import socket
from dataclasses import dataclass

from probe.errors import UserError
from probe.wire.process_tree import holder_of


@dataclass(frozen=True, kw_only=True)
class Ports:
    """The local ports of one run."""

    listeners: dict[str, int]
    coverage: int | None
    """The coverage listener's; None without coverage."""

    @property
    def urls(self) -> dict[str, str]:
        """Return the listeners' addresses by name."""
        return {name: f"http://127.0.0.1:{port}" for name, port in self.listeners.items()}

    @property
    def coverage_url(self) -> str | None:
        """Return the coverage listener's address; None without coverage."""
        return None if self.coverage is None else f"http://127.0.0.1:{self.coverage}"


def free_ports(count: int) -> list[int]:
    """Return ports that are free for TCP and UDP now: a listener in front of an https upstream binds both."""
    with contextlib.ExitStack() as held:
        ports: list[int] = []
        while len(ports) < count:
            tcp = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            tcp.bind(("127.0.0.1", 0))
            port = tcp.getsockname()[1]
            udp = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            with contextlib.suppress(OSError):
                udp.bind(("127.0.0.1", port))
                ports.append(port)
        return ports


def is_free(port: int) -> bool:
    """Check whether a listener could open this port now."""
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


def require_free(name: str, port: int) -> None:
    """Raise UserError with the process that uses the port, unless it is free."""
    if is_free(port):
        return
    holder = holder_of(port)
    by = f" by {holder}" if holder else ""
    raise UserError(f"port {port} of listener {name!r} is taken{by}", f"end it, or use --port {name}=ANOTHER")


def served_port(text: str | None) -> int:
    """Return the port that a server is asked to listen on; 0, for a free one, if none is named. Raises UserError."""
    if text is None:
        return 0
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise UserError(f"--port {text}: not a port", "ports are 1 to 65535; 0 takes a free one")
    if int(text) and not is_free(int(text)):
        raise UserError(f"port {text} is taken by {holder_of(int(text)) or 'another process'}", "name another --port")
    return int(text)
