"""Whether each listener's upstream answers: one request through the real proxies, in a folder that goes afterwards."""

from __future__ import annotations

import tempfile
import urllib.error
import urllib.request
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from probe.addon.private_files import private_folder
from probe.record.exchange import Exchange
from probe.record.reader import read_exchanges
from probe.record.runs import TRAFFIC
from probe.settings.settings import Settings
from probe.wire.finish import finish
from probe.wire.modes import mode_of
from probe.wire.start import start

SECONDS = 10.0
"""Within these an API answers a request that it refuses."""
_NO_ANSWER = f"no answer within {SECONDS:g} seconds"
_FIXES = {
    (
        "verify failed",
        "certificate",
    ): "it is signed by a CA that is not trusted here; name it: --upstream-ca company-ca.pem",
    ("TLS", "SSL"): "is this a port for https? Name another with --upstream {name}=URL",
    (
        "HTTP CONNECT",
        "Proxy Authentication",
    ): "the upstream proxy refuses it: see --upstream-proxy http://user:pass@host:port",
    ("Name or service", "name resolution", "nodename", "No address"): (
        "is the host's name right? Behind a company's proxy: --upstream-proxy http://host:port"
    ),
    ("refused", "Connect call failed"): "is it running, and on this port? Name another with --upstream {name}=URL",
    ("no answer within", "timed out", "unreachable"): (
        "is a firewall between? Behind a company's proxy: --upstream-proxy http://host:port"
    ),
}
"""By words of mitmproxy and of the system."""


class Reached(NamedTuple):
    """What became of the one request to a listener."""

    listener: str
    upstream: str
    status: int | None
    """None when nothing answered."""
    problem: str = ""
    """Empty when something answered, whatever it said."""
    fix: str = ""


def reach(settings: Settings, environ: Mapping[str, str]) -> list[Reached]:
    """Send one request without a key through each listener; none where its host is a pattern.

    Raises UserError where the proxies do not start.
    """
    with tempfile.TemporaryDirectory(prefix="probe-doctor-") as folder:
        run = Path(folder, "run")
        private_folder(run)
        apart = _apart(settings, Path(folder))
        started = start(apart, run, environ, None, fixed_ports=False)
        try:
            mode = mode_of(apart)
            urls = mode.checked_urls(apart, started.urls)
            # As the agent is led, and never through a proxy of the user's or after a redirect.
            opener = urllib.request.build_opener(*mode.handlers(apart, started.coverage_url), _Stay)
            with ThreadPoolExecutor(len(urls) or 1) as pool:
                answers = dict(zip(urls, pool.map(lambda url: _ask(opener, url), urls.values()), strict=True))
        finally:
            finish(started)
        records = {record.listener: record for record in read_exchanges(run / TRAFFIC, lambda line, why: None)}
        return [
            _reached(one, settings.routes[one].upstream, answer, records.get(one)) for one, answer in answers.items()
        ]


def _apart(settings: Settings, folder: Path) -> Settings:
    """Give the settings of a run that leaves nothing behind and takes whatever ports are free."""
    routes = {name: route._replace(chosen=False) for name, route in settings.routes.items()}
    watched = settings.coverage and settings.target.mode.sees_all
    return replace(settings, routes=routes, data_dir=folder, output_dir=folder / "run", coverage=watched)


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """Take a redirect for the answer that it is."""


def _ask(opener: urllib.request.OpenerDirector, url: str) -> int | str:
    """Give the status of the answer, or why there was none."""
    try:
        with opener.open(url, timeout=SECONDS) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except TimeoutError:
        return _NO_ANSWER
    except OSError as error:
        reason = getattr(error, "reason", error)
        return _NO_ANSWER if isinstance(reason, TimeoutError) else str(reason)


def _reached(name: str, upstream: str, answer: int | str, record: Exchange | None) -> Reached:
    """Tell an upstream's answer from one that the listener gave in its place."""
    # The answer that the listener makes up where the upstream gives none is not on the record as a response.
    if isinstance(answer, int) and record and record.response:
        return Reached(name, upstream, answer)
    said = answer if isinstance(answer, str) else str(record and record.error)
    problem = said.partition("; the proxy answered")[0]
    fix = next((fix for words, fix in _FIXES.items() if any(word in problem for word in words)), None)
    return Reached(name, upstream, None, problem, (fix or "name another with --upstream {name}=URL").format(name=name))
