"""`manifest.json`: what is known of a run besides its traffic."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TextIO

from probe.errors import UserError

SCHEMA = 1
NAME = "manifest.json"


class Manifest:
    """A run's manifest; every change is on the disk at once, whole."""

    def __init__(self, folder: Path, data: dict[str, Any]) -> None:
        self.path = folder / NAME
        self.data = data

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Read a run's manifest; a folder without one has an empty one. Raises UserError when it is damaged."""
        try:
            data = json.loads((folder / NAME).read_bytes())
        except FileNotFoundError:
            data = {}
        except (ValueError, OSError) as error:
            raise UserError(
                f"{folder / NAME}: cannot be read: {error}", "delete it; the traffic is not in it"
            ) from error
        if not isinstance(data, dict):
            raise UserError(f"{folder / NAME}: not a manifest", "delete it; the traffic is not in it")
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


def write_private(path: Path, text: str) -> None:
    """Write a 0600 file as a whole."""
    with private_file(path) as file:
        file.write(text)


@contextlib.contextmanager
def private_file(path: Path) -> Iterator[TextIO]:
    """Open a 0600 file to write, so that a reader sees the old text or the whole new one, never a part."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        # A command line may hold bytes that are no UTF-8.
        with open(new, "w", encoding="utf-8", errors="backslashreplace", opener=_private) as file:
            yield file
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def project_version() -> str:
    """Give this project's version."""
    try:
        return version("agent-probe")
    except PackageNotFoundError:
        # A checkout that is run without being installed.
        pyproject = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
        return str(pyproject["project"]["version"])


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def file_sha256(path: Path) -> str | None:
    """Give the SHA-256 of a file; None when there is none."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None


def text_sha256(text: str) -> str:
    """Give the SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def utc_now() -> str:
    """Give the time as the manifest has it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
