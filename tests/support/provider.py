"""Serve the models' APIs on loopback, so that a real agent can be recorded without a real provider.

It speaks OpenAI's Responses (HTTP and WebSocket, with an API key or a ChatGPT login) and Chat Completions, Anthropic's
Messages, Gemini's generateContent (with Vertex's and Code Assist's paths) and AWS Bedrock's InvokeModel, each streamed
and whole, told by path. A coding agent walks a two-turn loop against it: a call of its own shell tool, then text.
By hand: `python -m tests.support.provider --port 9000 --log wire.jsonl`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import ssl
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Self

from aiohttp import web

from tests.support import delivery, encodings
from tests.support.answers import FOUND, Model
from tests.support.apis import openai_responses
from tests.support.apis.calls import Answer, Call, whole
from tests.support.apis.routes import Api, find
from tests.support.apis.sides import side_answer
from tests.support.background import in_thread
from tests.support.certificates import Authority
from tests.support.toolcalls import LIST_FILES
from tests.support.wirelog import Bytes, Received, WireLog


@dataclass(kw_only=True)
class Provider:
    """A local provider; `async with Provider() as provider` serves at `provider.url`."""

    port: int = 0
    """0 takes a free one; it is known once the server runs."""
    transport: str = "websocket"
    """websocket, or http to refuse every upgrade with 426."""
    encoding: str = "none"
    """Content-encoding of the model's answers: none, gzip, deflate, br or zstd."""
    pause: float = 0.0
    """Seconds between two events."""
    hold_open: float = 0.0
    """Seconds between the last event and the end of the stream; codex leaves right after the event."""
    status: int = 200
    """Any other: the model endpoint fails with it."""
    failures: int | None = None
    """How many calls fail with `status`, before the others are answered; None for all."""
    command: str = LIST_FILES
    """What the tool call runs; `env` echoes the agent's secrets, if it hands them to its tools."""
    text: str = FOUND
    """What the second turn says."""
    sub_agent: bool = False
    """Whether the first turn gives the task to a sub-agent, where the agent offers a tool for that."""
    answer_headers: Mapping[str, str] = field(default_factory=dict)
    """Headers added to every answer, say a cookie."""
    ssl_context: ssl.SSLContext | None = None
    """None serves plain HTTP."""
    log_path: Path | None = None
    """File that gets the log's JSON lines."""

    def __post_init__(self) -> None:
        encodings.encoder(self.encoding)
        self.log = WireLog(self.log_path)
        self.model = Model(command=self.command, text=self.text, sub_agent=self.sub_agent)
        self._count = 0
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Return the address without any path."""
        return f"{'https' if self.ssl_context else 'http'}://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=1 << 30)
        app.router.add_route("*", "/{path:.*}", self._serve)
        # Bodies are logged as they crossed the wire, so aiohttp may not undo their encoding.
        self._runner = web.AppRunner(app, auto_decompress=False, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port, ssl_context=self.ssl_context).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        """Log a request and answer it by its path, whatever stands before the last part."""
        received = await self._receive(request)
        api = find(request.path)
        if api is None:
            headers = {key.lower(): value for key, value in request.headers.items()}
            return await self._send(request, received, whole(side_answer(request.path, headers)))
        if self._fails():
            return await self._refuse(request, received, api, self.status, "told_to_fail")
        if request.headers.get("upgrade", "").lower() == "websocket":
            if self.transport == "http":
                return await self._refuse(request, received, api, 426, "upgrade_refused")
            answer = partial(openai_responses.events_of, model=self.model)
            return await delivery.converse(request, received.id, answer, self._delivery())
        return await self._turn(request, received, api)

    def _fails(self) -> bool:
        """Check whether a call of the model is to fail, and count it."""
        if self.status == 200 or self.failures == 0:
            return False
        self.failures = self.failures - 1 if self.failures else None
        return True

    async def _turn(self, request: web.Request, received: Received, api: Api) -> web.StreamResponse:
        """Answer a posted turn."""
        try:
            body = json.loads(received.body)
        except ValueError:
            return await self._refuse(request, received, api, 400, "invalid_json")
        call = Call(path=request.path, query=request.query, body=body)
        return await self._send(request, received, api.answer(call, self.model))

    async def _refuse(
        self, request: web.Request, received: Received, api: Api, status: int, code: str
    ) -> web.StreamResponse:
        """Answer with an error in the API's shape."""
        value = api.error(status, f"This local provider answers {status}: {code}.", code)
        return await self._send(request, received, whole(value), status)

    async def _send(
        self, request: web.Request, received: Received, answer: Answer, status: int = 200
    ) -> web.StreamResponse:
        """Send an answer as this provider sends all of them."""
        return await delivery.send(request, received.id, answer, self._delivery(), status)

    def _delivery(self) -> delivery.Delivery:
        """Describe how this provider sends its answers."""
        return delivery.Delivery(
            log=self.log,
            encoding=self.encoding,
            pause=self.pause,
            hold_open=self.hold_open,
            headers=self.answer_headers,
        )

    async def _receive(self, request: web.Request) -> Received:
        """Read and log a request."""
        self._count += 1
        # Taken before the first wait: requests may come side by side.
        number, began = self._count, time.time()
        wire = await request.read()
        body = encodings.decode(wire, request.headers.get("content-encoding"))
        received = Received(
            id=number,
            time=began,
            method=request.method,
            path=request.raw_path,
            headers=[(key.decode("latin-1"), value.decode("latin-1")) for key, value in request.raw_headers],
            wire=Bytes.of(wire),
            decoded=Bytes.of(body),
            body=body,
        )
        self.log.add(received)
        return received


def provider_running(**options: Any) -> AbstractContextManager[Provider]:
    """Serve in a background thread; takes what `Provider` takes."""
    return in_thread(Provider(**options))


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of `python -m tests.support.provider`: serve until told to stop."""
    arguments = vars(_parser().parse_args(argv))
    ca_path: Path | None = arguments.pop("tls_ca")
    if ca_path is not None:
        authority = Authority()
        ca_path.write_bytes(authority.pem)
        arguments["ssl_context"] = authority.server_context()
    asyncio.run(_serve_until_told(Provider(**arguments)))
    return 0


async def _serve_until_told(provider: Provider) -> None:
    """Serve, and say on one line where; a shell's background job ignores Ctrl-C unless it is handled."""
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    async with provider:
        print(f"ready {provider.url}", flush=True)
        await told.wait()


def _parser() -> argparse.ArgumentParser:
    """Describe the command line; every option is a field of `Provider`."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.provider", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--log", dest="log_path", type=Path, help="write JSON lines of all that passes")
    parser.add_argument("--transport", choices=["websocket", "http"], default="websocket")
    parser.add_argument("--encoding", choices=encodings.NAMES, default="none")
    parser.add_argument("--pause", type=float, default=0.0, help="seconds between two events")
    parser.add_argument("--hold-open", type=float, default=0.0, help="seconds from last event to end")
    parser.add_argument("--status", type=int, default=200, help="fail the model endpoint with this status")
    parser.add_argument("--command", default=LIST_FILES, help="the shell command that the tool call runs")
    parser.add_argument("--text", default=FOUND, help="what the second turn says")
    parser.add_argument("--sub-agent", action="store_true", help="have a sub-agent do it, where there are some")
    parser.add_argument("--tls-ca", type=Path, help="serve TLS and write the throw-away CA to this file")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
