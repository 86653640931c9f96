"""Start a recording: its folder's manifest, its replay server, its proxies, the agent's files."""

from __future__ import annotations

import importlib.util
import os
import platform
import secrets
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from probe.addon.config import Config, Listener
from probe.addon.redaction.salt import NAME as SALT
from probe.errors import UserError
from probe.record.manifest import Manifest, project_version, utc_now
from probe.record.runs import Run
from probe.replay.faults import parse_faults
from probe.settings.settings import Settings
from probe.targets.finding import renderer_spec
from probe.wire import agent_folders
from probe.wire.certificate_authority import authority_folder
from probe.wire.environment import key_values
from probe.wire.finish import discard
from probe.wire.helper_process import Child, ChildError
from probe.wire.modes import mode_of
from probe.wire.own_listeners import refuse_own_listeners
from probe.wire.ports import Ports
from probe.wire.started import ServedRun, Started, coverage_proxy
from probe.wire.unreachable_upstreams import address_of, unreachable

_TRIES = 5
"""A free port may be taken before it is opened; with a hundred runs at once that happens."""


def start(
    settings: Settings, folder: Path, environ: Mapping[str, str], replayed: Run | None, *, fixed_ports: bool
) -> Started:
    """Open the listeners of a run in a new folder. Raises UserError and leaves nothing behind.

    Credentials in `environ` are kept off the disk; `replayed` answers instead of the upstreams.
    """
    with ExitStack() as undo:
        undo.callback(discard, folder)
        _require_mitmproxy()
        manifest, marker = Manifest(folder, {}), secrets.token_hex(16)
        _describe(manifest, settings, folder)
        refuse_own_listeners(settings)
        served = _served(settings, replayed, manifest, undo) if replayed else None
        _require_upstream_proxies(settings)
        proxy, config = _open_listeners(settings, folder, environ, served, marker, fixed_ports=fixed_ports)
        undo.callback(proxy.stop)
        left = agent_folders.remove(folder)  # of a run that is continued
        ports = Ports(listeners={one.name: one.port for one in config.listeners}, coverage=config.coverage_port)
        started = Started(
            settings=settings,
            folder=folder,
            manifest=manifest,
            environ=environ,
            redactor=config.redactor(),
            marker=marker,
            ports=ports,
            proxy=proxy,
            served=served,
            # The proxies have created the authority.
            trusted=mode_of(settings).write_trusted(settings, folder, environ),
        )
        _write_files(started, left)
        manifest.update(listeners=started.described_listeners(), coverage=started.described_coverage())
        undo.pop_all()
        return started


def addon_config(
    settings: Settings, folder: Path, environ: Mapping[str, str], ports: Ports, replay_url: str | None
) -> Config:
    """Return the proxies' settings."""
    return Config(
        output_dir=folder,
        salt_file=settings.data_dir / SALT,
        listeners=tuple(
            Listener(
                name=name,
                port=ports.listeners[name],
                upstream="" if route.as_asked and not replay_url else replay_url or route.upstream,
                host=route.host,
                upstream_proxy=route.upstream_proxy,
                drop=route.drop,
            )
            for name, route in settings.routes.items()
        ),
        coverage_port=ports.coverage,
        coverage_upstream_proxy=coverage_proxy(settings, replay_url),
        keep_secrets=settings.keep_secrets,
        redact_headers=tuple(settings.target.redact_headers),
        allow_hosts=tuple(settings.target.allow_hosts),
        secret_variables=tuple(settings.target.key_variables),
        environ=environ,
    )


def _require_mitmproxy() -> None:
    if importlib.util.find_spec("mitmproxy") is None:
        hint = f"install it for {sys.executable}: pip install 'mitmproxy>=11,<13' (or use: uv run invoke …)"
        raise UserError("mitmproxy (mitmdump) is not installed", hint)


def _describe(manifest: Manifest, settings: Settings, folder: Path) -> None:
    manifest.update(
        target=settings.target_name,
        run=folder.name,
        started=utc_now(),
        pid=os.getpid(),
        versions={
            "agent-probe": project_version(),
            "mitmproxy": version("mitmproxy"),
            "python": platform.python_version(),
        },
        platform=platform.platform(),
        settings=settings.described(),
    )


def _served(settings: Settings, run: Run, manifest: Manifest, undo: ExitStack) -> ServedRun:
    """Start the replay server."""
    parse_faults(settings.fault)  # Here: what the user wrote wrong is no failure of the process.
    child = Child(
        "probe.wire.replay_process",
        {
            "traffic": str(run.traffic),
            "renderer": renderer_spec(settings.target),
            "port": 0,
            "speed": str(settings.speed),
            "strict": settings.strict,
            "fault": settings.fault,
            "live": str(manifest.path.parent),
            "slots": msgspec.to_builtins(settings.target.slots),
        },
    )
    undo.callback(child.stop)
    try:
        ready = child.wait_ready()
    except ChildError as error:
        raise UserError(f"run {run.target}/{run.name} cannot be served: {error}") from error
    manifest.update(replay_of=f"{run.target}/{run.name}")
    url = f"http://127.0.0.1:{ready['port']}"
    return ServedRun(run=run, child=child, url=url, listeners=frozenset(ready["listeners"]))


def _require_upstream_proxies(settings: Settings) -> None:
    for url in {route.upstream_proxy for route in settings.routes.values() if route.upstream_proxy}:
        if reason := unreachable(url):
            source = settings.sources.get("upstream_proxy", "")
            host, port = address_of(url)
            hint = "start it, name another with --upstream-proxy, or go direct with --upstream-proxy ''"
            raise UserError(f"upstream proxy ({source}) cannot be reached: {host}:{port}: {reason}", hint)


def _open_listeners(
    settings: Settings,
    folder: Path,
    environ: Mapping[str, str],
    served: ServedRun | None,
    marker: str,
    *,
    fixed_ports: bool,
) -> tuple[Child, Config]:
    """Start the proxies; retry with other ports if another process took one."""
    others: dict[str, Any] = {
        "confdir": str(authority_folder(settings.data_dir)),
        "upstream_ca": settings.upstream_ca,
        "marker": marker,
    }
    for attempt in range(_TRIES):
        ports = mode_of(settings).choose_ports(settings, fixed=fixed_ports)
        config = addon_config(settings, folder, environ, ports, served.url if served else None)
        child = Child("probe.wire.proxy", {"addon": config.to_json(), **others})
        try:
            child.wait_ready()
        except ChildError as error:
            if attempt == _TRIES - 1 or fixed_ports or not error.message.get("port_taken"):
                raise _start_error(error) from error
        else:
            return child, config
    raise AssertionError("the last try raises")


def _start_error(error: ChildError) -> UserError:
    """Return why the proxies did not start; their log goes with the folder, so its errors are shown here."""
    errors = [str(one) for one in error.message.get("errors", ())] or str(error).splitlines() or ["no reason is known"]
    return UserError(f"the proxies could not be started: {errors[-1]}", "\n".join(errors[-5:]))


def _write_files(started: Started, left: str | None) -> None:
    """Write the target's settings files, and their texts into the manifest."""
    try:
        keys = key_values(started.settings, started.environ, replaying=started.served is not None)
        files = started.settings.target.files
        texts = agent_folders.write_files(started.folder, files, started.placeholders, keys)
    except OSError as error:
        raise UserError(f"the target's files cannot be written: {error}", left) from error
    if texts:
        started.manifest.update(files={name: started.redactor.text(text) for name, text in texts.items()})
