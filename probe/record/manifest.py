"""`manifest.json`: what is known of a run besides its traffic."""

from __future__ import annotations

import errno
import hashlib
import json
import tomllib
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any

import msgspec

from probe.errors import UserError
from probe.record.files import file_sha256, write_private
from probe.wire.addon.plain_files import read_plain

SCHEMA = 1
NAME = "manifest.json"
LARGEST = 16 << 20
"""Bytes of a manifest; a command line and a prompt have at most a few hundred thousand."""


_FileName = Annotated[str, msgspec.Meta(pattern=r"^[\w-][\w.-]{0,199}\Z")]
"""Never a way to another folder."""


class _Step(msgspec.Struct):
    inputs: dict[str, str]
    outputs: dict[_FileName, str]


class _Recovered(msgspec.Struct):
    exchanges: int


_Time = Annotated[datetime, msgspec.Meta(tz=True)]


class _Known(msgspec.Struct):
    """What a manifest's keys must be: a run's agent may have written into it. Other keys may be anything."""

    target: Annotated[str, msgspec.Meta(pattern=r"^[\w.-]{1,200}\Z")] | None = None
    """A file's name without its ending, so never a way to another folder."""
    run: str | None = None
    bundled: bool = False
    started: _Time | None = None
    ended: _Time | None = None
    interrupted: bool = False
    pid: Annotated[int, msgspec.Meta(ge=1, lt=1 << 31)] | None = None
    versions: dict[str, str | None] = {}
    settings: dict[str, dict[str, Any]] = {}
    command: list[str] | None = None
    own_command: list[str] | None = None
    prompt: str | None = None
    replay_of: str | None = None
    exit_code: int | None = None
    agent_exit_code: int | None = None
    counts: dict[str, int] | None = None
    traffic_sha256: str | None = None
    problems: list[str] = []
    notes: list[str] = []
    coverage: dict[str, Any] | None = None
    observer_changes: list[dict[str, Any]] | None = None
    files: dict[str, str] = {}
    recovered: _Recovered | None = None
    steps: dict[str, _Step] = {}


class Manifest:
    """A run's manifest; every change is on the disk at once, whole."""

    def __init__(self, folder: Path, data: dict[str, Any]) -> None:
        self.path = folder / NAME
        self.data = data

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Read a run's manifest; a folder without one has an empty one. Raises UserError when it is damaged."""
        path = folder / NAME
        try:
            data = json.loads(read_plain(path, LARGEST))
            msgspec.convert(data, _Known)
            for name in ("started", "ended"):
                # Which reads less than msgspec does: no `z`.
                datetime.fromisoformat(data.get(name) or utc_now())
        except FileNotFoundError:
            data = {}
        except (ValueError, RecursionError, OSError, msgspec.MsgspecError) as error:
            problem = error.strerror if isinstance(error, OSError) else error
            raise UserError(f"{path}: cannot be read: {problem}", "delete it; the traffic is not in it") from error
        return cls(folder, data)

    def update(self, **changes: Any) -> None:
        """Set keys and write the file. Raises UserError when it cannot be written."""
        self.data.update(changes)
        text = json.dumps({"schema": SCHEMA} | self.data, indent=2, ensure_ascii=False) + "\n"
        try:
            write_private(self.path, text)
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
            hint = "free some space, for example: invoke runs --prune 20" if full else "name another folder"
            raise UserError(f"{self.path}: cannot be written: {error.strerror}", hint, code=1) from error

    def finished_step(self, name: str, inputs: dict[str, str], outputs: dict[str, str]) -> None:
        """Note what a step was made from and what it made (file or setting → SHA-256)."""
        step = {"inputs": inputs, "outputs": outputs, "finished": utc_now()}
        self.update(steps={**self.data.get("steps", {}), name: step})

    def up_to_date(self, name: str, inputs: dict[str, str]) -> bool:
        """Tell whether a step was done with these inputs and its outputs are still as it left them."""
        step = self.data.get("steps", {}).get(name)
        if not step or step.get("inputs") != inputs:
            return False
        return all(file_sha256(Path(self.path.parent, path)) == digest for path, digest in step["outputs"].items())


def project_version() -> str:
    """Give this project's version."""
    try:
        return version("agent-probe")
    except PackageNotFoundError:
        # A checkout that is run without being installed.
        pyproject = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
        return str(pyproject["project"]["version"])


def text_sha256(text: str) -> str:
    """Give the SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def utc_now() -> str:
    """Give the time as the manifest has it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
