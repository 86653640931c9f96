"""Speak over bare sockets on loopback: be a server or a client that breaks off, lies, or sends what nobody should."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self
from urllib.parse import urlsplit

SECONDS = 20.0
"""No step of a conversation waits longer for the next."""
BREAKS = (OSError, EOFError)
"""How a connection can end under one's hands."""
END_OF_HEAD = b"\r\n\r\n"


class Wire:
    """One end of a connection, and all that crossed it."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.sent = bytearray()
        self.received = bytearray()
        self._unread = b""

    def send(self, data: bytes) -> None:
        """Send all of some bytes."""
        self.socket.sendall(data)
        self.sent += data

    def until(self, mark: bytes) -> bytes:
        """Receive up to and with a mark. Raises EOFError when the connection ends before."""
        while mark not in self._unread:
            self._receive()
        return self._taken(self._unread.index(mark) + len(mark))

    def take(self, size: int) -> bytes:
        """Receive exactly so many bytes. Raises EOFError when the connection ends before."""
        while len(self._unread) < size:
            self._receive()
        return self._taken(size)

    def peek(self, mark: bytes) -> bytes:
        """Receive up to and with a mark, and leave it to be read again."""
        seen = self.until(mark)
        self._unread = seen + self._unread
        return seen

    def pending(self) -> bytes:
        """Return what has been received and not read."""
        return self._taken(len(self._unread))

    def drain(self) -> None:
        """Receive until the other end closes or breaks off, and leave it to be read."""
        with contextlib.suppress(*BREAKS):
            while True:
                self._receive()

    def rest(self) -> bytes:
        """Return all that comes until the other end closes or breaks off."""
        self.drain()
        return self._taken(len(self._unread))

    def _receive(self) -> None:
        data = self.socket.recv(1 << 16)
        if not data:
            raise EOFError("the connection has ended")
        self.received += data
        self._unread += data

    def _taken(self, size: int) -> bytes:
        taken, self._unread = self._unread[:size], self._unread[size:]
        return taken

    def reset(self) -> None:
        """Break the connection off, as a crash does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def dial(url: str) -> Wire:
    """Connect to a URL's host."""
    parts = urlsplit(url)
    return Wire(socket.create_connection((parts.hostname or "", parts.port or 80), timeout=SECONDS))


Script = Callable[[Wire], None]


class Server:
    """Runs a script for every connection, each in a thread of its own."""

    def __init__(self, script: Script, host: str, context: ssl.SSLContext | None) -> None:
        self.wires: list[Wire] = []
        self._script = script
        self._context = context
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, 0), family=family)
        self._name = f"[{host}]" if ":" in host else host
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """Return the address without any path."""
        return f"{'https' if self._context else 'http'}://{self._name}:{self._socket.getsockname()[1]}"

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                connection.settimeout(SECONDS)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        # A script may be left in the middle by the other end, and may leave in the middle itself.
        with contextlib.suppress(*BREAKS):
            if self._context:
                connection = self._context.wrap_socket(connection, server_side=True)
            with Wire(connection) as wire:
                self.wires.append(wire)
                self._script(wire)

    def close(self) -> None:
        """Take no more connections."""
        self._socket.close()


@contextmanager
def serving(script: Script, host: str = "127.0.0.1", context: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Serve a script in the background."""
    server = Server(script, host, context)
    try:
        yield server
    finally:
        server.close()


# -- HTTP -------------------------------------------------------------------------------------------------------


def head(wire: Wire) -> dict[str, str]:
    """Receive the head of a message; give its fields, names in lower case, the first line as ``."""
    first, *lines = wire.until(END_OF_HEAD)[: -len(END_OF_HEAD)].decode("latin-1").split("\r\n")
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return {"": first, **fields}


def body(wire: Wire, fields: dict[str, str]) -> bytes:
    """Receive the body that belongs to a head: by its length, in chunks (then the trailers too), or none."""
    if fields.get("transfer-encoding") != "chunked":
        return wire.take(int(fields.get("content-length", "0")))
    data = b""
    while piece := wire.take(int(wire.until(b"\r\n"), 16)):
        data += piece
        wire.take(2)
    while wire.until(b"\r\n") != b"\r\n":
        pass  # trailers
    return data


def request(path: str, data: bytes = b"", *more: str, method: str = "POST") -> bytes:
    """Write a request with a length."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(data)}", *more]
    return "\r\n".join(lines).encode("latin-1") + END_OF_HEAD + data


def answer(data: bytes = b"", *more: str, status: str = "200 OK") -> bytes:
    """Write an answer with a length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(data)}", *more]
    return "\r\n".join(lines).encode("latin-1") + END_OF_HEAD + data


def chunk(data: bytes) -> bytes:
    """Write one chunk."""
    return b"%x\r\n%s\r\n" % (len(data), data)


# -- WebSocket --------------------------------------------------------------------------------------------------

UPGRADE = (
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)
TEXT, CLOSE = 1, 8


def accept_websocket(wire: Wire) -> None:
    """Receive a request for an upgrade and grant it."""
    key = head(wire)["sec-websocket-key"].encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    accept = base64.b64encode(hashlib.sha1(key).digest()).decode()
    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
    wire.send("\r\n".join([*lines, f"Sec-WebSocket-Accept: {accept}"]).encode() + END_OF_HEAD)


def frame(opcode: int, data: bytes, *, masked: bool = False) -> bytes:
    """Write a whole message as one frame; a client's are masked (here with zeros)."""
    size, mask = len(data), 0x80 if masked else 0
    length = bytes([mask | size]) if size < 126 else bytes([mask | 126]) + size.to_bytes(2, "big")
    return bytes([0x80 | opcode]) + length + (bytes(4) if masked else b"") + data


def close_code(code: int, reason: str = "") -> bytes:
    """Return the data of a close frame."""
    return code.to_bytes(2, "big") + reason.encode()


def read_frame(wire: Wire) -> tuple[int, bytes]:
    """Receive one frame; give its opcode and data."""
    first, second = wire.take(2)
    size = second & 0x7F
    if size == 126:
        size = int.from_bytes(wire.take(2), "big")
    mask = wire.take(4) if second & 0x80 else bytes(4)
    data = wire.take(size)
    return first & 0x0F, bytes(byte ^ mask[index % 4] for index, byte in enumerate(data))
