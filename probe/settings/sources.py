"""Where settings come from: command line > environment (PROBE_…) > <target>.local.yaml > <target>.yaml > default."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from typing import Any

from probe.did_you_mean import did_you_mean
from probe.errors import UserError
from probe.targets.finding import target_files
from probe.targets.target import Target

COMMAND_LINE = "command line"
DEFAULT = "default"
YES, NO = ("1", "true", "yes"), ("0", "false", "no")


class Sources:
    """All sources of settings; records which one each setting came from."""

    def __init__(
        self, arguments: argparse.Namespace, environ: Mapping[str, str], target: Target, files: dict[str, str]
    ) -> None:
        self.arguments = arguments
        self.environ = environ
        self.target = target
        self.files = files
        """Key of the target → the file that has it."""
        self.sources = {"target": COMMAND_LINE}
        """Setting → where its value came from."""
        used, *hidden = target_files(arguments.target)
        self.notes = [f"note: target {arguments.target} is {used}, not {other}" for other in hidden]
        """What the user should know about them before a run, a line each."""

    def option(self, name: str) -> Any:
        """Return an option of the command line; None if the script does not have it."""
        return getattr(self.arguments, name, None)

    def pick(self, name: str, default: str | None, *, in_environment: bool = True, in_file: bool = True) -> str | None:
        """Return the first value of command line, environment and file, and record its source."""
        variable = f"PROBE_{name.upper()}"
        candidates = [(self.option(name), COMMAND_LINE)]
        if in_environment:
            candidates.append((self.environ.get(variable), f"environment {variable}"))
        if in_file and name in self.files:
            candidates.append((getattr(self.target, name), self.files[name]))
        value, source = next((pair for pair in candidates if pair[0] is not None), (default, DEFAULT))
        self.sources[name] = source
        return value

    def named(self, option: str) -> dict[str, str]:
        """Return NAME=VALUE pairs; the command line overrides the environment."""
        variable = f"PROBE_{option.upper()}"
        pairs = [(pair, f"environment {variable}") for pair in self.environ.get(variable, "").split()]
        pairs += [(pair, COMMAND_LINE) for pair in self.option(option) or []]
        values = {}
        for pair, source in pairs:
            name, equals, value = pair.partition("=")
            known = list(self.target.listeners)
            if not equals or not value:
                raise UserError(f"{option} {pair} ({source}): not NAME=VALUE", f"for example {known[0]}=…")
            if name not in known:
                hint = did_you_mean(name, known) + f"listeners of {self.arguments.target} are: {', '.join(known)}"
                raise UserError(f"{option} {pair} ({source}): no listener {name!r}", hint)
            values[name] = value
            self.sources[f"{option}.{name}"] = source
        return values


def pairs(option: str, values: Iterable[str]) -> dict[str, str]:
    """Parse K=V pairs. Raises UserError for anything else."""
    result = {}
    for value in values:
        name, equals, rest = value.partition("=")
        if not equals or not name:
            raise UserError(f"--{option} {name}: not K=V", f"for example --{option} NAME=value")
        result[name] = rest
    return result
