"""A small coding agent that speaks the Responses API: `OPENAI_BASE_URL=… python -m probe.demo.agent "PROMPT"`.

It needs only the standard library and no other module of agent-probe, and can be run by its path.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

VERSION = "1.0"
MOST_TURNS = 10
ANSWER_SECONDS = 120.0
SHELL_SECONDS = 30.0
LONGEST_OUTPUT = 20_000

INSTRUCTIONS = (
    "You are a small coding agent. You work in one folder with two tools: write_file and shell. "
    "Write short programs, run them once to see that they work, then say in a few words what you did."
)


def _tool(name: str, description: str, *parameters: str) -> dict[str, Any]:
    """Return the schema of a function whose parameters are all texts."""
    schema = {
        "type": "object",
        "properties": {parameter: {"type": "string"} for parameter in parameters},
        "required": [*parameters],
        "additionalProperties": False,
    }
    return {"type": "function", "name": name, "description": description, "parameters": schema, "strict": True}


TOOLS = [
    _tool("write_file", "Write a text file in the current folder.", "path", "content"),
    _tool("shell", f"Run a shell command in the current folder, for {SHELL_SECONDS:.0f} s at most.", "command"),
]


class AgentError(Exception):
    """Why the agent cannot continue, as a message for the user."""


def main(argv: Sequence[str] | None = None) -> int:
    """Work on a prompt; return 0 when the model is done, 1 on an error of the API, 2 on an error of the user."""
    parser = argparse.ArgumentParser(prog="demo-agent", description="A small coding agent for demonstrations.")
    parser.add_argument("prompt", help="what to do in the current folder")
    parser.add_argument("--version", action="version", version=f"demo-agent {VERSION}")
    prompt = parser.parse_args(argv).prompt
    base_url = os.environ.get("OPENAI_BASE_URL", "")
    if not _is_url(base_url):
        hint = "set it to the API's URL, such as http://127.0.0.1:8080/v1"
        print(f"error: OPENAI_BASE_URL is {base_url!r}\n  hint: {hint}", file=sys.stderr)
        return 2
    try:
        work(prompt, base_url, os.environ.get("OPENAI_API_KEY") or "placeholder")
    except AgentError as error:
        print(f"error: {_plain(str(error))}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _is_url(text: str) -> bool:
    try:
        url = urlsplit(text)
        return url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:  # the port is not a number
        return False


def work(prompt: str, base_url: str, key: str) -> None:
    """Call the model and run its tool calls until there are none. Raises AgentError."""
    conversation: list[dict[str, Any]] = [{"type": "message", "role": "user", "content": prompt}]
    for _ in range(MOST_TURNS):
        items = answer(conversation, base_url, key)
        calls = [item for item in items if item.get("type") == "function_call"]
        if not calls:
            return
        results = [
            {"type": "function_call_output", "call_id": call.get("call_id"), "output": run_tool(call)} for call in calls
        ]
        conversation += items + results
    raise AgentError(f"not done after {MOST_TURNS} turns")


def answer(conversation: list[dict[str, Any]], base_url: str, key: str) -> list[dict[str, Any]]:
    """Call the model once, print its text as it arrives, and return the items of its answer. Raises AgentError."""
    request = {
        "model": "demo-1",
        "instructions": INSTRUCTIONS,
        "input": conversation,
        "tools": TOOLS,
        "reasoning": {"summary": "auto"},
        "include": ["reasoning.encrypted_content"],
        "store": False,
        "stream": True,
    }
    items: list[dict[str, Any]] = []
    for event in _events(request, base_url, key):
        match event.get("type"):
            case "response.output_text.delta":
                print(_plain(str(event.get("delta"))), end="", flush=True)
            case "response.output_text.done":
                print(flush=True)
            case "response.reasoning_summary_text.done":
                print(_plain(str(event.get("text"))), file=sys.stderr, flush=True)
            case "response.output_item.done":
                items.append(event["item"])
            case "response.completed":
                return items
            case "response.failed" | "response.incomplete" | "error":
                raise AgentError(_reason(event))
    raise AgentError("the answer broke off before its end")


def _events(request: dict[str, Any], base_url: str, key: str) -> Iterator[dict[str, Any]]:
    """Post a request and yield the events of its answer."""
    url = urlsplit(base_url)
    # http.client ignores proxy variables: requests to a listener on loopback must not go anywhere else.
    connect = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    connection = connect(url.hostname or "", url.port, timeout=ANSWER_SECONDS)
    headers = {
        "Authorization": f"Bearer {key}",
        "Content-Type": "application/json",
        "Accept": "text/event-stream",
        "User-Agent": f"demo-agent/{VERSION}",
    }
    try:
        with contextlib.closing(connection):
            body = json.dumps(request, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
            connection.request("POST", url.path.rstrip("/") + "/responses", body, headers)
            response = connection.getresponse()
            if response.status != 200:
                raise AgentError(f"the API answers {response.status}: {_reason(_object(response.read()))}")
            for line in response:
                if line.startswith(b"data:"):
                    yield _object(line[5:])
    except (OSError, http.client.HTTPException) as error:
        raise AgentError(f"cannot talk to {base_url}: {error or type(error).__name__}") from error


def run_tool(call: dict[str, Any]) -> str:
    """Run a tool call and return its output for the model."""
    arguments = _object(call.get("arguments") or "")
    print(
        _plain(f"[{call.get('name')}] {arguments.get('path') or arguments.get('command')}"), file=sys.stderr, flush=True
    )
    match call.get("name"), arguments:
        case "write_file", {"path": str(path), "content": str(content)}:
            return write_file(path, content)
        case "shell", {"command": str(command)}:
            return shell(command)
        case name, _:
            return f"error: there is no tool {name!r} that takes these arguments"


def write_file(path: str, content: str) -> str:
    """Write a file, but only inside the current folder."""
    folder = Path.cwd().resolve()
    try:
        target = (folder / path).resolve()
        if folder not in target.parents:
            return f"error: {path} is not inside the current folder"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8")
    except (OSError, ValueError) as error:
        return f"error: {error}"
    return f"wrote {len(content.encode())} bytes to {path}"


def shell(command: str) -> str:
    """Run a command and end all that it started; return its exit code and output."""
    process = subprocess.Popen(
        ["/bin/sh", "-c", command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=SHELL_SECONDS)
        end = f"exit code {process.returncode}"
    except subprocess.TimeoutExpired:
        output, end = b"", f"error: still running after {SHELL_SECONDS:.0f} s, so it was ended"
    finally:
        # The whole group: a command in the background would keep the pipe open, and outlive the agent.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return f"{end}\n{output.decode(errors='replace')[:LONGEST_OUTPUT]}"


def _reason(answer: dict[str, Any]) -> str:
    """Return an error's message, wherever the API put it: in the answer, in its `error`, or in its `response`."""
    inner = answer.get("response")
    error = (inner if isinstance(inner, dict) else answer).get("error") or answer
    message = error.get("message") if isinstance(error, dict) else error
    return str(message or answer.get("type") or "no reason given")


def _object(text: str | bytes) -> dict[str, Any]:
    """Parse a JSON object; return an empty one for anything else."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _plain(text: str) -> str:
    """Return a text without control characters."""
    return "".join(character for character in text if character.isprintable() or character in "\n\t")


if __name__ == "__main__":
    sys.exit(main())
