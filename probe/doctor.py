"""Check what a target needs, with the fix for each thing that is missing."""

from __future__ import annotations

import os
import platform
import secrets
import shutil
import sys
import tempfile
from argparse import Namespace
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text

import probe.cli.import_interrupt  # noqa: F401 - before the rest
from probe.cli.called_as import as_called
from probe.cli.edge import printable, run
from probe.cli.parsing import parse
from probe.errors import UserError
from probe.record.mirror_place import is_mirror, store_of
from probe.settings.resolve import resolve
from probe.settings.settings import Settings, data_dir
from probe.targets.finding import target_names
from probe.wire.agent import find_program
from probe.wire.agent_version import answered_version, ask_version
from probe.wire.certificate_authority import authority_folder, authority_problem
from probe.wire.environment import keys_set
from probe.wire.ports import is_free
from probe.wire.process_tree import holder_of
from probe.wire.replayed_run import find_replay
from probe.wire.unreachable_upstreams import unreachable
from probe.wire.upstream_check import reach

_VERSION_SECONDS = 20
_ASKED = ".doctor"
"""Beginning of the name of an object that is written, and deleted, to see whether a bucket takes it."""
_UNWRAPPED = 10_000
"""Columns of a terminal in which nothing is wrapped."""


class Check(NamedTuple):
    """One thing that must be as it should."""

    ok: bool
    text: str
    fix: str = ""
    """What to do; empty when it is fine."""


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of `python -m probe.doctor`."""
    arguments, rest = parse("doctor", sys.argv[1:] if argv is None else argv)
    if rest:
        raise UserError(f"unexpected arguments: {' '.join(rest)}", "for example: invoke doctor --target codex")
    settings = resolve(arguments, os.environ) if arguments.target else None
    if settings:
        _print_settings(settings)
    named = Check(True, f"targets: {', '.join(target_names())} (check one with --target NAME)")
    checks = [*_installation(), *_folders(arguments, settings), *(_target(settings) if settings else [named])]
    for check in checks:
        line = f"{'OK  ' if check.ok else 'FAIL'} {check.text}"
        print(printable(line if check.ok else f"{line}\n       fix: {as_called(check.fix)}"))
    failed = [check.text for check in checks if not check.ok]
    summary = f"{len(failed)} of {len(checks)} checks failed: {'; '.join(failed)}" if failed else "all is well"
    print(printable(f"\n{summary}"))
    return 1 if failed else 0


def _installation() -> Iterator[Check]:
    this = f"Python {platform.python_version()} ({sys.executable})"
    yield Check((3, 11) <= sys.version_info < (3, 15), this, "use Python 3.11 to 3.14: uv run --python 3.13 invoke …")
    try:
        yield Check(True, f"mitmproxy {version('mitmproxy')}")
    except PackageNotFoundError:
        yield Check(False, "mitmproxy is not installed", f"{sys.executable} -m pip install 'mitmproxy>=11,<13'")
    own = str(Path(sys.executable).parent)
    mitmdump = shutil.which("mitmdump", path=own) or shutil.which("mitmdump")
    fix = "only needed to load the addon by hand: pip install 'mitmproxy>=11,<13'"
    yield Check(bool(mitmdump), f"mitmdump {mitmdump or 'not found'}", fix)


def _folders(arguments: Namespace, settings: Settings | None) -> Iterator[Check]:
    data = data_dir(arguments.data_dir, os.environ)
    if is_mirror(data):
        yield _bucket(data)
    folders = {data}
    if settings:
        folders = {settings.output_dir or settings.run_parent}
    for folder in folders:
        existing = next(path for path in (folder, *folder.parents) if path.exists())
        try:
            with tempfile.TemporaryFile(dir=existing):
                pass
        except OSError as error:
            yield Check(False, f"folder {folder}: {error.strerror}", "name another with --data-dir or --output-dir")
            continue
        free = shutil.disk_usage(existing).free
        text = f"folder {folder} is writable, {free / 1e9:.1f} GB free"
        yield Check(free > 100e6, text, "free some space: invoke runs --prune 20")


def _bucket(data: Path) -> Check:
    """Check that the bucket of a data folder can be listed, and written to."""
    name = f"{_ASKED}-{secrets.token_hex(8)}"
    try:
        store = store_of(data)
        targets = store.folders()
        store.write(name, b"")
        store.delete(name)
    except UserError as error:
        return Check(False, str(error.args[0]), error.hint or "")
    return Check(True, f"{store.url} can be read and written ({len(targets)} targets in it); its mirror is {data}")


def _target(settings: Settings) -> Iterator[Check]:
    yield _agent(settings)
    yield from _ports(settings)
    if settings.replay:
        yield _replay(settings)
    elif settings.target.key_variables:
        yield _key(settings)
    if settings.target.mode.opens_tls:
        yield _authority(settings)
    proxies = list(_proxies(settings))
    yield from proxies
    yield from (Check(True, line) for line in settings.notes)
    if not settings.replay and all(proxy.ok for proxy in proxies):
        yield from _listeners(settings)


def _authority(settings: Settings) -> Check:
    """Check that the certificate authority can be made; the user's own stays as it is."""
    problem, folder = authority_problem(settings.data_dir), authority_folder(settings.data_dir)
    text = f"certificate authority of forward mode: {problem or folder}"
    return Check(problem is None, text, f"make it yours alone (chmod -R go= {folder}), or remove it")


