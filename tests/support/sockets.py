"""What the kernel says that processes listen on: asked through psutil, and read from /proc besides on Linux."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import socket
import struct
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import psutil

_SOCKET = re.compile(r"socket:\[(\d+)\]")
_TCP_LISTEN = "0A"


class Open(NamedTuple):
    """A socket that takes what anybody sends to it: a listening TCP one, or a bound UDP one without a peer."""

    kind: str
    """tcp or udp."""
    address: str
    port: int

    @property
    def loopback(self) -> bool:
        """Check whether only this machine can reach it."""
        address = ipaddress.ip_address(self.address)
        mapped = getattr(address, "ipv4_mapped", None)
        return (mapped or address).is_loopback


def open_sockets(processes: Iterable[psutil.Process]) -> set[Open]:
    """Return what processes listen on, IPv4 and IPv6; on Linux what either way of asking finds."""
    found: set[Open] = set()
    for process in processes:
        # A process may end while we look.
        with contextlib.suppress(psutil.Error, OSError):
            found.update(_asked(process))
            if sys.platform.startswith("linux"):
                found.update(_read(process.pid))
    return found


def _asked(process: psutil.Process) -> Iterator[Open]:
    for one in process.net_connections(kind="inet"):
        listens = one.status == psutil.CONN_LISTEN if one.type == socket.SOCK_STREAM else not one.raddr
        if one.laddr and listens:
            yield Open("tcp" if one.type == socket.SOCK_STREAM else "udp", one.laddr.ip, one.laddr.port)


def _read(pid: int) -> Iterator[Open]:
    """Read the kernel's own tables, and take the sockets that the process has among its files."""
    held = set()
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            held.update(_SOCKET.findall(str(file.readlink())))
    for kind in ("tcp", "udp"):
        for table in (kind, f"{kind}6"):
            for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
                _, local, remote, state, *_, inode = line.split()[:10]
                free = state == _TCP_LISTEN if kind == "tcp" else remote.endswith(":0000")
                if inode in held and free:
                    yield Open(kind, *_decoded(local))


def _decoded(text: str) -> tuple[str, int]:
    """Read an address as the kernel writes it: words of 32 bits, each in this machine's own byte order."""
    address, port = text.split(":")
    words = [int(address[place : place + 8], 16) for place in range(0, len(address), 8)]
    return str(ipaddress.ip_address(struct.pack(f"={len(words)}I", *words))), int(port, 16)
