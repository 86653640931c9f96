"""Serve a recorded run's answers to an agent that is started by hand."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import sys
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

import probe.cli.import_interrupt  # noqa: F401 - before the rest
from probe.cli.edge import Skipped, one_line, run, say
from probe.cli.parsing import parse
from probe.errors import UserError
from probe.record.reader import read_unread
from probe.record.runs import Run
from probe.renderers.loader import load_renderer
from probe.replay.faults import parse_faults
from probe.replay.playback import Conditions
from probe.replay.server import HOST, ReplayServer
from probe.report.plain_text import plural
from probe.settings.replaying import speed_of
from probe.settings.settings import data_dir
from probe.slots.environment import environment_of
from probe.targets.finding import load_target, renderer_spec, slot_rules
from probe.targets.target import Target, expand
from probe.wire.environment import PLACEHOLDER_KEY
from probe.wire.file_limit import raise_file_limit
from probe.wire.ports import served_port
from probe.wire.replayed_run import find_recording


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of `python -m probe.replay`."""
    arguments, rest = parse("replay", sys.argv[1:] if argv is None else argv)
    if rest:
        raise UserError("replay starts no command", "use capture --replay RUN -- COMMAND … for that")
    found = find_recording(arguments.run or "latest", data_dir(arguments.data_dir, os.environ), arguments.target)
    raise_file_limit()
    target = load_target(arguments.target or found.target)[0]
    conditions = Conditions(
        speed=speed_of(arguments.speed),
        strict=arguments.strict,
        faults=parse_faults(arguments.fault),
        recorded=environment_of(found.manifest),
        rules=slot_rules(target),
    )
    return asyncio.run(_serve(found, target, served_port(arguments.port), conditions))


async def _serve(found: Run, target: Target, port: int, conditions: Conditions) -> int:
    skipped = Skipped(found.traffic.name)
    ended: asyncio.Queue[int] = asyncio.Queue()
    conditions = replace(conditions, on_miss=lambda _text: ended.put_nowait(1))
    server = ReplayServer(
        list(read_unread(found.traffic, skipped, whole=True)), load_renderer(renderer_spec(target)), conditions
    )
    skipped.report()
    port = await server.start(port)
    print(f"http://127.0.0.1:{port}", flush=True)
    for line in _instructions(target, port):
        say(line)
    say(f"serving {found.target}/{found.name}; Ctrl-C ends it")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, ended.put_nowait, 128 + number)
    code = await ended.get()
    await server.stop()
    say(f"received {plural(server.calls, 'call')} of the model")
    for text in [*(f"WARNING: {problem}" for problem in server.problems), *(f"note: {note}" for note in server.notes)]:
        say(one_line(text))
    return code


def _instructions(target: Target, port: int) -> Iterator[str]:
    """Yield what leads the target's agent to the server: variables, its key, steps with the address."""
    filled: dict[str, str] = {}
    for name in target.listeners if target.mode.listeners_have_urls else ():
        filled |= {f"{name}.url": f"http://{HOST}:{port}", f"{name}.port": str(port)}
    variables = {name: expand(value, filled) for name, value in target.env.items() if "{files}" not in value}
    variables |= {names[0]: PLACEHOLDER_KEY for names in target.key_groups}
    yield from (f"export {name}={shlex.quote(value)}" for name, value in variables.items())
    yield from (expanded for step in target.manual_steps if (expanded := expand(step, filled)) != step)


if __name__ == "__main__":
    sys.exit(run(main))
