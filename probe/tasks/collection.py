"""Invoke tasks: each only spells one `python -m probe.<task> …` command line.

Names, help and options come from `probe.cli.commands` and `.options`, where the scripts have theirs from as well.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from invoke.collection import Collection
from invoke.context import Context
from invoke.parser.argument import Argument
from invoke.tasks import Task

import probe.cli.invoke_words
from probe.cli.called_as import as_called, module_of
from probe.cli.commands import COMMANDS
from probe.cli.options import Option, flag, option_of
from probe.cli.parsing import command_line, usage
from probe.cli.script_process import run_script


class ScriptTask(Task):  # type: ignore[type-arg]
    """A task that takes its script's options."""

    def get_arguments(self, ignore_unknown_help: bool | None = None) -> list[Argument]:
        """Return the options of the script as Invoke takes them."""
        return [_argument(name, option_of(self.name, name)) for name in COMMANDS[self.name].options]


def _argument(name: str, option: Option) -> Argument:
    names = (flag(name)[2:], *([option.short] if option.short else []))
    kind = bool if option.metavar is None else list if option.many else str
    # Invoke takes a name that is an alias of itself amiss.
    attribute = name if name != names[0] else None
    default = False if kind is bool else None
    argument = Argument(
        names=names,
        attr_name=attribute,
        kind=kind,
        default=default,
        help=option.help,
        optional=option.optional,
        positional=option.positional and not option.many,
    )
    # Of a list, Invoke knows only by this that no value came.
    argument.raw_value = None
    return argument


def _task(name: str) -> ScriptTask:
    def run(_context: Context, **options: Any) -> None:
        # Invoke joins what stands after `--` and loses its argument borders, so it is taken from the command line.
        rest = sys.argv[sys.argv.index("--") :] if "--" in sys.argv else []
        sys.exit(run_script(module_of(name), [*command_line(name, options), *rest]))

    run.__doc__ = (
        f"{COMMANDS[name].help}\n\nusage: {as_called(usage(name))}\n\nexample: {as_called(COMMANDS[name].example)}"
    )
    return ScriptTask(run, name=name)


def _target_names() -> Sequence[str]:
    from probe.targets.finding import target_names  # Here: it is only needed after a mistake.

    return target_names()


probe.cli.invoke_words.install(_target_names)
namespace = Collection(*map(_task, COMMANDS))
