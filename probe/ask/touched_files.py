"""Which files the tool calls of an agent touched, and how: from the arguments of the call, else a guess."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from probe.ask.shell_files import files_of_command
from probe.renderers.blocks import ToolCall

READ, WRITTEN, EDITED, DELETED, SEARCHED, NAMED = "read", "written", "edited", "deleted", "searched", "named"
_VERBS = {
    DELETED: {"delete", "remove"},
    EDITED: {"edit", "multiedit", "replace", "patch", "update", "insert", "rename", "move"},
    WRITTEN: {"write", "create", "save"},
    SEARCHED: {"glob", "grep", "search", "find", "list", "ls"},
    READ: {"read", "view", "open", "cat"},
}
"""Words in the names of tools; the first that fits."""
_WORD = re.compile(r"[A-Z]?[a-z]+")
_PATHS = (
    *("file_path", "filePath", "path", "absolute_path", "notebook_path", "filepath", "filename", "file_name", "file"),
    *("target_file", "relative_path", "dir_path", "paths", "files", "file_paths"),
)
"""Names of arguments with a path, or a list of them."""
_COMMANDS = ("command", "cmd", "script", "commands")
_PATCHES = ("input", "patch", "patchText", "patch_text")
_PATCH = re.compile(r"(?m)^\s*\*\*\* (Add|Update|Delete) File: (.+?)\s*$|^\s*\*\*\* (Move) to: (.+?)\s*$")
_PATCHED = {"Add": WRITTEN, "Update": EDITED, "Delete": DELETED, "Move": WRITTEN}
_IN_SCRIPT = re.compile(r'"?\bcmd"?\s*:\s*"((?:[^"\\]|\\.)*)"')
"""A shell command in the script of a tool that runs scripts, as codex has one."""


class Touch(NamedTuple):
    """A file, and what a call did with it."""

    path: str
    action: str
    guess: bool
    """True where it was found in a shell command."""


def touched(call: ToolCall) -> list[Touch]:
    """Return the files that a call names, each once for each thing that it did."""
    return list(dict.fromkeys(_touched(call)))


def _touched(call: ToolCall) -> Iterator[Touch]:
    arguments = call.arguments
    if isinstance(arguments, str):
        patched = list(_patched(arguments, guess=False))
        yield from patched or _in_script(arguments)
        return
    if not isinstance(arguments, dict):
        return
    for name in _PATCHES:
        if isinstance(text := arguments.get(name), str):
            yield from _patched(text, guess=False)
    action = _action(call.name, arguments)
    named = [path for name in _PATHS for path in _texts(arguments.get(name))]
    command = next((arguments[name] for name in _COMMANDS if arguments.get(name)), None)
    if named and not (command and action == NAMED):
        yield from (Touch(path, action, False) for path in named)
    elif command is not None:
        yield from _of_command(command)


def _action(tool: str, arguments: dict[str, Any]) -> str:
    """Return what a tool does with the files that it names: its own `command` says it, as of an editor, or its name."""
    for name in (arguments.get("command"), tool.rpartition(".")[2]):
        words = {word.lower() for word in _WORD.findall(name)} if isinstance(name, str) and " " not in name else set()
        for action, verbs in _VERBS.items():
            if words & verbs:
                return action
    return NAMED


def _texts(value: Any) -> list[str]:
    listed = value if isinstance(value, list) else [value]
    return [one for one in listed if isinstance(one, str) and one]


def _patched(text: str, *, guess: bool) -> Iterator[Touch]:
    for add, path, move, to in _PATCH.findall(text):
        yield Touch(path or to, _PATCHED[add or move], guess)


def _in_script(text: str) -> Iterator[Touch]:
    for command in _IN_SCRIPT.findall(text):
        yield from _of_command(re.sub(r"\\(.)", lambda one: "\n" if one[1] == "n" else one[1], command))


def _of_command(command: Any) -> Iterator[Touch]:
    words = [one for one in command if isinstance(one, str)] if isinstance(command, list) else None
    # Of `sh -lc SCRIPT` the script says it all.
    text = words[-1] if words and len(words) == 3 and words[1] in ("-c", "-lc") else command
    yield from _patched(text, guess=True) if isinstance(text, str) else ()
    found = files_of_command(words if text is command and words else text)
    yield from (Touch(path, action, True) for path, action in found)
