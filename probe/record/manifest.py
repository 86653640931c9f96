"""`manifest.json`: what is known of a run besides its traffic."""

from __future__ import annotations

import errno
import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from probe.addon.plain_files import read_plain
from probe.errors import UserError
from probe.places import PROJECT
from probe.record.files import write_private
from probe.record.manifest_fields import NAMES, SCHEMA, Facts, Step, migrated
from probe.record.mirrored_runs import bring
from probe.record.open_record import record_sha256
from probe.record.received import listed_sums

NAME = "manifest.json"
LARGEST = 16 << 20
"""Bytes of a manifest; a command line and a prompt have at most a few hundred thousand."""


class Manifest:
    """A run's manifest; every change is written to the disk at once."""

    def __init__(self, folder: Path, data: dict[str, Any]) -> None:
        self.path = folder / NAME
        self._set(data)

    def _set(self, data: dict[str, Any]) -> None:
        self._data, self.facts = data, msgspec.convert(data, Facts)

    @property
    def data(self) -> dict[str, Any]:
        """Return all that the file holds, keys of a later version too."""
        return self._data

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Read a run's manifest; a folder without one has an empty one. Raises UserError when it is damaged."""
        path = folder / NAME
        try:
            data = json.loads(read_plain(path, LARGEST))
            msgspec.convert(data, dict[str, Any])
            for name in ("started", "ended"):
                # Stricter than msgspec: it does not accept `z`.
                datetime.fromisoformat(data.get(name) or utc_now())
            return cls(folder, migrated(data))
        except FileNotFoundError:
            return cls(folder, {})
        except (ValueError, TypeError, RecursionError, OSError, msgspec.MsgspecError) as error:
            problem = error.strerror if isinstance(error, OSError) else error
            raise UserError(f"{path}: cannot be read: {problem}", "delete it; the traffic is not in it") from error

    @classmethod
    def read_or_damaged(cls, folder: Path) -> Manifest:
        """Read a run's manifest; one that is damaged has the reason (`facts.damaged`), and nothing else."""
        try:
            return cls.read(folder)
        except UserError as error:
            return cls(folder, {"damaged": str(error.args[0])})

    def update(self, **changes: Any) -> None:
        """Set keys and write the file. Raises UserError when it cannot be written."""
        if unknown := changes.keys() - NAMES:
            raise TypeError(f"a manifest has no {', '.join(sorted(unknown))}")
        self._set({"schema": SCHEMA} | self._data | msgspec.to_builtins(changes))
        text = json.dumps(self._data, indent=2, ensure_ascii=False) + "\n"
        try:
            write_private(self.path, text)
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
            hint = "free some space, for example: invoke runs --prune 20" if full else "name another folder"
            raise UserError(f"{self.path}: cannot be written: {error.strerror}", hint, code=1) from error

    def finished_step(self, name: str, inputs: dict[str, str], outputs: dict[str, str]) -> None:
        """Record the inputs and outputs of a step (file or setting → SHA-256), unless the folder lists its manifest."""
        if NAME in listed_sums(self.path.parent):
            return
        step = Step(inputs=inputs, outputs=outputs, finished=utc_now())
        self.update(steps={**self.facts.steps, name: step})

    def up_to_date(self, name: str, inputs: dict[str, str]) -> bool:
        """Check whether a step was done with these inputs and its outputs are still as it left them."""
        step = self.facts.steps.get(name)
        if not step or step.inputs != inputs:
            return False
        bring(self.path.parent, step.outputs)
        return all(record_sha256(Path(self.path.parent, path)) == digest for path, digest in step.outputs.items())


def project_version() -> str:
    """Return this project's version."""
    import importlib.metadata  # Here, since it takes as long as reading ten megabytes.

    try:
        return importlib.metadata.version("agent-probe")
    except importlib.metadata.PackageNotFoundError:
        import tomllib  # Here: only a checkout that is run without being installed needs it.

        pyproject = tomllib.loads((PROJECT / "pyproject.toml").read_text())
        return str(pyproject["project"]["version"])


def text_sha256(text: str) -> str:
    """Return the SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def utc_now() -> str:
    """Return the current time in the manifest's format."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
