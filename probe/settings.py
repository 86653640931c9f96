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

from probe.errors import UserError
from probe.targets import PROJECT, Target, load_target, nearest, url_problem
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


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a run uses, and where each setting came from."""

    target_name: str
    target: Target
    routes: dict[str, Route]
    upstream_ca: str | None
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
        return {
            name: {"value": value, "source": self.sources.get(name, DEFAULT)} for name, value in sorted(values.items())
        }


def resolve(arguments: argparse.Namespace, environ: Mapping[str, str]) -> Settings:
    """Resolve all settings of a run. Raises UserError for what does not fit."""
    if not arguments.target:
        raise UserError("no target given", "name one with --target; targets are the files in targets/")
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

    def settings(self) -> Settings:
        replay = self._replay()
        data_folder = Path(self._pick("data_dir", str(PROJECT / "data"), in_file=False) or "").expanduser().resolve()
        run_parent = data_folder / self._arguments.target
        if self._target.output_dir:
            run_parent = folder_of(self._target.output_dir)
        output_dir = self._pick("output_dir", None, in_file=False)
        if output_dir is None and self._target.output_dir:
            self._sources["output_dir"] = self._files["output_dir"]
        ca = self._pick("upstream_ca", self._system_store())
        if ca and self._sources["upstream_ca"] != DEFAULT:
            _check_ca(Path(ca).expanduser(), self._sources["upstream_ca"])
        proxy, inherited = self._proxy(replaying=bool(replay))
        coverage, coverage_proxy = self._coverage(proxy, replaying=bool(replay))
        return Settings(
            target_name=self._arguments.target,
            target=self._target,
            routes=self._routes(proxy, inherited=inherited),
            upstream_ca=str(Path(ca).expanduser()) if ca else None,
            data_dir=data_folder,
            run_parent=run_parent,
            output_dir=Path(output_dir).expanduser().resolve() if output_dir else None,
            keep_secrets=self._keep_secrets(),
            coverage=coverage,
            coverage_upstream_proxy=coverage_proxy,
            replay=replay,
            sources=self._sources,
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

    def _routes(self, proxy: str | None, *, inherited: bool) -> dict[str, Route]:
        upstreams, ports = self._named("upstream"), self._named("port")
        routes = {}
        for name, listener in self._target.listeners.items():
            upstream = upstreams.get(name, listener.upstream)
            if problem := url_problem(upstream):
                shown = without_credentials(upstream) if "@" in upstream else upstream
                raise UserError(f"upstream {name}={shown}: {problem}", f"for example {name}=https://api.openai.com")
            port = _port(self._sources[f"port.{name}"], f"{name}={ports[name]}") if name in ports else listener.port
            direct = inherited and _no_proxy(upstream, self._environ)
            routes[name] = Route(port, name in ports, upstream, None if direct else proxy, listener.purpose)
            for key in ("upstream", "port"):
                self._sources.setdefault(f"{key}.{name}", self._files[f"listeners.{name}.{key}"])
            self._sources[f"upstream_proxy.{name}"] = self._sources["upstream_proxy"]
        _refuse_loops(routes)
        return routes

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
            name = next((name for name in ("HTTPS_PROXY", "https_proxy") if self._environ.get(name)), None)
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
    no_proxy = environ.get("NO_PROXY") or environ.get("no_proxy") or ""
    bypassed = urllib.request.proxy_bypass_environment(host, {"no": no_proxy})  # type: ignore[attr-defined]
    return host in LOOPBACK or bool(bypassed)


def _refuse_loops(routes: Mapping[str, Route]) -> None:
    ports: dict[int, str] = {}
    for name, route in routes.items():
        if route.port in ports:
            raise UserError(
                f"port {route.port} is both {ports[route.port]!r} and {name!r}", f"use --port {name}=ANOTHER"
            )
        ports[route.port] = name
    for name, route in routes.items():
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
