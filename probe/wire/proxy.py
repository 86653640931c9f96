"""The process that runs mitmproxy for one run: its master with only the addons that the listeners need.

It exchanges JSON lines with its parent (see `probe.wire.helper_process`): settings arrive on stdin, `ready` and
`stopped` go to stdout. When stdin ends without a `stop`, its parent was killed: it then ends the
agent's processes too, so that nothing is left running.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import json
import logging
import os
import signal
import sys
from pathlib import Path
from typing import Any, TextIO

import probe.addon.mitmproxy_fixes.slim_import  # noqa: F401 - before mitmproxy

# isort: split
from mitmproxy import options
from mitmproxy.addons import core, disable_h2c, errorcheck, next_layer, proxyserver, tlsconfig
from mitmproxy.certs import CertStore
from mitmproxy.master import Master
from mitmproxy.options import CONF_BASENAME, KEY_SIZE

from probe.addon.config import Config, from_json
from probe.addon.coverage import Coverage
from probe.addon.forward import Forward
from probe.addon.mitmproxy_fixes.coalescing import join_chunks, join_reads
from probe.addon.mitmproxy_fixes.direct_hooks import addon_manager
from probe.addon.mitmproxy_fixes.silence import SECONDS_OF_SILENCE, time_out
from probe.addon.own_connections import OwnConnections
from probe.addon.plain_files import plain_fd
from probe.addon.private_files import private_folder
from probe.addon.redaction.redactor import Redactor
from probe.addon.shutdown import Ending
from probe.addon.tap import TrafficTap
from probe.wire.file_limit import raise_file_limit
from probe.wire.helper_process import first_line, send_to_parent
from probe.wire.recorder import Recorder

_CHECKED_SECONDS = 0.01
"""After `running`, mitmproxy checks within two loop turns whether start-up logged an error, and ends if so."""


class _RedactingFormatter(logging.Formatter):
    """Keeps credentials out of the log file."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        return self._redactor.text(super().format(record))


class _Errors(logging.Handler):
    """Collects logged errors until the listeners are open: the reasons if they cannot be opened."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__(logging.ERROR)
        self.setFormatter(_RedactingFormatter(redactor))
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(self.format(record))


class _Ready:
    """Reports to the parent that every listener is open; an accepted connection would not prove that."""

    def __init__(self, errors: _Errors) -> None:
        self._errors = errors

    def running(self) -> None:
        logging.getLogger().removeHandler(self._errors)
        asyncio.get_running_loop().call_later(_CHECKED_SECONDS, send_to_parent, {"event": "ready", "pid": os.getpid()})


def _make_authority(folder: Path) -> None:
    """Create mitmproxy's CA on first use, under a lock: concurrent proxies would overwrite each other's."""
    private_folder(folder)
    if folder.is_symlink():
        raise OSError(f"{folder} is a link to {folder.resolve()}: the CA's key would be there")
    with _opened(folder / ".lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # The last file that mitmproxy creates.
        if not (folder / f"{CONF_BASENAME}-dhparam.pem").exists():
            for half_made in folder.glob(f"{CONF_BASENAME}-*"):
                half_made.unlink()
            CertStore.from_store(folder, CONF_BASENAME, KEY_SIZE)
        for path in (folder / f"{CONF_BASENAME}-ca.{ending}" for ending in ("pem", "p12")):
            with _opened(path) as with_key:
                os.fchmod(with_key.fileno(), 0o600)


def _opened(path: Path) -> TextIO:
    """Open a 0600 file for appending without following a link, which an earlier agent may have created."""
    return os.fdopen(plain_fd(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND), "a")


def _log_to(path: Path, redactor: Redactor, errors: _Errors) -> None:
    # On a full disk each line would cause a traceback.
    logging.raiseExceptions = False
    handler = logging.StreamHandler(_opened(path))
    handler.setFormatter(_RedactingFormatter(redactor))
    logging.getLogger().addHandler(handler)
    logging.getLogger().addHandler(errors)
    logging.getLogger().setLevel(logging.INFO)
    # A line for each connection and each look-up adds nothing to the record.
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
        # An agent may offer HTTP/2 over TLS, but the fixes of mitmproxy are made for HTTP/1.1.
        http2=False,
        **time_out(settings.get("tcp_timeout", SECONDS_OF_SILENCE)),
    )


async def _run(settings: dict[str, Any], config: Config) -> dict[str, Any]:
    """Run mitmproxy to its end and return the counts of what it saw."""
    tap = TrafficTap(config, Recorder(settings))
    coverage = _coverage(config, tap.redactor)
    errors = _Errors(tap.redactor)
    _log_to(config.output_dir / "proxy.log", tap.redactor, errors)
    master = Master(_options(settings, config))
    addons = addon_manager(master)
    server_addon = proxyserver.Proxyserver()
    master.addons = addons
    _make_authority(Path(settings["confdir"]))
    addons.add(
        Ending(),
        OwnConnections(),
        *([coverage] if coverage else []),
        core.Core(),
        server_addon,
        disable_h2c.DisableH2C(),
        next_layer.NextLayer(),
        tlsconfig.TlsConfig(),
        tap,
        _Ready(errors),
        errorcheck.ErrorCheck(),
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, master.shutdown)
    loop.add_reader(sys.stdin.fileno(), _on_parent, master, settings["marker"])
    try:
        await master.run()
    except SystemExit:
        # mitmproxy's ErrorCheck exits when start-up logged an error.
        taken = any(_is_port_taken(one.last_exception) for one in server_addon.servers)
        send_to_parent({"event": "failed", "errors": errors.texts, "port_taken": taken})
        raise
    finally:
        loop.remove_reader(sys.stdin.fileno())
    return tap.counts.as_dict() | (coverage.counts() if coverage else {})


def _is_port_taken(error: Exception | None) -> bool:
    """Check whether a listener failed because its port is in use; mitmproxy 11 reports UDP without an errno."""
    return getattr(error, "errno", None) == errno.EADDRINUSE or f"(os error {errno.EADDRINUSE})" in str(error)


def _coverage(config: Config, redactor: Redactor) -> Coverage | None:
    """Return the addon of the listener that is a forward proxy, if there is one."""
    if config.coverage_port is None:
        return None
    return (Forward if any(listener.host for listener in config.listeners) else Coverage)(config, redactor)


def _on_parent(master: Master, marker: str) -> None:
    """Stop on the parent's request, or when it is gone; then end the agent too, as nobody else does."""
    asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
    orphaned = not os.read(sys.stdin.fileno(), 4096)
    if orphaned:
        from probe.wire.process_tree import end_marked

        end_marked(marker)
    master.shutdown()


def main() -> int:
    """Run until asked to stop; exit 1 when a listener cannot be opened (the log has the reason)."""
    os.umask(0o077)
    raise_file_limit()
    join_reads()
    join_chunks()
    settings = json.loads(first_line())
    config = from_json(settings["addon"])
    try:
        counts = asyncio.run(_run(settings, config))
    except SystemExit as error:
        return int(error.code or 0)
    send_to_parent({"event": "stopped", **counts})
    return 0


if __name__ == "__main__":
    sys.exit(main())
