"""The settings of one run: command line > environment (PROBE_…) > <target>.local.yaml > <target>.yaml > default."""

from __future__ import annotations

import argparse
import ssl
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit, urlunsplit

from probe.errors import UserError, nearest
from probe.settings.own_upstreams import OwnUrl, base_urls, own_url
from probe.targets import PROJECT, Target, load_target, target_files, target_names, url_problem
from probe.targets import output_dir as folder_of

T = TypeVar("T")
COMMAND_LINE = "command line"
DEFAULT = "default"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
_YES, _NO = ("1", "true", "yes"), ("0", "false", "no")
_SYSTEM_STORES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora
    "/etc/ssl/ca-bundle.pem",  # openSUSE
    "/etc/ssl/cert.pem",  # macOS, Alpine
)


class Route(NamedTuple):
    """What one listener does in this run."""

    port: int
    chosen: bool
    """True when the user named the port; else a command that launches the agent takes a free one."""
    upstream: str
    upstream_proxy: str | None
    purpose: str
    drop: str = ""
    """What goes off the head of a request's path, before the upstream's path is put there."""
    own: str | None = None
    """The user's own variable that names the upstream (OPENAI_BASE_URL and the like); None for all else."""
    host: str | None = None
    """In forward mode: the host (pattern) that the listener stands for."""
    as_asked: bool = False
    """In forward mode: whether requests go to the host that the agent asks for; `upstream` then only tells."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a run uses, and where each setting came from."""

    target_name: str
    target: Target
    routes: dict[str, Route]
    upstream_ca: str | None
    system_store: str | None
    """What programs on this machine trust, as a file; None where it is not in a known place."""
    data_dir: Path
    run_parent: Path
    """Where this target's runs go."""
    output_dir: Path | None
    """Exactly this run's folder; None for a new one."""
    keep_secrets: bool
    coverage: bool
    """Whether to watch what goes around the listeners."""
    coverage_upstream_proxy: str | None
    """The proxy through which that goes on; None goes direct."""
    replay: str | None
    sources: dict[str, str] = field(default_factory=dict)
    told: tuple[str, ...] = ()
    """What the user should know of them before a run, a line each."""

    def described(self) -> dict[str, dict[str, Any]]:
        """Give every setting with its source, credentials left out."""
        values: dict[str, Any] = {
            "target": self.target_name,
            "upstream_ca": self.upstream_ca,
            "data_dir": str(self.data_dir),
            "output_dir": str(self.output_dir or self.run_parent),
            "keep_secrets": self.keep_secrets,
            "coverage": self.coverage,
            "replay": self.replay,
        }
        for name, route in self.routes.items():
            values[f"upstream.{name}"] = route.upstream
            values[f"upstream_proxy.{name}"] = without_credentials(route.upstream_proxy)
            values[f"port.{name}"] = route.port
            if route.drop:
                values[f"drop.{name}"] = route.drop
        return {
            name: {"value": value, "source": self.sources.get(name, DEFAULT)} for name, value in sorted(values.items())
        }


def resolve(arguments: argparse.Namespace, environ: Mapping[str, str]) -> Settings:
    """Resolve all settings of a run. Raises UserError for what does not fit."""
    if not arguments.target:
        raise UserError("no target given", f"name one with --target: {', '.join(target_names())}")
    target, files = load_target(arguments.target)
    return _Resolver(arguments, environ, target, files).settings()


def data_dir(given: str | None, environ: Mapping[str, str]) -> Path:
    """Give the folder of all runs, for a script that needs no other setting."""
    return Path(given or environ.get("PROBE_DATA_DIR") or PROJECT / "data").expanduser().resolve()


