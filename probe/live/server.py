"""Serve the page of a run while it is being recorded, to this machine's browser alone."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import re
from collections.abc import Mapping

from aiohttp import web

from probe.live.updates import Updates
from probe.report.html.page_code import page_parts, page_policy
from probe.report.html.pieces import LoosePieces

HOST = "127.0.0.1"
_STOP_SECONDS = 0.5
_GATHER_SECONDS = 0.1
"""At most ten updates a second are sent; what comes between is gathered."""
_SILENCE_SECONDS = 15.0
"""After this time something is sent, so that a connection that is gone is noticed."""
_RANGES = re.compile(r"[0-9]{1,9}-[0-9]{1,9}(?:,[0-9]{1,9}-[0-9]{1,9})*", re.ASCII)
_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class LiveServer:
    """Answers requests whose path begins with the token, and that come from this page or from no page."""

    def __init__(self, title: str, token: str, updates: Updates) -> None:
        self._title, self._token, self._updates = title, token, updates
        self._runner: web.ServerRunner | None = None
        self._hosts: frozenset[str] = frozenset()
        self.pieces: LoosePieces | None = None
        """The content so far; None before the run was read."""

    async def start(self, port: int = 0) -> str:
        """Listen on loopback and return the page's address. Raises OSError when the port is taken."""
        self._runner = web.ServerRunner(web.Server(self._answer, access_log=None), shutdown_timeout=_STOP_SECONDS)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, HOST, port).start()
        except OSError:
            await self.stop()
            raise
        port = int(self._runner.addresses[0][1])
        self._hosts = frozenset({f"{HOST}:{port}", f"localhost:{port}"})
        return f"http://{HOST}:{port}/{self._token}/"

    async def stop(self) -> None:
        """Stop listening and close all connections."""
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if refusal := self._refusal(request):
            return refusal
        path = request.raw_path.partition("?")[0].split("/")[2:]
        if path == [""]:
            return self._page()
        if path == ["updates"]:
            return await self._send_updates(request)
        if len(path) == 2 and path[0] == "pieces":
            return self._some_pieces(path[1])
        return _text(404, "there is no such page")

    def _refusal(self, request: web.BaseRequest) -> web.Response | None:
        """Return the answer to a request that is not the page's own."""
        if request.headers.get("Host", "") not in self._hosts:
            # A name of another host that leads here: DNS rebinding.
            return _text(421, "this server has another name")
        origin = request.headers.get("Origin")
        if origin is not None and origin.removeprefix("http://") not in self._hosts:
            return _text(403, "requests of other pages are refused")
        token = request.raw_path.partition("?")[0].split("/")[1:2]
        if not token or not hmac.compare_digest(token[0].encode(), self._token.encode()):
            return _text(404, "there is no such page")
        return None if request.method in ("GET", "HEAD") else _text(405, "this server is only read")

    def _page(self) -> web.Response:
        text = "".join(page_parts(self._title, "", (), live=True))
        rules = f"{page_policy(live=True)}; frame-ancestors 'none'"
        return _response(text.encode(), "text/html; charset=utf-8", {"Content-Security-Policy": rules})

    def _some_pieces(self, asked: str) -> web.Response:
        """Return the pieces of some ranges, one after the other."""
        if self.pieces and _RANGES.fullmatch(asked):
            ranges = [tuple(map(int, one.split("-"))) for one in asked.split(",")]
            with contextlib.suppress(IndexError):
                data = b"".join([self.pieces.read(first, last) for first, last in ranges if first <= last])
                return _response(data, "application/octet-stream")
        return _text(404, "there are no such pieces")

    async def _send_updates(self, request: web.BaseRequest) -> web.StreamResponse:
        """Send events until the client leaves, beginning after the offset that it has."""
        await self._updates.ready.wait()
        version = self._updates.known(request.query.get("have", ""))
        response = web.StreamResponse(headers=_HEADERS | {"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b"retry: 500\n\n")
        with contextlib.suppress(ConnectionError):
            while True:
                if self._updates.version > version or version == 0:
                    data, offset = self._updates.since(version), self._updates.offset()
                    version = self._updates.version
                    await response.write(b"id: %s\ndata: %s\n\n" % (offset.encode(), data))
                    await asyncio.sleep(_GATHER_SECONDS)
                try:
                    await asyncio.wait_for(self._updates.after(version), _SILENCE_SECONDS)
                except TimeoutError:
                    await response.write(b":\n\n")
        return response


def _response(body: bytes, kind: str, more: Mapping[str, str] | None = None, status: int = 200) -> web.Response:
    return web.Response(body=body, status=status, headers={**_HEADERS, "Content-Type": kind, **(more or {})})


def _text(status: int, text: str) -> web.Response:
    return _response(f"{text}\n".encode(), "text/plain; charset=utf-8", status=status)
