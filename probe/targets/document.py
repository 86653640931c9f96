"""A YAML file, such as a target's, with the line of each key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from probe.errors import UserError
from probe.places import shown

_DEEPEST = 50
"""Levels of a target's file; the settings file of an agent within it may have some."""


class Document:
    """A YAML file with the line of each of its keys."""

    def __init__(self, path: Path, what: str = "a target") -> None:
        self.name = shown(path)
        """For messages and manifests."""
        self.lines: dict[tuple[str, ...], int] = {}
        try:
            text = path.read_text(encoding="utf-8")
            self._refuse_bombs(text)
            node = yaml.compose(text, Loader=yaml.SafeLoader)
            self.data: dict[str, Any] = yaml.safe_load(text) or {}
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            place = f"{self.name}:{mark.line + 1}" if mark else self.name
            raise UserError(f"{place}: not YAML: {getattr(error, 'problem', error)}") from error
        except (OSError, UnicodeDecodeError) as error:
            problem = error.strerror if isinstance(error, OSError) else error
            raise UserError(f"{path}: cannot be read: {problem}") from error
        if not isinstance(self.data, dict):
            raise UserError(f"{self.name}:1: {what} is a mapping of keys to values")
        self._note(node, ())

    def _refuse_bombs(self, text: str) -> None:
        """Raise UserError for an alias, which may expand to more than memory holds, and for deep nesting."""
        depth = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            place = f"{self.name}:{event.start_mark.line + 1}" if event.start_mark else self.name
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if isinstance(event, yaml.AliasEvent):
                raise UserError(f"{place}: an alias (*{event.anchor})", "write out its value")
            if depth > _DEEPEST:
                raise UserError(f"{place}: nested too deeply", f"a target has fewer than {_DEEPEST} levels")

    def _note(self, node: yaml.Node | None, path: tuple[str, ...]) -> None:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                below = (*path, str(key.value))
                first = self.lines.get(below)
                self.lines[below] = key.start_mark.line + 1
                if first is not None:
                    raise self.error(below, f"key {key.value!r} appears twice (also in line {first})")
                self._note(value, below)
        elif isinstance(node, yaml.SequenceNode):
            for number, value in enumerate(node.value):
                self.lines[(*path, str(number))] = value.start_mark.line + 1
                self._note(value, (*path, str(number)))

    def error(self, path: tuple[str, ...], problem: str, hint: str | None = None) -> UserError:
        """Return an error with file, line and problem."""
        while path and path not in self.lines:
            path = path[:-1]
        return UserError(f"{self.name}:{self.lines.get(path, 1)}: {problem}", hint)
