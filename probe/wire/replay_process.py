"""The process that serves a replay during a capture; `probe.wire.helper_process` describes its protocol."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from probe.cli.edge import Skipped
from probe.record.manifest import Manifest
from probe.record.reader import read_unread
from probe.renderers.loader import load_renderer
from probe.replay.faults import parse_faults
from probe.replay.playback import Conditions
from probe.replay.server import ReplayServer
from probe.settings.replaying import speed_of
from probe.slots.environment import environment_of
from probe.slots.rules import BUILT_IN, Rule
from probe.wire.file_limit import raise_file_limit
from probe.wire.helper_process import first_line, send_to_parent


async def _serve(settings: dict[str, Any]) -> dict[str, Any]:
    traffic = Path(settings["traffic"])
    skipped = Skipped(traffic.name)
    exchanges = list(read_unread(traffic, skipped, whole=True))
    folder = Path(settings["live"])
    conditions = Conditions(
        speed=speed_of(settings["speed"]),
        strict=settings["strict"],
        faults=parse_faults(settings["fault"]),
        recorded=environment_of(Manifest.read(traffic.parent)),
        # The capture notes where the agent works before it starts it.
        live=lambda: environment_of(Manifest.read(folder)),
        rules=(*BUILT_IN, *msgspec.convert(settings["slots"], list[Rule])),
        on_miss=lambda text: send_to_parent({"event": "missed", "text": text}),
    )
    server = ReplayServer(exchanges, load_renderer(settings["renderer"]), conditions)
    port = await server.start(settings["port"])
    send_to_parent(
        {"event": "ready", "port": port, "listeners": sorted({one.listener for one in exchanges if one.listener})}
    )
    stop = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), stop.set)
    await stop.wait()
    asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
    await server.stop()
    return {
        "problems": server.problems,
        "notes": [*_damage(skipped), *server.notes],
        "replayed": {
            "calls": server.calls,
            "unasked": server.unasked,
            "differing": msgspec.to_builtins(server.places),
            "faults_hit": server.faults_hit,
            "faults_missed": server.faults_missed,
        },
    }


def _damage(skipped: Skipped) -> Iterator[str]:
    if skipped.first:
        yield f"of the recording: malformed lines were not served, the first is {skipped.first}"


def main() -> int:
    """Serve until there is a line on stdin, or it ends."""
    raise_file_limit()
    settings = json.loads(first_line())
    send_to_parent({"event": "stopped", **asyncio.run(_serve(settings))})
    return 0


if __name__ == "__main__":
    sys.exit(main())
