"""What the addon is told: through environment variables in any mitmdump, or by the process that embeds it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from probe.addon.redaction.redactor import Redactor, secret_values
from probe.addon.redaction.salt import NAME as SALT
from probe.addon.redaction.salt import make_salt

LISTENER = "probe_listener"
"""Under this name a flow's metadata have its Listener, where its port alone does not tell."""

PROXY_ANSWERED = "; the proxy answered"
"""In the error of an exchange that the upstream did not answer, what follows the cause."""


@dataclass(frozen=True, kw_only=True)
class Listener:
    """One local port in front of one upstream; in forward mode, one of the hosts behind the port that all share."""

    name: str
    port: int
    upstream: str
    """Scheme, host and port, and a path if the upstream has a prefix; empty for the host that the agent asks for."""
    host: str | None = None
    """The host (fnmatch pattern) whose tunnels are opened; None for a reverse proxy."""
    upstream_proxy: str | None = None
    """`http://user:password@host:port`; None goes direct."""
    drop: str = ""
    """What goes off the head of a request's path, before the upstream's path is put there."""

    @property
    def origin(self) -> str:
        """Give scheme, host and port of the upstream: mitmproxy takes no more."""
        parts = urlsplit(self.upstream)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def prefix(self) -> str:
        """Give the upstream's path, which goes before the path of every request."""
        return urlsplit(self.upstream).path.rstrip("/")

    def upstream_path(self, path: str) -> str:
        """Give the path under which the upstream knows what the agent asks for."""
        rest = path.removeprefix(self.drop)
        if rest[:1] not in ("", "/", "?"):
            # `/v1` is no part of `/v1beta`.
            rest = path
        return self.prefix + rest if (self.prefix + rest).startswith("/") else f"/{rest}"


@dataclass(frozen=True, kw_only=True)
class Config:
    """Where to write, what to redact, and what stands behind each port."""

    output_dir: Path
    salt_file: Path
    """Holds the key of the redaction tags; made on first use."""
    listeners: tuple[Listener, ...] = ()
    upstream_proxy: str | None = None
    """For flows of a port that is no listener of ours (a mitmdump started by hand)."""
    coverage_port: int | None = None
    """The pass-through listener's, or the forward listener's; None when there is none."""
    coverage_upstream_proxy: str | None = None
    keep_secrets: bool = False
    redact_headers: tuple[str, ...] = ()
    allow_hosts: tuple[str, ...] = ()
    """Hosts (fnmatch patterns) of web pages that may use the listeners, and other names of the listeners."""
    secret_variables: tuple[str, ...] = ()
    """Environment variables whose values are redacted wherever they appear."""
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)

    def to_json(self) -> str:
        """Return the settings as `from_json` reads them; the environment's secrets are in it, so it is for a pipe."""
        return json.dumps(asdict(replace(self, environ=dict(self.environ))), default=os.fspath)

    def redactor(self) -> Redactor:
        """Make the redactor that these settings ask for."""
        values = secret_values(self.environ, self.secret_variables)
        proxies = [listener.upstream_proxy for listener in self.listeners]
        proxies += [self.upstream_proxy, self.coverage_upstream_proxy]
        values |= {password for password in map(_password, proxies) if password}
        return Redactor(make_salt(self.salt_file), values, self.redact_headers, keep=self.keep_secrets)


def from_environ(environ: Mapping[str, str], own_folder: Path) -> Config:
    """Read the settings of a mitmdump that was started by hand; without any, records go to the addon's folder.

    TRAFFIC_OUTPUT_DIR is the folder of traffic.jsonl, TRAFFIC_UPSTREAM_PROXY a proxy to go through,
    TRAFFIC_REDACT_HEADERS and TRAFFIC_SECRET_VARIABLES are names with commas between them,
    TRAFFIC_KEEP_SECRETS=1 writes credentials as they are.
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


def _password(url: str | None) -> str | None:
    password = urlsplit(url).password if url else None
    return unquote(password) if password else None
