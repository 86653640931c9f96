"""Choose the shell tool that an agent offers, and fill in its arguments."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

LIST_FILES = "ls -la"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """One call of a tool that the model asks for."""

    name: str
    payload: str
    """The JSON arguments of a function, or the free text that a custom tool takes."""
    custom: bool = False


def _script(command: str) -> str:
    """Write the JavaScript that runs a shell command in codex's code mode."""
    return f"const result = await tools.exec_command({json.dumps({'cmd': command})});\ntext(result.output);\n"


SHELLS: dict[str, Callable[[str], str]] = {
    "exec_command": lambda command: json.dumps({"cmd": command}),  # codex 0.98.0
    "shell_command": lambda command: json.dumps({"command": command}),
    "shell": lambda command: json.dumps({"command": ["bash", "-lc", command]}),
    "exec": _script,  # codex 0.169.0: a custom tool that takes JavaScript
}


def choose(body: dict[str, Any], command: str) -> ToolCall | None:
    """Make a call of the first shell tool on offer, or None when there is none that is known."""
    offered = {tool["name"]: tool for tool in _offered(body) if "name" in tool}
    for name, fill in SHELLS.items():
        if name in offered:
            return ToolCall(name=name, payload=fill(command), custom=offered[name].get("type") == "custom")
    return None


def _offered(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give every tool of a request: at the top, in `additional_tools` items, and inside namespaces."""
    yield from _flat(body.get("tools") or [])
    for item in input_items(body):
        if item.get("type") == "additional_tools":
            yield from _flat(item.get("tools") or [])


def _flat(tools: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Give tools with those inside namespaces in place of the namespaces."""
    for tool in tools:
        yield from _flat(tool.get("tools") or []) if tool.get("type") == "namespace" else [tool]


def input_items(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the input as items; a bare string is one user message."""
    given = body.get("input") or []
    return [{"type": "message", "role": "user", "content": given}] if isinstance(given, str) else given


def has_new_output(body: dict[str, Any]) -> bool:
    """Tell whether a tool has answered since the user last spoke."""
    for item in reversed(input_items(body)):
        if str(item.get("type", "")).endswith("_output"):
            return True
        if item.get("role") == "user":
            return False
    return False
