"""An agent's day in our own words: a failing tool, a refused call, a sub-agent, a stall, a missed cache, an image.

Both sides are here: `Story` answers as Anthropic's Messages API does, and `main` is the agent that asks, with the
standard library alone. What a reader is asked of the page of such a run has known answers.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import struct
import sys
import urllib.error
import urllib.request
import zlib
from collections.abc import Iterator, Sequence
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from aiohttp import web

PROMPT = "The test of the cart fails. Find out why, and repair it."
ANSWER = "**Repaired.** The discount was added; now it is subtracted, and the test passes."
INSTRUCTIONS = "You are a careful helper in a small shop of code. Read before you write, and run the tests."
REMINDER = "<system-reminder>\nThe folder holds two files: cart.py and test_cart.py.\n</system-reminder>"
TASK = "Look for every caller of total in this folder and report their lines."
FAILURE = "AssertionError: expected 80, got 120"
REFUSAL = "Too many tokens in this minute; try again soon."
BYPASS = "localhost"
"""Host that the agent reaches through the coverage proxy, around its listener."""
STALL = 3.4
"""Seconds of silence in the stream of the turn that edits."""
MODEL, SMALL = "story-large-1", "story-small-1"
_TOOLS = ("Bash", "Read", "Edit", "Agent", "WebSearch")
_HOSTILE = (
    "<img src=x onerror=\"document.title='owned'\"> \u202egnp.exe </script><script>document.title='owned'</script>"
)

TARGET = """\
description: An agent out of a story
agent: {python}
prompt_command: [{python}, -m, tests.support.story, "{{prompt}}"]
listeners:
  model: {{port: 8080, upstream: "http://127.0.0.1:9", purpose: "Model API"}}
env: {{ANTHROPIC_BASE_URL: "{{model.url}}"}}
ids:
  session: [header x-story-session]
  agent: [header x-story-agent]
keys: [STORY_API_KEY]
coverage: true
changes:
  - what: "ANTHROPIC_BASE_URL = {{model.url}}"
    why: calls of the model go to the listener
