"""Check whether each listener's upstream answers: one request through the real proxies, in a temporary folder."""

from __future__ import annotations

import tempfile
import urllib.error
import urllib.request
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from probe.addon.config import PROXY_ANSWERED
from probe.addon.private_files import private_folder
from probe.record.exchange import Exchange
from probe.record.reader import read_exchanges
from probe.record.runs import TRAFFIC
from probe.settings.settings import Settings
from probe.wire.finish import finish
from probe.wire.modes import mode_of
from probe.wire.start import start

SECONDS = 10.0
"""An API refuses an unauthenticated request within this time."""
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
    ("name not known", "name resolution", "nodename", "No address"): (
        "is the host's name right? Behind a company's proxy: --upstream-proxy http://host:port"
    ),
    ("refused",): "is it running, and on this port? Name another with --upstream {name}=URL",
    ("no answer within", "timed out", "unreachable"): (
        "is a firewall between? Behind a company's proxy: --upstream-proxy http://host:port"
    ),
}
"""By words in the messages of mitmproxy and of the system."""


class Reached(NamedTuple):
    """The result of the request to a listener."""

    listener: str
    upstream: str
    status: int | None
    """None when nothing answered."""
    problem: str = ""
    """Empty when something answered, with any status."""
    fix: str = ""


def reach(settings: Settings, environ: Mapping[str, str]) -> list[Reached]:
    """Send one request without a key through each listener whose host is not a pattern; return the results.

    Raises UserError if the proxies do not start.
    """
    with tempfile.TemporaryDirectory(prefix="probe-doctor-") as folder:
        run = Path(folder, "run")
        private_folder(run)
        temporary = _temporary(settings, Path(folder))
        started = start(temporary, run, environ, None, fixed_ports=False)
        try:
            mode = mode_of(temporary)
            urls = mode.checked_urls(temporary, started.ports.urls)
            # The agent's way: never through a proxy of the user's, and without following redirects.
            opener = urllib.request.build_opener(*mode.handlers(temporary, started.ports.coverage_url), _Stay)
            with ThreadPoolExecutor(len(urls) or 1) as pool:
                answers = dict(zip(urls, pool.map(lambda url: _ask(opener, url), urls.values()), strict=True))
        finally:
            finish(started)
        records = {record.listener: record for record in read_exchanges(run / TRAFFIC, lambda line, why: None)}
        return [
            _reached(one, settings.routes[one].upstream, answer, records.get(one)) for one, answer in answers.items()
        ]


def _temporary(settings: Settings, folder: Path) -> Settings:
    """Return the settings of a temporary run on any free ports."""
    routes = {name: route._replace(chosen=False) for name, route in settings.routes.items()}
    watched = settings.coverage and settings.target.mode.sees_all
    return replace(settings, routes=routes, data_dir=folder, output_dir=folder / "run", coverage=watched)


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """Follow no redirect: it is an answer."""


def _ask(opener: urllib.request.OpenerDirector, url: str) -> int | str:
    """Return the status of the answer, or why there was none."""
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
    """Return the result, with an upstream's answer distinguished from the listener's own."""
    # An answer by the listener itself is not a response in the record.
    if isinstance(answer, int) and record and record.response:
        return Reached(name, upstream, answer)
    message = answer if isinstance(answer, str) else str(record and record.error)
    problem = message.partition(PROXY_ANSWERED)[0]
    fix = next((fix for words, fix in _FIXES.items() if any(word in problem for word in words)), None)
    return Reached(name, upstream, None, problem, (fix or "name another with --upstream {name}=URL").format(name=name))
