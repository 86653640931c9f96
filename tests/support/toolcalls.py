"""Choose the shell tool that an agent offers, or the one that starts a sub-agent, and fill in its arguments."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.support.schemas import instance

LIST_FILES = "ls -la"
TASK = "Look which files are here, and report what you found."
"""What a sub-agent is told to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One tool that a request offers, whatever its API."""

    name: str
    schema: Mapping[str, Any] = field(default_factory=dict)
    """JSON schema of its arguments; empty when the request tells none."""
    custom: bool = False
    """True when it takes free text instead of JSON."""
    namespace: str | None = None
    """The namespace that it stands in; None where the API or the request has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """One call of a tool that the model asks for."""

    name: str
    payload: str
    """The JSON arguments of a function, or the free text that a custom tool takes."""
    custom: bool = False
    namespace: str | None = None

    @property
    def arguments(self) -> Any:
        """Return the parsed arguments of a function."""
        return json.loads(self.payload)


_COMMAND_LINES = "run_commands"
"""It takes a list of whole commands, not the words of one."""
SHELLS: dict[str, str] = {
    "exec_command": "cmd",  # codex 0.98.0
    "shell_command": "command",
    "shell": "command",
    "exec": "cmd",  # codex 0.169.0: a custom tool that takes JavaScript
    "Bash": "command",  # claude-code
    "bash": "command",  # opencode, pi
    "run_shell_command": "command",  # gemini-cli, qwen-code
    _COMMAND_LINES: "commands",  # cline
}
"""The shell tools of the agents that we know, and where each takes its command; the first on offer is called."""

DELEGATES: dict[str, str] = {
    "Agent": "general-purpose",  # claude-code
    "task": "general",  # opencode
    "spawn_agent": "",  # codex 0.169.0
}
"""The tools that start a sub-agent, and the kind of it that each takes."""
WAIT = "wait_agent"
"""How codex 0.169.0 waits for its sub-agents; the others' tools come back when theirs have ended."""
_TASK = {
    "description": "Look around",
    "prompt": TASK,
    "message": TASK,
    "task_name": "look_around",
    "fork_turns": "none",
    "run_in_background": False,
}

_COMMANDS = ("command", "cmd", "script", "code")


def choose(tools: Sequence[Tool], command: str) -> ToolCall | None:
    """Make a call of the first shell tool on offer, or None when there is none."""
    offered = {tool.name: tool for tool in tools}
    for name, place in SHELLS.items():
        if name in offered:
            return _filled(offered[name], place, command)
    for tool in tools:
        for place in _COMMANDS:
            if _takes_text(tool, place):
                return _filled(tool, place, command)
    return None


def called(tool: Tool) -> ToolCall:
    """Make a call of any tool with as few arguments as it takes."""
    payload = "ok" if tool.custom else json.dumps(instance(tool.schema))
    return ToolCall(name=tool.name, payload=payload, custom=tool.custom, namespace=tool.namespace)


def delegate(tools: Sequence[Tool]) -> ToolCall | None:
    """Make a call that gives `TASK` to a sub-agent, or None where no tool starts one."""
    tool = next((tool for tool in tools if tool.name in DELEGATES), None)
    if tool is None:
        return None
    known = {**_TASK, "subagent_type": DELEGATES[tool.name]}
    told = {name: known[name] for name in tool.schema.get("properties") or {} if name in known}
    payload = json.dumps({**instance(tool.schema), **told})
    return ToolCall(name=tool.name, payload=payload, namespace=tool.namespace)


def wait(tools: Sequence[Tool]) -> ToolCall | None:
    """Make a call that waits for a sub-agent, or None where nobody has to."""
    tool = next((tool for tool in tools if tool.name == WAIT), None)
    return called(tool) if tool else None


def _takes_text(tool: Tool, place: str) -> bool:
    """Check whether a tool must be given a text of this name, and not one of a few words (an editor's `command`)."""
    wanted = (tool.schema.get("properties") or {}).get(place)
    if not isinstance(wanted, dict) or "enum" in wanted or place not in (tool.schema.get("required") or ()):
        return False
    return str(wanted.get("type", "")).lower() in ("string", "array")


def _filled(tool: Tool, place: str, command: str) -> ToolCall:
    """Fill in a shell tool's arguments: the command, and whatever else it requires."""
    if tool.custom:
        return ToolCall(name=tool.name, payload=_script(command), custom=True)
    properties = tool.schema.get("properties") or {}
    place = next((name for name in (place, *_COMMANDS) if name in properties), place)
    words = str((properties.get(place) or {}).get("type", "")).lower() == "array"
    # The classic shell takes words, whether or not the request tells its schema.
    words = words or (not properties and tool.name == "shell")
    value: Any = ["bash", "-lc", command] if words else command
    if tool.name == _COMMAND_LINES:
        value = [command]
    needed = instance(tool.schema) if tool.schema else {}
    return ToolCall(name=tool.name, payload=json.dumps({place: value} | needed | {place: value}))


def _script(command: str) -> str:
    """Write the JavaScript that runs a shell command in codex's code mode."""
    return f"const result = await tools.exec_command({json.dumps({'cmd': command})});\ntext(result.output);\n"