renderer: probe.renderers.anthropic_messages
report_title: "A story of a cart"
"""


def _png() -> str:
    """Return a small blue picture in base64."""
    rows = b"".join(b"\x00" + b"\x20\x60\xc0" * 24 for _ in range(24))
    parts = [(b"IHDR", struct.pack(">IIBBBBB", 24, 24, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(chunks)).decode()


def _call(number: int, name: str, **given: str) -> dict[str, Any]:
    return {"type": "tool_use", "id": f"toolu_{number:02}", "name": name, "input": given}


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _thinking(text: str) -> dict[str, Any]:
    return {"type": "thinking", "thinking": text, "signature": "c3RvcnktdmVyc2U="}


def _result(number: int, content: Any, *, failed: bool = False) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": f"toolu_{number:02}", "content": content, "is_error": failed}


_IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": _png()}}
_READ = [_text(f"def total(price, discount):\n    return price + discount  # {_HOSTILE}"), _IMAGE]

Step = tuple[str, list[dict[str, Any]], list[dict[str, Any]], tuple[int, int]]
"""Who asks, what is new in the request, what is answered, and the tokens read from and written to the cache."""
STEPS: Sequence[Step] = (
    ("title", [_text("Write a short title for: the cart")], [_text('{"title": "Repair the cart"}')], (0, 0)),
    ("main", [_text(REMINDER), _text(PROMPT)], [_thinking("First see it fail."), _text("I run the test."),
        _call(1, "Bash", command="python3 test_cart.py")], (0, 9000)),
    ("main", [_result(1, FAILURE, failed=True)], [_text("It is wrong by twice the discount."),
        _call(2, "Agent", prompt=TASK, subagent_type="searcher")], (9000, 400)),
    ("sub", [_text(TASK)], [_call(3, "Bash", command="grep -rn total .")], (0, 5000)),
    ("sub", [_result(3, "cart.py:1:def total\ntest_cart.py:2:total")], [_text("One caller: test_cart.py line 2.")],
        (5000, 200)),
    ("main", [_result(2, "One caller: test_cart.py line 2.")], [_call(4, "Read", file_path="cart.py")], (9400, 300)),
    ("main", [_result(4, _READ)], [_text("The sign is wrong, so I change it now."),
        _call(5, "Edit", file_path="cart.py", old_string="+ discount", new_string="- discount")], (9700, 500)),
    ("main", [_result(5, "cart.py was changed")], [_text(ANSWER)], (0, 10800)),
)  # fmt: skip
_REFUSED, _STALLED, _MORE_TOOLS = 5, 6, 7
"""Steps that are refused once, whose answer falls silent, and that offer one tool more."""


def _tool(name: str) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"command": {"type": "string", "description": f"What {name} is to do."}}}
    return {
        "name": name,
        "description": f"{name}: a tool of the story. " + "It does one thing well. " * 12,
        "input_schema": schema,
    }


_EMPTY = {"text": "", "thinking": "", "signature": "", "input": {}}
_DELTAS = {
    "text": ("text_delta", "text"),
    "thinking": ("thinking_delta", "thinking"),
    "tool_use": ("input_json_delta", "partial_json"),
}


def _events(step: int) -> Iterator[dict[str, Any]]:
    """Yield the events of an answer."""
    who, _, blocks, (read, written) = STEPS[step]
    model = SMALL if who == "title" else MODEL
    usage = {
        "input_tokens": 12,
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": written,
        "output_tokens": 1,
    }
    begun = {
        "id": f"msg_{step:02}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "usage": usage,
    }
    yield {"type": "message_start", "message": {**begun, "stop_reason": None, "stop_sequence": None}}
    for index, block in enumerate(blocks):
        empty = {name: made for name, made in _EMPTY.items() if name in block}
        yield {"type": "content_block_start", "index": index, "content_block": {**block, **empty}}
        for delta in _deltas(block):
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    stop = "tool_use" if blocks[-1]["type"] == "tool_use" else "end_turn"
    yield {
        "type": "message_delta",
        "delta": {"stop_reason": stop, "stop_sequence": None},
        "usage": {**usage, "output_tokens": 40 + 7 * step},
    }
    yield {"type": "message_stop"}


def _deltas(block: dict[str, Any]) -> Iterator[dict[str, str]]:
    """Yield the content of a block in pieces."""
    kind, name = _DELTAS[block["type"]]
    text = json.dumps(block["input"]) if "input" in block else block[name]
    for place in range(0, len(text), 16):
        yield {"type": kind, name: text[place : place + 16]}
    if "signature" in block:
        yield {"type": "signature_delta", "signature": block["signature"]}


class Story:
    """The provider; `async with Story() as story` serves at `story.url`."""

    def __init__(self, pause: float = 0.004) -> None:
        """`pause` is the seconds between two events."""
        self.port = 0
        self._pause = pause
        self._refused = False
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=1 << 26)
        app.router.add_post("/v1/messages", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        step = int(request.headers["x-story-step"])
        await request.read()
        if step == _REFUSED and not self._refused:
            self._refused = True
            error = {"type": "error", "error": {"type": "rate_limit_error", "message": REFUSAL}}
            return web.json_response(error, status=429, headers={"retry-after": "1"})
        response = web.StreamResponse(headers={"content-type": "text/event-stream", "request-id": f"req_{step:02}"})
        await asyncio.sleep(0.05)
        await response.prepare(request)
        for number, event in enumerate(_events(step)):
            await response.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
            await asyncio.sleep(STALL if step == _STALLED and number == 3 else self._pause)
        await response.write_eof()
        return response


def _ask(step: int, history: list[dict[str, Any]]) -> None:
    """Ask the model once, and once more where it refuses."""
    who = STEPS[step][0]
    tools = [_tool(name) for name in (*_TOOLS, *(["Fetch"] if step == _MORE_TOOLS else []))]
    body: dict[str, Any] = {
        "model": SMALL if who == "title" else MODEL,
        "max_tokens": 4096,
        "stream": True,
        "messages": history,
    }
    if who != "title":
        body |= {"system": [_text(f"{INSTRUCTIONS} " + "Keep your answers short. " * 40)], "tools": tools}
    headers = {
        "content-type": "application/json",
        "x-api-key": os.environ["STORY_API_KEY"],
        "anthropic-version": "2023-06-01",
        "x-story-session": "story-session-1",
        "x-story-step": str(step),
        **({"x-story-agent": "searcher-1"} if who == "sub" else {}),
    }
    address = f"{os.environ['ANTHROPIC_BASE_URL']}/v1/messages"
    for _ in range(2):
        request = urllib.request.Request(address, json.dumps(body, separators=(",", ":")).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                answer.read()
                return
        except urllib.error.HTTPError as error:
            error.read()


def _bypass() -> None:
    """Reach a host around the listener, as agents do to ask for updates; nothing needs to answer."""
    proxy = urlsplit(os.environ.get("HTTPS_PROXY", ""))
    if proxy.hostname:
        connection = HTTPConnection(proxy.hostname, proxy.port or 80, timeout=10)
        connection.set_tunnel(BYPASS, 9)
        try:
            connection.connect()
        except OSError:
            return
        finally:
            connection.close()


def main() -> int:
    """Run the agent; the argument is the prompt."""
    assert sys.argv[1:] == [PROMPT]
    _bypass()
    histories: dict[str, list[dict[str, Any]]] = {"title": [], "main": [], "sub": []}
    for step, (who, asked, answered, _) in enumerate(STEPS):
        histories[who].append({"role": "user", "content": asked})
        _ask(step, histories[who])
        histories[who].append({"role": "assistant", "content": answered})
    print(ANSWER)
    return 0


def write_target(folder: Path) -> None:
    """Write the target of the agent."""
    (folder / "story.yaml").write_text(TARGET.format(python=sys.executable))


if __name__ == "__main__":
    sys.exit(main())
