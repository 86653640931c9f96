"""The process that runs mitmproxy for one run: its master with only the addons that our listeners need.

It speaks JSON lines with the process that starts it (see `probe.wire.child`): settings come in on stdin, `ready`
and `stopped` go out on stdout. When stdin ends without a `stop`, its parent was killed: it then ends the agent's
processes too, so that nothing is left running.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import logging
import os
import signal
import sys
from pathlib import Path
from typing import Any, TextIO

import probe.wire.lean  # noqa: F401 - before mitmproxy

# isort: split
from mitmproxy import options
from mitmproxy.addonmanager import AddonManager
from mitmproxy.addons import core, disable_h2c, errorcheck, next_layer, proxyserver, tlsconfig
from mitmproxy.certs import CertStore
from mitmproxy.master import Master
from mitmproxy.options import CONF_BASENAME, KEY_SIZE
from mitmproxy.proxy import server

from probe.wire.addon.config import Config, from_json
from probe.wire.addon.coverage import Coverage
from probe.wire.addon.ending import Ending
from probe.wire.addon.folders import private_folder
from probe.wire.addon.forward import Forward
from probe.wire.addon.own_connections import OwnConnections
from probe.wire.addon.plain_files import plain_fd
from probe.wire.addon.redactor import Redactor
from probe.wire.addon.tap import TrafficTap
from probe.wire.child import first_line, tell
from probe.wire.file_limit import raise_file_limit
from probe.wire.hooks import DirectHooks
from probe.wire.joining import join_chunks, join_reads
from probe.wire.recorder import Recorder

LONGEST_SILENCE = 3600
"""Models think for long without a byte; the agent's own time-out decides."""
_CHECKED_SECONDS = 0.01
"""After `running`, mitmproxy looks whether start-up logged an error, and ends if so: a matter of two loop turns."""


class _RedactingFormatter(logging.Formatter):
    """Keeps credentials out of the log file."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        return self._redactor.text(super().format(record))


class _Ready:
    """Tells the parent that every listener is open; an accepted connection would not prove that."""

    def running(self) -> None:
        asyncio.get_running_loop().call_later(_CHECKED_SECONDS, tell, {"event": "ready", "pid": os.getpid()})


def _make_authority(folder: Path) -> None:
    """Make mitmproxy's own CA on first use. It would do so itself, but of many at once each would, over the others."""
    private_folder(folder)
    if folder.is_symlink():
        raise OSError(f"{folder} is a link to {folder.resolve()}: the CA's key would lie there")
    with _opened(folder / ".lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # The last of the files that it makes.
        if not (folder / f"{CONF_BASENAME}-dhparam.pem").exists():
            for half_made in folder.glob(f"{CONF_BASENAME}-*"):
                half_made.unlink()
            CertStore.from_store(folder, CONF_BASENAME, KEY_SIZE)
        for path in (folder / f"{CONF_BASENAME}-ca.{ending}" for ending in ("pem", "p12")):
            with _opened(path) as with_key:
                os.fchmod(with_key.fileno(), 0o600)


def _opened(path: Path) -> TextIO:
    """Open a 0600 file to append to; an agent of an earlier run may have put a link there, which is not followed."""
    return os.fdopen(plain_fd(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND), "a")


def _log_to(path: Path, redactor: Redactor) -> None:
    # On a full disk each line would bring a traceback along.
    logging.raiseExceptions = False
    handler = logging.StreamHandler(_opened(path))
    handler.setFormatter(_RedactingFormatter(redactor))
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.INFO)
    # One line for each connection and each look-up tells nothing that the record does not.
    for name in ("mitmproxy.proxy.server", "asyncio", "hpack", "tornado"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _options(settings: dict[str, Any], config: Config) -> options.Options:
    reverse = [listener for listener in config.listeners if not listener.host]
    modes = [f"reverse:{listener.origin}@127.0.0.1:{listener.port}" for listener in reverse]
    if config.coverage_port is not None:
        modes.append(f"regular@127.0.0.1:{config.coverage_port}")
    return options.Options(
        mode=modes,
        confdir=settings["confdir"],
        ssl_verify_upstream_trusted_ca=settings["upstream_ca"],
        # An agent that is given TLS may ask for HTTP/2; all that mends mitmproxy here is made for HTTP/1.1.
        http2=False,
        **_time_out(settings.get("tcp_timeout", LONGEST_SILENCE)),
    )


def _time_out(seconds: float) -> dict[str, float]:
    """Set how long a connection may be silent; mitmproxy 11 has a constant of ten minutes for it."""
    if "tcp_timeout" in options.Options():
        return {"tcp_timeout": seconds}
    setattr(server, "TCP_TIMEOUT", seconds)  # noqa: B010 - mitmproxy 12 has no such name
    return {}


async def _run(settings: dict[str, Any], config: Config) -> dict[str, Any]:
    """Run mitmproxy to its end and give the counts of what it saw."""
    tap = TrafficTap(config, Recorder(settings))
    coverage = _coverage(config, tap.redactor)
    _log_to(config.output_dir / "proxy.log", tap.redactor)
    master = Master(_options(settings, config))
    addons: AddonManager = DirectHooks(master)
    master.addons = addons
    _make_authority(Path(settings["confdir"]))
    addons.add(
        Ending(),
        OwnConnections(),
        *([coverage] if coverage else []),
        core.Core(),
        proxyserver.Proxyserver(),
        disable_h2c.DisableH2C(),
        next_layer.NextLayer(),
        tlsconfig.TlsConfig(),
        tap,
        _Ready(),
        errorcheck.ErrorCheck(),
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, master.shutdown)
    loop.add_reader(sys.stdin.fileno(), _on_parent, master, settings["marker"])
    try:
        await master.run()
    finally:
        loop.remove_reader(sys.stdin.fileno())
    return tap.counts.as_dict() | (coverage.counts() if coverage else {})


def _coverage(config: Config, redactor: Redactor) -> Coverage | None:
    """Give the addon of the listener that is a forward proxy, if there is one."""
    if config.coverage_port is None:
        return None
    return (Forward if any(listener.host for listener in config.listeners) else Coverage)(config, redactor)


def _on_parent(master: Master, marker: str) -> None:
    """Stop when the parent says so or is gone; in the second case nobody else ends the agent."""
    asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
    orphaned = not os.read(sys.stdin.fileno(), 4096)
    if orphaned:
        from probe.wire.processes import end_marked

        end_marked(marker)
    master.shutdown()


def main() -> int:
    """Run until told to stop; exit 1 when a listener cannot be opened (the log says why)."""
    os.umask(0o077)
    raise_file_limit()
    join_reads()
    join_chunks()
    settings = json.loads(first_line())
    config = from_json(json.dumps(settings["addon"]))
    config = type(config)(**{**vars(config), "environ": settings["environ"]})
    try:
        counts = asyncio.run(_run(settings, config))
    except SystemExit as error:
        # mitmproxy's ErrorCheck exits when start-up logged an error.
        return int(error.code or 0)
    tell({"event": "stopped", **counts})
    return 0


if __name__ == "__main__":
    sys.exit(main())
