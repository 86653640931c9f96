"""Settings of the addon: from environment variables in any mitmdump, or from the process that embeds it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from probe.addon.redaction.environment_secrets import secret_values
from probe.addon.redaction.redactor import Redactor
from probe.addon.redaction.salt import NAME as SALT
from probe.addon.redaction.salt import make_salt

LISTENER = "probe_listener"
"""Flow metadata key for the Listener, set when the port does not identify it."""

PROXY_ANSWERED = "; the proxy answered"
"""Follows the cause in the error of an exchange that the upstream did not answer."""


@dataclass(frozen=True, kw_only=True)
class Listener:
    """One local port in front of one upstream; in forward mode, one of the hosts behind a shared port."""

    name: str
    port: int
    upstream: str
    """Scheme, host, port, and a path if the upstream has a prefix; empty for the host in the agent's request."""
    host: str | None = None
    """The host (fnmatch pattern) whose tunnels are decrypted; None for a reverse proxy."""
    upstream_proxy: str | None = None
    """`http://user:password@host:port`; None for a direct connection."""
    drop: str = ""
    """Prefix removed from a request's path before the upstream's path is added."""

    @property
    def origin(self) -> str:
        """Return scheme, host and port of the upstream: mitmproxy accepts nothing else."""
        parts = urlsplit(self.upstream)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def prefix(self) -> str:
        """Return the upstream's path, which is prepended to the path of every request."""
        return urlsplit(self.upstream).path.rstrip("/")

    def upstream_path(self, path: str) -> str:
        """Return the upstream's path for a path that the agent requests."""
        rest = path.removeprefix(self.drop)
        if rest[:1] not in ("", "/", "?"):
            # `/v1` is not a prefix of `/v1beta`.
            rest = path
        return self.prefix + rest if (self.prefix + rest).startswith("/") else f"/{rest}"


@dataclass(frozen=True, kw_only=True)
class Config:
    """Where to write, what to redact, and the upstream of each port."""

    output_dir: Path
    salt_file: Path
    """Holds the key of the redaction tags; made on first use."""
    listeners: tuple[Listener, ...] = ()
    upstream_proxy: str | None = None
    """For flows of other ports than the listeners' (a mitmdump started by hand)."""
    coverage_port: int | None = None
    """Port of the pass-through or the forward listener; None when there is none."""
    coverage_upstream_proxy: str | None = None
    keep_secrets: bool = False
    redact_headers: tuple[str, ...] = ()
    allow_hosts: tuple[str, ...] = ()
    """Hosts (fnmatch patterns) of web pages that may use the listeners, and further names of the listeners."""
    secret_variables: tuple[str, ...] = ()
    """Environment variables whose values are redacted wherever they appear."""
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)

    def to_json(self) -> str:
        """Return the settings as `from_json` reads them; they hold secrets, so pass them through a pipe."""
        return json.dumps(asdict(replace(self, environ=dict(self.environ))), default=os.fspath)

    def redactor(self) -> Redactor:
        """Return a redactor with these settings."""
        values = secret_values(self.environ, self.secret_variables)
        proxies = [listener.upstream_proxy for listener in self.listeners]
        proxies += [self.upstream_proxy, self.coverage_upstream_proxy]
        values |= {unquote(password) for proxy in proxies if proxy and (password := urlsplit(proxy).password)}
        return Redactor(make_salt(self.salt_file), values, self.redact_headers, keep=self.keep_secrets)


def from_environ(environ: Mapping[str, str], own_folder: Path) -> Config:
    """Return the settings of a mitmdump started by hand; records go to the addon's folder by default.

    TRAFFIC_OUTPUT_DIR is the folder of traffic.jsonl, TRAFFIC_UPSTREAM_PROXY a proxy to go through,
    TRAFFIC_REDACT_HEADERS and TRAFFIC_SECRET_VARIABLES are comma-separated names,
    TRAFFIC_KEEP_SECRETS=1 turns redaction off.
    """
    folder = Path(environ.get("TRAFFIC_OUTPUT_DIR") or own_folder).resolve()
    return Config(
        output_dir=folder,
        salt_file=folder / SALT,
        upstream_proxy=environ.get("TRAFFIC_UPSTREAM_PROXY") or None,
        keep_secrets=environ.get("TRAFFIC_KEEP_SECRETS", "") in ("1", "true", "yes"),
        redact_headers=_names(environ.get("TRAFFIC_REDACT_HEADERS", "")),
        secret_variables=_names(environ.get("TRAFFIC_SECRET_VARIABLES", "")),
        environ=environ,
    )


def from_json(text: str) -> Config:
    """Parse what `Config.to_json` wrote."""
    data: dict[str, Any] = json.loads(text)
    data["listeners"] = tuple(Listener(**listener) for listener in data["listeners"])
    for name in ("output_dir", "salt_file"):
        data[name] = Path(data[name])
    for name in ("allow_hosts", "redact_headers", "secret_variables"):
        data[name] = tuple(data.get(name, ()))
    return Config(**data)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