class _Resolver:
    def __init__(
        self, arguments: argparse.Namespace, environ: Mapping[str, str], target: Target, files: dict[str, str]
    ) -> None:
        self._arguments = arguments
        self._environ = environ
        self._target = target
        self._files = files
        self._sources = {"target": COMMAND_LINE}
        self._told: list[str] = []
        used, *hidden = target_files(arguments.target)
        self._told += [f"note: target {arguments.target} is {used}, not {other}" for other in hidden]

    def settings(self) -> Settings:
        replay = self._replay()
        data_folder = Path(self._pick("data_dir", str(PROJECT / "data"), in_file=False) or "").expanduser().resolve()
        run_parent = data_folder / self._arguments.target
        if self._target.output_dir:
            run_parent = folder_of(self._target.output_dir)
        output_dir = self._pick("output_dir", None, in_file=False)
        if output_dir is None and self._target.output_dir:
            self._sources["output_dir"] = self._files["output_dir"]
        store = self._system_store()
        ca = self._pick("upstream_ca", store)
        if ca and self._sources["upstream_ca"] != DEFAULT:
            _check_ca(Path(ca).expanduser(), self._sources["upstream_ca"])
        proxy, inherited = self._proxy(replaying=bool(replay))
        coverage, coverage_proxy = self._coverage(proxy, replaying=bool(replay))
        return Settings(
            target_name=self._arguments.target,
            target=self._target,
            routes=self._routes(proxy, inherited=inherited, replaying=bool(replay)),
            upstream_ca=str(Path(ca).expanduser()) if ca else None,
            system_store=store,
            data_dir=data_folder,
            run_parent=run_parent,
            output_dir=Path(output_dir).expanduser().resolve() if output_dir else None,
            keep_secrets=self._keep_secrets(),
            coverage=coverage,
            coverage_upstream_proxy=coverage_proxy,
            replay=replay,
            sources=self._sources,
            told=tuple(self._told),
        )

    def _pick(self, name: str, default: str | None, *, in_environment: bool = True, in_file: bool = True) -> str | None:
        """Take the first of command line, environment and file that says something, and note which it was."""
        variable = f"PROBE_{name.upper()}"
        candidates = [(getattr(self._arguments, name, None), COMMAND_LINE)]
        if in_environment:
            candidates.append((self._environ.get(variable), f"environment {variable}"))
        if in_file and name in self._files:
            candidates.append((getattr(self._target, name), self._files[name]))
        value, source = next((pair for pair in candidates if pair[0] is not None), (default, DEFAULT))
        self._sources[name] = source
        return value

    def _replay(self) -> str | None:
        """Give the run that answers; none where the command line names an upstream instead."""
        replay = self._pick("replay", None, in_environment=False)
        if not replay:
            return replay
        chosen = self._sources["replay"] == COMMAND_LINE
        if getattr(self._arguments, "upstream", None):
            if chosen:
                raise UserError("--replay and --upstream both say who answers the agent", "give one of them")
            self._sources["replay"] = "off: --upstream is given"
            return None
        if getattr(self._arguments, "coverage", False):
            hint = "leave --coverage out" if chosen else "name an --upstream, or switch the recording off: --replay ''"
            raise UserError("--coverage: in a replay nothing may go around the listeners", hint)
        return replay

    def _keep_secrets(self) -> bool:
        if getattr(self._arguments, "keep_secrets", False):
            self._sources["keep_secrets"] = COMMAND_LINE
            return True
        if self._environ.get("PROBE_KEEP_SECRETS", "").lower() in _YES:
            self._sources["keep_secrets"] = "environment PROBE_KEEP_SECRETS"
            return True
        return False

    def _coverage(self, proxy: str | None, *, replaying: bool) -> tuple[bool, str | None]:
        """Tell whether to watch what goes around the listeners, and through which proxy it goes on."""
        if self._target.mode.sees_all:
            if getattr(self._arguments, "no_coverage", False):
                raise UserError("--no-coverage: in forward mode all that the agent sends comes to us", "leave it out")
            self._sources["coverage"] = "forward mode"
            return True, proxy
        wanted = self._wants_coverage()
        if replaying:
            # There, what would go around ends at the replay server, which refuses and counts it.
            self._sources["coverage"] = "off in a replay"
            return False, None
        name = next((name for name in ("ALL_PROXY", "all_proxy") if self._environ.get(name)), None)
        if not wanted or not name or self._sources["upstream_proxy"] != DEFAULT:
            return wanted, proxy if wanted else None
        # Alone, the agent would go through this one.
        value = self._environ[name]
        if "://" in value and not value.startswith(("http://", "https://")):
            self._sources["coverage"] = f"off: {name} is no HTTP proxy"
            return False, None
        return True, _proxy_url(value, f"environment {name}")

    def _wants_coverage(self) -> bool:
        on, off = (getattr(self._arguments, name, False) for name in ("coverage", "no_coverage"))
        if on and off:
            raise UserError("--coverage and --no-coverage were given", "give one of them")
        word = self._environ.get("PROBE_COVERAGE", "").lower()
        if word not in ("", *_YES, *_NO):
            raise UserError(f"PROBE_COVERAGE={word}: neither yes nor no", "1 switches it on, 0 off")
        if on or off:
            self._sources["coverage"] = COMMAND_LINE
            return bool(on)
        if word:
            self._sources["coverage"] = "environment PROBE_COVERAGE"
            return word in _YES
        self._sources["coverage"] = self._files.get("coverage", DEFAULT)
        return self._target.coverage

    def _system_store(self) -> str | None:
        own = self._environ.get("SSL_CERT_FILE")
        return next((path for path in (own, *_SYSTEM_STORES) if path and Path(path).is_file()), None)

    def _routes(self, proxy: str | None, *, inherited: bool, replaying: bool) -> dict[str, Route]:
        upstreams, ports = self._named("upstream"), self._ports()
        own = self._own_urls(upstreams, replaying=replaying)
        routes = {}
        for name, listener in self._target.listeners.items():
            as_asked = bool(listener.host) and name not in upstreams and not listener.upstream
            asked = f"https://{listener.host}" if as_asked else listener.upstream
            upstream = own[name].upstream if name in own else upstreams.get(name, asked)
            if problem := url_problem(upstream):
                shown = without_credentials(upstream) if "@" in upstream else upstream
                raise UserError(f"upstream {name}={shown}: {problem}", f"for example {name}=https://api.openai.com")
            port = _port(self._sources[f"port.{name}"], f"{name}={ports[name]}") if name in ports else listener.port
            direct = inherited and _no_proxy(upstream, self._environ)
            routes[name] = Route(
                port,
                name in ports,
                upstream,
                None if direct else proxy,
                listener.purpose,
                drop=own[name].drop if name in own else "",
                own=own[name].variable if name in own else None,
                host=listener.host,
                as_asked=as_asked,
            )
            if name in own:
                self._sources[f"drop.{name}"] = own[name].source
            for key in ("upstream", "port"):
                source = self._files.get(f"listeners.{name}.{key}") or self._files[f"listeners.{name}.host"]
                self._sources.setdefault(f"{key}.{name}", source)
            self._sources[f"upstream_proxy.{name}"] = self._sources["upstream_proxy"]
        _refuse_loops(routes)
        return routes

    def _ports(self) -> dict[str, str]:
        """Read the ports that the user names; in forward mode all listeners share one, so one of them says it."""
        ports = self._named("port")
        if not self._target.mode.shares_port or not ports:
            return ports
        (name, port), *others = ports.items()
        if any(other != port for _, other in others):
            raise UserError("in forward mode all listeners share one port", f"name one: --port {name}={port}")
        for one in self._target.listeners:
            self._sources[f"port.{one}"] = self._sources[f"port.{name}"]
        return dict.fromkeys(self._target.listeners, port)

    def _own_urls(self, chosen: Mapping[str, str], *, replaying: bool) -> dict[str, OwnUrl]:
        """Give the URLs that the user's own variables (OPENAI_BASE_URL and the like) have for listeners."""
        given = pairs("env", getattr(self._arguments, "env", None) or [])
        found = {}
        for name in self._target.listeners:
            outranked = self._outranked(name, chosen, replaying=replaying)
            if outranked:
                mine = [one for one, base in base_urls(self._target).items() if base.listener == name]
                self._told += [f"note: --env {one} is not used: {outranked}" for one in mine if given.get(one)]
                continue
            own, note = own_url(self._target, name, self._environ, given)
            if note:
                self._told.append(f"note: {note}")
            if own:
                found[name] = own
                self._sources[f"upstream.{name}"] = own.source
                self._told.append(f"{name} -> {own.upstream} (from {own.source.removeprefix('environment ')})")
        return found

    def _outranked(self, name: str, chosen: Mapping[str, str], *, replaying: bool) -> str | None:
        """Say what goes before the user's own base URL for a listener; None when nothing does."""
        source = self._files.get(f"listeners.{name}.upstream", DEFAULT)
        if replaying:
            return "a recorded run answers"
        if name in chosen:
            return f"upstream {name}={without_credentials(chosen[name])} is given ({self._sources[f'upstream.{name}']})"
        return f"{source} names an upstream" if source.endswith(".local.yaml") else None

    def _named(self, option: str) -> dict[str, str]:
        """Read NAME=VALUE pairs: those of the command line over those of the environment."""
        variable = f"PROBE_{option.upper()}"
        pairs = [(pair, f"environment {variable}") for pair in self._environ.get(variable, "").split()]
        pairs += [(pair, COMMAND_LINE) for pair in getattr(self._arguments, option, None) or []]
        values = {}
        for pair, source in pairs:
            name, equals, value = pair.partition("=")
            known = list(self._target.listeners)
            if not equals or not value:
                raise UserError(f"{option} {pair} ({source}): not NAME=VALUE", f"for example {known[0]}=…")
            if name not in known:
                hint = nearest(name, known) + f"listeners of {self._arguments.target} are: {', '.join(known)}"
                raise UserError(f"{option} {pair} ({source}): no listener {name!r}", hint)
            values[name] = value
            self._sources[f"{option}.{name}"] = source
        return values

    def _proxy(self, *, replaying: bool) -> tuple[str | None, bool]:
        """Give the upstream proxy, and whether it is only inherited from the user's HTTPS_PROXY."""
        if replaying and getattr(self._arguments, "upstream_proxy", None) is None:
            self._sources["upstream_proxy"] = "off in a replay"
            return None, False
        value = self._pick("upstream_proxy", None)
        inherited = False
        if value is None:
            name = next((name for name in self._target.mode.inherited_proxies if self._environ.get(name)), None)
            if name:
                value, inherited = self._environ[name], True
                self._sources["upstream_proxy"] = f"environment {name}"
        if not value:
            return None, False
        return _proxy_url(value, self._sources["upstream_proxy"]), inherited