def _listeners(settings: Settings) -> Iterator[Check]:
    """Send a request through each listener, by way of the real proxies."""
    try:
        found = reach(settings, os.environ)
    except UserError as error:
        yield Check(False, f"the proxies do not start: {error.args[0]}", error.hint or "")
        return
    if settings.target.files:
        yield Check(True, f"files can be written: {', '.join(settings.target.files)}")
    for one in found:
        text = f"listener {one.listener} -> {one.upstream}: "
        text += f"{one.problem}" if one.problem else f"it answers (status {one.status}, asked without a key)"
        yield Check(not one.problem, text, one.fix)
    for name in settings.routes.keys() - {one.listener for one in found}:
        yield Check(True, f"listener {name} -> {settings.routes[name].upstream}: a pattern of hosts; not asked")


def _agent(settings: Settings) -> Check:
    target = settings.target
    if target.agent is None:
        return Check(True, "the agent is started by hand")
    try:
        path = find_program(target.agent, os.environ.get("PATH"), target)
    except UserError as error:
        return Check(False, str(error.args[0]), error.hint or "")
    fix = f"install it again: {target.install}"
    try:
        process = ask_version(path, os.environ, settings)
    except OSError as error:
        return Check(False, f"agent {path} does not start: {error}", fix)
    said = answered_version(process, _VERSION_SECONDS)
    return Check(process.returncode == 0, f"agent {path} ({said or 'no version'})", fix)


def _ports(settings: Settings) -> Iterator[Check]:
    # In forward mode all listeners share one.
    for name, route in {route.port: (name, route) for name, route in settings.routes.items()}.values():
        if is_free(route.port):
            yield Check(True, f"port {route.port} ({name}) is free")
        else:
            holder = holder_of(route.port) or "another process"
            fix = f"only `proxies` needs it: end that process, or use --port {name}=ANOTHER"
            yield Check(False, f"port {route.port} ({name}) is taken by {holder}", fix)


def _replay(settings: Settings) -> Check:
    try:
        found = find_replay(settings)
    except UserError as error:
        return Check(False, str(error.args[0]), error.hint or "")
    return Check(True, f"answers come from {found and found.folder}; no key is needed")


def _key(settings: Settings) -> Check:
    keys = settings.target.key_variables
    found = next(iter(keys_set(settings, os.environ)), None)
    fix = f"export {keys[0]}=… (or run offline with --replay)"
    return Check(found is not None, f"key {found or ' or '.join(keys)} is {'set' if found else 'not set'}", fix)


def _proxies(settings: Settings) -> Iterator[Check]:
    for url in sorted({route.upstream_proxy for route in settings.routes.values() if route.upstream_proxy}):
        shown = settings.described()[f"upstream_proxy.{next(iter(settings.routes))}"]["value"]
        reason = unreachable(url)
        fix = "start it, name another with --upstream-proxy, or go direct with --upstream-proxy ''"
        yield Check(reason is None, f"upstream proxy {shown}" + (f": {reason}" if reason else " answers"), fix)


def _print_settings(settings: Settings) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("setting", "value", "from"):
        table.add_column(heading)
    for name, one in settings.described().items():
        value = "" if one["value"] is None else str(one["value"])
        table.add_row(Text(name), Text(printable(value)), Text(one["source"]))
    # Wider than the terminal where need be: it wraps lines itself, and a path can still be copied whole.
    needed = Console(width=_UNWRAPPED).measure(table).maximum
    Console(width=max(needed, Console().width)).print(table)
    print()


if __name__ == "__main__":
    sys.exit(run(main))
