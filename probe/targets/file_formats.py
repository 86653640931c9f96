"""The formats of settings files: JSON, YAML and TOML, known by a file's name."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

ENDINGS = (".json", ".yaml", ".yml", ".toml")


def has_format(name: str) -> bool:
    """Check whether a file's name tells its format."""
    return PurePosixPath(name).suffix in ENDINGS


def read_value(name: str, text: str) -> Any:
    """Parse a settings file. Raises ValueError."""
    match PurePosixPath(name).suffix:
        case ".toml":
            return tomllib.loads(text)
        case ".yaml" | ".yml":
            return _read_yaml(text)
        case _:
            return json.loads(text)


def written_value(name: str, value: Any) -> str:
    """Return the text of a settings file in the format of its name, JSON where that tells none. Raises ValueError."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    match PurePosixPath(name).suffix:
        case ".toml" if isinstance(value, dict):
            return "\n".join(_toml_lines(value)) + "\n"
        case ".toml":
            raise ValueError("TOML has a table at its top, so it must be a mapping")
        case ".yaml" | ".yml":
            import yaml  # Here, as below: most runs have no such file.

            return str(yaml.safe_dump(value, sort_keys=False))
    return text


def _read_yaml(text: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(f"not YAML: {getattr(error, 'problem', error)}") from error


def _toml_lines(table: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield a table's own keys, then the tables in it."""
    own = {name: value for name, value in table.items() if not isinstance(value, dict)}
    if path and (own or not table):
        yield f"[{'.'.join(map(_toml_text, path))}]"
    yield from (f"{_toml_text(name)} = {_toml_value(value)}" for name, value in own.items())
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _toml_lines(value, (*path, name))


def _toml_value(value: Any) -> str:
    match value:
        case str():
            return _toml_text(value)
        case list():
            return f"[{', '.join(map(_toml_value, value))}]"
        case dict():
            return f"{{{', '.join(f'{_toml_text(name)} = {_toml_value(one)}' for name, one in value.items())}}}"
        case None:
            raise ValueError("TOML has no null")
        case _:
            return json.dumps(value, allow_nan=False)


def _toml_text(text: str) -> str:
    """Quote a text as JSON does, but for the one control character that JSON leaves as it is."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