def _check_ca(path: Path, source: str) -> None:
    if not path.is_file():
        raise UserError(f"upstream CA {path} ({source}): no such file")
    try:
        ssl.create_default_context(cafile=str(path))
    except (ssl.SSLError, OSError) as error:
        raise UserError(f"upstream CA {path} ({source}): no certificates in it: {error}", "name a PEM file") from error


def _proxy_url(value: str, source: str) -> str:
    url = value if "://" in value else f"http://{value}"
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        shown = without_credentials(value)
        raise UserError(
            f"upstream proxy {shown!r} ({source}) is not http://host:port",
            "only HTTP proxies can be chained; --upstream-proxy '' goes direct",
        )
    return url


def _port(source: str, pair: str) -> int:
    value = pair.partition("=")[2]
    if value.isascii() and value.isdigit() and 1 <= int(value) <= 65535:
        return int(value)
    raise UserError(f"port {pair} ({source}): not a port", "ports are 1 to 65535")


def _no_proxy(upstream: str, environ: Mapping[str, str]) -> bool:
    """Tell whether the user's own proxy setting leaves this host out: loopback always, else as NO_PROXY says."""
    host = urlsplit(upstream).hostname or ""
    return host in LOOPBACK or bypassed(host, environ.get("NO_PROXY") or environ.get("no_proxy") or "")


