"""Runs as recordings of two agents would leave them, in our own words: many, small, the same from the same number.

Over the days new versions come: their instructions grow, one offers a tool more, one is refused more often, one reads
less from the cache. Some runs are replays, some end in an error, some answers were cut.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from probe.addon.private_files import private_folder
from probe.record.files import private_bytes
from probe.record.record_root import record_digests
from probe.renderers.blocks import Usage
from tests.support.answers import CALL, TEXT, Step
from tests.support.apis import anthropic_messages, responses_events
from tests.support.apis.calls import ident, stream
from tests.support.toolcalls import ToolCall

DAYS = 60
"""Over which runs are spread."""
_FIRST = datetime(2026, 1, 5, tzinfo=UTC)
_RULES = "You work in the user's folder. Read before you write, use your tools, run the tests, and say what you did. "
_PROMPTS = ("List the files", "Repair the cart", "Why does the build fail?", "Write a prime checker", "Explain this")
_OUTPUT = "cart.py:12: def total(price, discount):\ntest_cart.py:4: assert total(100, 20) == 80\n"


class Release(NamedTuple):
    """What one version of an agent does."""

    target: str
    version: str
    model: str
    tools: tuple[str, ...]
    rules: int
    """How often the rules are in its instructions."""
    refused: float
    """Share of its calls that are refused once."""
    cached: float
    """Share of the input that is read from the cache, after the first call."""


RELEASES = (
    Release("codex", "0.98.0", "gpt-5.2-codex", ("exec_command", "apply_patch"), 6, 0.02, 0.8),
    Release("codex", "0.104.0", "gpt-5.2-codex", ("exec_command", "apply_patch", "web_search"), 9, 0.02, 0.8),
    Release("codex", "0.169.0", "gpt-5.2-codex", ("exec_command", "apply_patch", "web_search"), 14, 0.12, 0.5),
    Release("claude-code", "2.1.100", "claude-sonnet-4-5", ("Bash", "Read", "Edit"), 10, 0.03, 0.9),
    Release("claude-code", "2.1.329", "claude-sonnet-4-5", ("Bash", "Read", "Edit", "Agent"), 16, 0.03, 0.9),
)


class SyntheticRun:
    """One run, all of it out of its number."""

    def __init__(self, number: int, turns: int | None = None) -> None:
        self._number, self._turns, self._random = number, turns, Random(number)
        self._is_codex = self._random.random() < 0.6
        day = self._random.randrange(DAYS)
        releases = [one for one in RELEASES if (one.target == "codex") is self._is_codex]
        # A version is used from its own days on, and the one before for a while beside it.
        newest = min(len(releases) - 1, day * len(releases) // DAYS)
        self.release = releases[max(0, newest - (self._random.random() < 0.2))]
        self.started = _FIRST + timedelta(days=day, seconds=self._random.randrange(86_000))
        self.name = f"{self.started:%Y%m%dT%H%M%SZ}-{number:06d}"
        self.prompt = self._random.choice(_PROMPTS)
        self._now = self.started.timestamp() + 0.5

    @property
    def key(self) -> str:
        """Return target and name."""
        return f"{self.release.target}/{self.name}"

    def write(self, data_dir: Path) -> Path:
        """Write its record and its manifest; return its folder."""
        folder = data_dir / self.key
        private_folder(folder)
        lines = b"".join(json.dumps(one, separators=(",", ":")).encode() + b"\n" for one in self._exchanges())
        with private_bytes(folder / "traffic.jsonl") as file:
            file.write(lines)
        with private_bytes(folder / "manifest.json") as file:
            file.write(self._manifest(folder, lines))
        return folder

    def _manifest(self, folder: Path, lines: bytes) -> bytes:
        digests, exchanges = record_digests(folder / "traffic.jsonl"), lines.count(b"\n")
        assert digests
        ended = datetime.fromtimestamp(self._now + 0.2, UTC)
        manifest = {
            "schema": 1,
            "target": self.release.target,
            "run": self.name,
            "started": _utc(self.started),
            "versions": {"agent-probe": "0.1.0", "agent": self.release.version},
            "settings": {},
            "command": [self.release.target, self.prompt],
            "prompt": self.prompt,
            "counts": {"seen": exchanges, "written": exchanges, "cut_short": 0, "websocket_messages": 0},
            "ended": _utc(ended),
            **digests.noted,
            "problems": [],
            "notes": [],
            "agent_exit_code": int(self._number % 40 == 7),
            **({"replay_of": f"{self.release.target}/sample"} if self._number % 25 == 3 else {}),
            "steps": {},
            "exit_code": 0,
            "finished": _utc(ended),
        }
        return json.dumps(manifest).encode()

    def _exchanges(self) -> Iterator[dict[str, Any]]:
        messages = [self._user(self.prompt)]
        turns = self._turns or self._random.randint(1, 5)
        for turn in range(1, turns + 1):
            if self._random.random() < self.release.refused:
                yield self._exchange(self._body(messages), 429, [])
            step = self._step(turn, last=turn == turns)
            body = self._body(messages)
            yield self._exchange(body, 200, self._events(step, body))
            messages += self._said(step)

    def _step(self, turn: int, *, last: bool) -> Step:
        entered = 900 + 420 * self.release.rules + 350 * turn + self._random.randrange(200)
        read = int(entered * self.release.cached) if turn > 1 else 0
        output = self._random.randint(20, 400)
        usage = Usage(
            input=entered,
            output=output,
            cache_read=read,
            cache_write=0 if self._is_codex else entered - read - 10,
            reasoning=output // 4,
            total=entered + output,
        )
        number = self._number * 10 + turn
        if last:
            return Step(number=number, kind=TEXT, text="Done. " + _RULES * self._random.randint(1, 3), usage=usage)
        tool = self._random.choice(self.release.tools)
        call = ToolCall(name=tool, payload=json.dumps({_ARGUMENT.get(tool, "cmd"): f"look at part {turn}"}))
        return Step(number=number, kind=CALL, call=call, reasoning="I look first.", usage=usage)

    def _body(self, messages: list[Any]) -> dict[str, Any]:
        rules, tools = _RULES * self.release.rules, [_tool(name, codex=self._is_codex) for name in self.release.tools]
        if self._is_codex:
            return {"model": self.release.model, "instructions": rules, "input": [*messages], "tools": tools,
                    "store": False, "stream": True, "prompt_cache_key": ident("session", self._number)}  # fmt: skip
        system = [{"type": "text", "text": rules, "cache_control": {"type": "ephemeral"}}]
        return {"model": self.release.model, "system": system, "messages": [*messages], "tools": tools,
                "max_tokens": 32_000, "stream": True}  # fmt: skip

    def _user(self, text: str) -> dict[str, Any]:
        if self._is_codex:
            return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
        return {"role": "user", "content": [{"type": "text", "text": text}]}

    def _events(self, step: Step, body: dict[str, Any]) -> Sequence[bytes]:
        if not self._is_codex:
            return stream(anthropic_messages.events(step, self.release.model, anthropic_messages.NAME)).pieces
        return stream(responses_events.turn(step.number, body, self._parts(step), step.spent(""))).pieces

    def _parts(self, step: Step) -> list[tuple[dict[str, Any], list[Any]]]:
        if step.call is None:
            return [responses_events.message(step.number, step.text or "")]
        thought = responses_events.reasoning(step.number, step.reasoning or "")
        return [thought, responses_events.tool_call(step.number, step.call)]

    def _said(self, step: Step) -> list[Any]:
        """Return what the next request has besides: the answer, and what the tool returned."""
        output = _OUTPUT * self._random.randint(1, 40)
        failed = self._random.random() < 0.15
        if self._is_codex:
            parts = [item for item, _ in self._parts(step)]
            call = parts[-1].get("call_id")
            return [*parts, {"type": "function_call_output", "call_id": call, "output": output}]
        content = anthropic_messages.message(step, self.release.model, anthropic_messages.NAME)["content"]
        result = {"type": "tool_result", "tool_use_id": content[-1].get("id"), "content": output, "is_error": failed}
        return [{"role": "assistant", "content": content}, {"role": "user", "content": [result]}]

    def _exchange(self, body: dict[str, Any], status: int, pieces: Sequence[bytes]) -> dict[str, Any]:
        began = self._now
        self._now += self._random.uniform(0.3, 1.5)
        sent = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
        listener = "https://api.openai.com/v1/responses" if self._is_codex else "https://api.anthropic.com/v1/messages"
        agent = f"{self.release.target}/{self.release.version}"
        return {
            "schema": 1,
            "id": ident("exchange", self._number, int(began * 1000)),
            "listener": "model",
            "timestamp": began,
            "request": {
                "method": "POST",
                "url": listener,
                "headers": {"content-type": "application/json", "user-agent": agent},
                "started": began,
                "ended": began + 0.01,
                "body": body,
                "body_kind": "json",
                **_digests(sent),
                "pieces": [[began, 0]],
            },
            "response": self._answer(status, pieces),
            "error": None,
        }

    def _answer(self, status: int, pieces: Sequence[bytes]) -> dict[str, Any]:
        started, places, offset = self._now, list[list[float]](), 0
        for piece in pieces:
            places.append([self._now, offset])
            offset += len(piece)
            self._now += self._random.uniform(0.005, 0.05)
        text = b"".join(pieces) or b'{"error":{"type":"rate_limit_error","message":"Too many requests; try again."}}'
        kind = (
            {"body": text.decode(), "body_kind": "sse"} if pieces else {"body": json.loads(text), "body_kind": "json"}
        )
        return {
            "status_code": status,
            "headers": {"content-type": "text/event-stream" if pieces else "application/json"},
            "started": started,
            "ended": self._now,
            **kind,
            **_digests(text),
            "pieces": places or [[started, 0]],
        }


_ARGUMENT = {"Bash": "command", "Read": "file_path", "Edit": "file_path", "Agent": "prompt", "web_search": "query"}


def _tool(name: str, *, codex: bool) -> dict[str, Any]:
    schema = {"type": "object", "properties": {_ARGUMENT.get(name, "cmd"): {"type": "string"}}}
    described = f"{name} does one thing well. " * 6
    if codex:
        return {"type": "function", "name": name, "description": described, "strict": False, "parameters": schema}
    return {"name": name, "description": described, "input_schema": schema}


def _digests(data: bytes) -> dict[str, Any]:
    return {"size": len(data), "sha256": sha256(data).hexdigest(), "wire_size": len(data)}


def _utc(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def write_runs(data_dir: Path, count: int, first: int = 0) -> list[str]:
    """Write runs with consecutive numbers into a data folder; return their keys (`target/name`)."""
    keys = []
    for number in range(first, first + count):
        one = SyntheticRun(number)
        one.write(data_dir)
        keys.append(one.key)
    return keys


if __name__ == "__main__":
    # python -m tests.support.synthetic_runs FOLDER COUNT
    print(f"{len(write_runs(Path(sys.argv[1]), int(sys.argv[2])))} runs in {sys.argv[1]}")
