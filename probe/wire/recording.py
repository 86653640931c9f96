"""One recorded use of a target: its folder, its proxies, its replay server, its manifest."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import platform
import secrets
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from probe.errors import UserError
from probe.record.files import file_sha256
from probe.record.manifest import Manifest, project_version, text_sha256, utc_now
from probe.record.recovery import fold_in
from probe.record.runs import PROXY_LOG, TRAFFIC, Run, find_run, has_records
from probe.record.tunnels import TUNNELS, read_tunnels
from probe.renderers.loader import load_renderer
from probe.settings import Route, Settings, without_credentials
from probe.targets import PROJECT, Change, expand, output_dirs, renderer_spec
from probe.wire import agent_folders
from probe.wire.addon.config import Config, Listener
from probe.wire.addon.journal import FOLDER
from probe.wire.addon.plain_files import read_plain
from probe.wire.addon.salt import NAME as SALT
from probe.wire.authority import authority_folder, write_trusted
from probe.wire.changes import by_transport
from probe.wire.child import Child, ChildError
from probe.wire.own_listeners import refuse_own_listeners
from probe.wire.ports import free_ports, require_free
from probe.wire.recovery import recover
from probe.wire.tally import tally
from probe.wire.upstream_proxy import unreachable

_PATIENCE_SECONDS = 10.0
"""Killed proxies leave a process that makes a record to its end."""
_LARGEST_LOG = 16 << 20
"""Bytes of what the proxies log until their listeners are open."""
_TRIES = 5
"""A free port may be taken between choosing and opening it; with a hundred runs at once that happens."""


class Recording:
    """Proxies that write into a run's folder, from `start` to `stop`."""

    def __init__(self, settings: Settings, folder: Path, environ: Mapping[str, str], replayed: Run | None) -> None:
        self.settings = settings
        self._replayed = replayed
        self.folder = folder
        self.manifest = Manifest(folder, {})
        self.marker = secrets.token_hex(16)
        self.ports: dict[str, int] = {}
        self._coverage_port: int | None = None
        self.replay_url: str | None = None
        self.answered: set[str] = set()
        """The listeners of which a replayed run has answers."""
        self._stopped: tuple[dict[str, int], list[str]] | None = None
        self.trusted: dict[str, str] = {}
        """The agent's variables that name a file of certificates; only in forward mode."""
        self.notes: list[str] = []
        """In which way a replayed run was unlike the recorded one."""
        self.environ = environ
        self._redactor = self._config(environ).redactor()
        self._proxy: Child | None = None
        self._replay: Child | None = None

    # -- start --------------------------------------------------------------------------------------------

    def start(self, *, fixed_ports: bool) -> None:
        """Open the listeners. Raises UserError that says what stands in the way."""
        if importlib.util.find_spec("mitmproxy") is None:
            hint = f"install it for {sys.executable}: pip install 'mitmproxy>=11,<13' (or use: uv run invoke …)"
            raise UserError("mitmproxy (mitmdump) is not installed", hint)
        self.manifest.update(
            target=self.settings.target_name,
            run=self.folder.name,
            started=utc_now(),
            pid=os.getpid(),
            versions=_versions(),
            platform=platform.platform(),
            settings=self.settings.described(),
        )
        refuse_own_listeners(self.settings)
        if self._replayed:
            self._start_replay(self._replayed)
        for url in {route.upstream_proxy for route in self.settings.routes.values() if route.upstream_proxy}:
            if reason := unreachable(url):
                source = self.settings.sources.get("upstream_proxy", "")
                hint = "start it, name another with --upstream-proxy, or go direct with --upstream-proxy ''"
                raise UserError(f"upstream proxy ({source}) cannot be reached: {reason}", hint)
        self._start_proxy(fixed_ports=fixed_ports)
        self._write_files()
        self._write_trusted()
        self.manifest.update(listeners=self.described_listeners(), coverage=self._described_coverage())

    def _start_replay(self, run: Run) -> None:
        settings = {"traffic": str(run.traffic), "renderer": renderer_spec(self.settings.target), "port": 0}
        self._replay = Child("probe.wire.replay_process", settings)
        try:
            ready = self._replay.wait_ready()
        except ChildError as error:
            raise UserError(f"run {run.target}/{run.name} cannot be served: {error}") from error
        self.replay_url, self.answered = f"http://127.0.0.1:{ready['port']}", set(ready["listeners"])
        self.manifest.update(replay_of=f"{run.target}/{run.name}")

    def _start_proxy(self, *, fixed_ports: bool) -> None:
        for attempt in range(_TRIES):
            self.ports = self._choose_ports(fixed_ports=fixed_ports)
            self._proxy = Child("probe.wire.proxy", self._proxy_settings())
            try:
                self._proxy.wait_ready()
                return
            except ChildError as error:
                if attempt == _TRIES - 1 or fixed_ports or "in use" not in self._log():
                    raise self._start_error(error) from error

    def _write_files(self) -> None:
        """Write the settings files that the target asks for; the manifest keeps what they said."""
        left = agent_folders.remove(self.folder)  # of a run that was taken up again
        try:
            texts = agent_folders.write_files(self.folder, self.settings.target.files, self.placeholders)
        except OSError as error:
            raise UserError(f"the target's files cannot be written: {error}", left) from error
        if texts:
            self.manifest.update(files={name: self.redacted(text) for name, text in texts.items()})

    def _write_trusted(self) -> None:
        """Write what the agent gets to trust, in forward mode: the authority is there since the proxies are."""
        settings = self.settings
        if settings.target.mode == "forward":
            folder, names = settings.data_dir, settings.target.ca_env
            try:
                self.trusted = write_trusted(self.folder, names, self.environ, folder, settings.system_store)
            except OSError as error:
                raise UserError(f"the agent's CA file cannot be written: {error}") from error

    def _choose_ports(self, *, fixed_ports: bool) -> dict[str, int]:
        routes = self.settings.routes
        if self.settings.target.mode == "forward":
            return self._choose_port(fixed=fixed_ports)
        fixed = {name: route.port for name, route in routes.items() if fixed_ports or route.chosen}
        for name, port in fixed.items():
            require_free(name, port)
        others = [name for name in routes if name not in fixed]
        free = free_ports(len(others) + self.settings.coverage)
        if self.settings.coverage:
            self._coverage_port = free.pop()
        return fixed | dict(zip(others, free, strict=True))

    def _choose_port(self, *, fixed: bool) -> dict[str, int]:
        """Choose the one port of forward mode."""
        name, route = next(iter(self.settings.routes.items()))
        if fixed or route.chosen:
            require_free(name, route.port)
        self._coverage_port = route.port if fixed or route.chosen else free_ports(1)[0]
        return dict.fromkeys(self.settings.routes, self._coverage_port)

    def _log(self) -> str:
        path = self.folder / PROXY_LOG
        return read_plain(path, _LARGEST_LOG).decode(errors="replace") if path.exists() else ""

    def _start_error(self, error: ChildError) -> UserError:
        said = str(error)
        lines = [line for line in self._log().splitlines() if " ERROR " in line]
        return UserError(
            f"the proxies could not be started: {lines[-1] if lines else said.splitlines()[-1] if said else said}",
            f"the whole story is in {self.folder / PROXY_LOG}" if lines else said,
        )

    def _upstream(self, route: Route) -> str:
        return self.replay_url or route.upstream

    @property
    def _coverage_proxy(self) -> str | None:
        """Give the proxy for what goes around: in a replay, its server is one that refuses all."""
        return self.replay_url or self.settings.coverage_upstream_proxy

    def _config(self, environ: Mapping[str, str]) -> Config:
        settings = self.settings
        return Config(
            output_dir=self.folder,
            salt_file=settings.data_dir / SALT,
            listeners=tuple(
                Listener(
                    name=name,
                    port=self.ports.get(name, 0),
                    upstream="" if route.as_asked and not self.replay_url else self._upstream(route),
                    host=route.host,
                    upstream_proxy=route.upstream_proxy,
                    drop=route.drop,
                )
                for name, route in settings.routes.items()
            ),
            coverage_port=self._coverage_port,
            coverage_upstream_proxy=self._coverage_proxy,
            keep_secrets=settings.keep_secrets,
            redact_headers=tuple(settings.target.redact_headers),
            allow_hosts=tuple(settings.target.allow_hosts),
            secret_variables=tuple(settings.target.key_variables),
            environ=environ,
        )

    def _proxy_settings(self) -> dict[str, Any]:
        addon = {name: value for name, value in vars(self._config({})).items() if name != "environ"}
        addon |= {name: str(addon[name]) for name in ("output_dir", "salt_file")}
        addon["listeners"] = [vars(listener) for listener in addon["listeners"]]
        return {
            "addon": addon,
            "environ": dict(self.environ),
            "confdir": str(authority_folder(self.settings.data_dir)),
            "upstream_ca": self.settings.upstream_ca,
            "marker": self.marker,
        }

    # -- while it runs ------------------------------------------------------------------------------------

    @property
    def urls(self) -> dict[str, str]:
        """Give the listeners' addresses by name."""
        return {name: f"http://127.0.0.1:{port}" for name, port in self.ports.items()}

    @property
    def placeholders(self) -> dict[str, str]:
        """Give the values of `{model.url}`, `{files}` and the like."""
        values = {"files": str(agent_folders.files_folder(self.folder))}
        for name, url in self.urls.items() if self.settings.target.mode == "reverse" else ():
            values |= {f"{name}.url": url, f"{name}.port": str(self.ports[name])}
        return values

    def expanded(self, texts: Sequence[str], **more: str) -> list[str]:
        """Fill the placeholders in some of the target's texts."""
        return [expand(text, self.placeholders | more) for text in texts]

    def described_listeners(self) -> dict[str, dict[str, Any]]:
        """Give each listener as the manifest has it."""
        return {
            name: {
                "address": f"127.0.0.1:{self.ports[name]}",
                "upstream": self._upstream(route),
                "upstream_proxy": without_credentials(route.upstream_proxy),
                **({"host": route.host} if route.host else {}),
            }
            for name, route in self.settings.routes.items()
        }

    @property
    def coverage_url(self) -> str | None:
        """Give the address of the listener that watches what goes around the others; None when nobody watches."""
        return f"http://127.0.0.1:{self._coverage_port}" if self._coverage_port is not None else None

    def _described_coverage(self) -> dict[str, Any]:
        """Say as the manifest has it whether somebody looks for what goes around the listeners."""
        url, proxy = self.coverage_url, self._coverage_proxy
        address = {"address": urlsplit(url).netloc, "upstream_proxy": without_credentials(proxy)} if url else {}
        return {"watched": self.settings.coverage, "source": self.settings.sources["coverage"], **address}

    def note_changes(self, *changes: Iterable[Change]) -> None:
        """Add to the manifest in which ways the agent is not as it would be alone."""
        noted = [
            {"what": self.redacted(expand(change.what, self.placeholders)), "why": self.redacted(change.why)}
            for change in chain.from_iterable(changes)
        ]
        self.manifest.update(observer_changes=[*self.manifest.data.get("observer_changes", []), *noted])

    def redacted(self, text: str) -> str:
        """Take credentials out of a text before it goes to the manifest."""
        return self._redactor.text(text)

    def redacted_words(self, words: Sequence[str]) -> list[str]:
        """Take credentials out of a command line."""
        return self._redactor.words(words)

    def trouble(self) -> str | None:
        """Say why the agent cannot go on; None while all is well."""
        if self._proxy and not self._proxy.alive:
            return f"the proxies ended unexpectedly; see {self.folder / PROXY_LOG}"
        if self._replay and not self._replay.alive:
            return "the replay server ended unexpectedly"
        return None

    # -- stop ---------------------------------------------------------------------------------------------

    def stop(self) -> tuple[dict[str, Any], list[str]]:
        """Stop everything; give the counts of what was recorded, and what is wrong with the record in words."""
        if self._stopped:
            return self._stopped
        told = self._proxy.stop() if self._proxy else None
        replayed = self._replay.stop() if self._replay else None
        left = self._fold_in(killed=told is None) if self._proxy else None
        kept = agent_folders.remove(self.folder)
        traffic, renderer = self.folder / TRAFFIC, load_renderer(renderer_spec(self.settings.target))
        counts, problems = self._stopped = tally(traffic, renderer, told or {})
        problems[:0] = filter(None, (left, kept))
        problems += (replayed or {}).get("problems", [])
        self.notes = (replayed or {}).get("notes", [])
        digest = file_sha256(self.folder / TRAFFIC)
        self.note_changes(by_transport(counts["websocket_messages"]))
        self.manifest.update(
            counts=counts,
            coverage=self._described_coverage() | self._count_tunnels(told or {}, problems),
            ended=utc_now(),
            pid=None,
            traffic_sha256=digest,
            problems=[self.redacted(problem) for problem in problems],
            notes=self.notes,
        )
        inputs = {name: text_sha256(json.dumps(self.manifest.data.get(name))) for name in ("command", "settings")}
        self.manifest.finished_step("capture", inputs, {TRAFFIC: digest} if digest else {})
        return counts, problems

    def _fold_in(self, *, killed: bool) -> str | None:
        """Save what the proxies could not write; say so, and when they were killed."""
        said = f"the proxies ended before they could finish; see {self.folder / PROXY_LOG}" if killed else None
        try:
            folded = fold_in(self.folder, self.settings.data_dir, _PATIENCE_SECONDS if killed else 0.0)
        except OSError as error:
            left: str | None = f"what the proxies could not write is still in {self.folder / FOLDER}: {error}"
        else:
            left = f"{folded} exchanges that were under way were folded in" if folded else None
        return "; ".join(filter(None, (said, left))) or None

    def _count_tunnels(self, told: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
        """Count what went around the listeners; what of it could not be noted is a problem."""
        if not self.settings.coverage:
            return {}
        noted = sum(1 for _ in read_tunnels(self.folder / TUNNELS, lambda line, why: None))
        seen = int(told.get("tunnels", noted))
        if seen > noted:
            problems.append(f"{seen - noted} of {seen} tunnels around the listeners could not be noted")
        variables = ", ".join(self.trusted)
        for host, reason in told.get("refused", {}).items():
            hint = f"name its CA variable in ca_env, which has {variables}"
            problems.append(f"the agent refused the certificate for {host}: {hint} ({reason})")
        for host in told.get("silent", ()):
            hint = f"if it does not trust the certificate, name its CA variable in ca_env, which has {variables}"
            self.notes.append(f"the agent came to {host} and left without a request: {hint}")
        return {"seen": seen, "noted": noted, "sha256": file_sha256(self.folder / TUNNELS)}

    def discard(self) -> None:
        """Remove what a run that never began left: our own files, and the folder if nothing else is in it."""
        # Behind a link, which the agent may have put there, files of the same names are not the run's.
        if self.folder.is_symlink() or has_records(self.folder):
            return
        agent_folders.remove(self.folder)
        for name in (TRAFFIC, TUNNELS, PROXY_LOG, self.manifest.path.name):
            (self.folder / name).unlink(missing_ok=True)
        # The user may have named a folder of their own: only an empty one goes.
        with contextlib.suppress(OSError):
            self.folder.rmdir()


def find_replay(settings: Settings) -> Run | None:
    """Find the run to replay: of this target first, then of any, then among the bundled ones. Raises UserError."""
    if not settings.replay:
        return None
    places = [(settings.data_dir, settings.target_name), (settings.data_dir, None), (PROJECT / "data", None)]
    problem: UserError | None = None
    for data_dir, target in places:
        try:
            found = find_run(settings.replay, data_dir, target, output_dirs())
        except UserError as error:
            problem = problem or error
        else:
            recover(found, data_dir)
            return found
    raise problem or AssertionError("no place was searched")


def _versions() -> dict[str, str]:
    return {
        "agent-probe": project_version(),
        "mitmproxy": version("mitmproxy"),
        "python": platform.python_version(),
    }
