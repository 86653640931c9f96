"""Keys of an agent's settings files, as `new-target --setting FILE:KEY=VALUE` has them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, NoReturn

from probe.errors import UserError
from probe.targets.file_formats import ENDINGS, has_format, read_value, written_value

EXAMPLE = "for example --setting config.json:models[0].baseUrl={model.url}/v1"
_SETTING = re.compile(r'(?P<file>[^:=]+):(?P<key>(?:"[^"]*"|[^"=])+)=(?P<value>.*)', re.DOTALL)
_STEP = re.compile(r'(?:^|\.)(?:"(?P<quoted>[^"]+)"|(?P<name>[^.\[\]"\s]+))|\[(?P<place>\d{1,3})\]')


class Setting(NamedTuple):
    """One key of a settings file and its value."""

    file: str
    key: str
    steps: tuple[str | int, ...]
    """The way through mappings (by name) and lists (by place)."""
    value: Any

    @property
    def shown(self) -> str:
        """Return how an error names it: without the value, which may be a secret."""
        return f"--setting {self.file}:{self.key}"


def with_settings(files: Mapping[str, str], given: Sequence[str]) -> dict[str, Any]:
    """Return the settings files with keys set in them: texts, and values of those that have keys. Raises UserError."""
    values: dict[str, Any] = dict(files)
    seen: set[tuple[str, tuple[str | int, ...]]] = set()
    for setting in map(parsed_setting, given):
        if (setting.file, setting.steps) in seen:
            raise UserError(f"{setting.shown} is given twice", "give it once")
        seen.add((setting.file, setting.steps))
        before = values.get(setting.file)
        values[setting.file] = _put(_read(setting, before), setting.steps, setting)
        _check_written(setting, values[setting.file])
    return values


def parsed_setting(given: str) -> Setting:
    """Parse `FILE:KEY=VALUE`; a value that is JSON is read as JSON, any other is a text. Raises UserError."""
    match = _SETTING.fullmatch(given)
    steps = _steps(match["key"]) if match else None
    if match is None or steps is None:
        shown = given.partition("=")[0]
        raise UserError(f"--setting {shown} names no file and no key in it: FILE:KEY=VALUE", EXAMPLE)
    if not has_format(match["file"]):
        hint = f"names end in {', '.join(ENDINGS)}; give any other file whole: --file NAME=TEXT"
        raise UserError(f"--setting {match['file']}:{match['key']}: the file's format is unknown", hint)
    return Setting(match["file"], match["key"], steps, _value(match["value"]))


def _steps(key: str) -> tuple[str | int, ...] | None:
    """Return the way that a key names (`a."b.c"[0].d`); None where it is none."""
    steps: list[str | int] = []
    end = 0
    while end < len(key):
        match = _STEP.match(key, end)
        if match is None:
            return None
        steps.append(int(match["place"]) if match["place"] else match["quoted"] or match["name"])
        end = match.end()
    return tuple(steps) or None


def _value(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse)
    except ValueError:
        return text


def _refuse(constant: str) -> NoReturn:
    """Refuse NaN and the like, which only Python reads; they are texts."""
    raise ValueError(constant)


def _read(setting: Setting, before: Any) -> Any:
    """Return what a file has before a key is set in it; None for a new one."""
    if not isinstance(before, str):
        return before
    try:
        return read_value(setting.file, before)
    except ValueError as error:
        raise UserError(f"--file {setting.file}: no key can be set in it: {error}", "correct the file") from error


def _put(there: Any, steps: Sequence[str | int], setting: Setting) -> Any:
    """Return a value with that of a setting put in at the end of its way."""
    if not steps:
        return setting.value
    step, *rest = steps
    if isinstance(step, str):
        mapping = {} if there is None else there
        _require(isinstance(mapping, dict), setting, f"a mapping is needed for {step!r}")
        return {**mapping, step: _put(mapping.get(step), rest, setting)}
    items = [] if there is None else there
    _require(isinstance(items, list), setting, f"a list is needed for [{step}]")
    if step > len(items):
        raise UserError(f"{setting.shown}: the list has {len(items)} elements", f"set [{len(items)}] first")
    inner = items[step] if step < len(items) else None
    return [*items[:step], _put(inner, rest, setting), *items[step + 1 :]]


def _require(fits: bool, setting: Setting, needed: str) -> None:
    if not fits:
        raise UserError(f"{setting.shown}: {needed}, and there is something else", EXAMPLE)


def _check_written(setting: Setting, value: Any) -> None:
    try:
        written_value(setting.file, value)
    except (TypeError, ValueError) as error:  # A date of TOML or YAML; null in TOML.
        raise UserError(f"{setting.shown}: the file cannot be written: {error}", EXAMPLE) from error
