"""Run the capture as a step of another script."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from probe.cli.parsing import command_line
from probe.cli.script_process import run_script


def capture_into(
    folder: Path,
    options: Mapping[str, Any],
    command: Sequence[str] = (),
    *,
    stdout: TextIO | None = None,
    seconds: float | None = None,
) -> int:
    """Capture into a run's folder, with those of the options that a capture has; return the exit code.

    The folder of a run that never began is removed. Raises TimeoutError where it took longer than `seconds`.
    """
    words = command_line("capture", {**options, "output_dir": folder})
    code = run_script(
        "probe.capture", [*words, *(["--", *command] if command else [])], step=True, stdout=stdout, seconds=seconds
    )
    with contextlib.suppress(OSError):
        # Only an empty folder goes.
        folder.rmdir()
    return code