def bypassed(host: str, no_proxy: str) -> bool:
    """Tell whether a host is one of those that a NO_PROXY names."""
    return bool(urllib.request.proxy_bypass_environment(host, {"no": no_proxy}))  # type: ignore[attr-defined]


def _refuse_loops(routes: Mapping[str, Route]) -> None:
    """Raise UserError where two listeners would be one. What the user's own variables name is seen to where it starts:
    a model on this machine may well have a port that is in a target's file; see `probe.wire.own_listeners`.
    """
    ports: dict[int, str] = {}
    for name, route in routes.items():
        if route.port in ports and not route.host:
            raise UserError(
                f"port {route.port} is both {ports[route.port]!r} and {name!r}", f"use --port {name}=ANOTHER"
            )
        ports[route.port] = name
    for name, route in routes.items():
        if route.own:
            continue
        parts = urlsplit(route.upstream)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        if parts.hostname in LOOPBACK and port in ports:
            raise UserError(
                f"upstream {name}={route.upstream} is our own listener {ports[port]!r}",
                "name the server that it should reach, or give the listener another --port",
            )


def without_credentials(url: str | None) -> str | None:
    """Give a URL without its user info."""
    if url is None or "@" not in url:
        return url
    parts = urlsplit(url if "://" in url else f"http://{url}")
    return urlunsplit(parts._replace(netloc=f"…@{parts.netloc.rpartition('@')[2]}"))


def pairs(option: str, values: Iterable[str]) -> dict[str, str]:
    """Read K=V pairs. Raises UserError for one that is none."""
    result = {}
    for value in values:
        name, equals, rest = value.partition("=")
        if not equals or not name:
            raise UserError(f"--{option} {name}: not K=V", f"for example --{option} NAME=value")
        result[name] = rest
    return result
