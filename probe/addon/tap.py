"""The mitmproxy addon: passes every piece on as it arrives and records every exchange.

Any mitmdump can load it:

    TRAFFIC_OUTPUT_DIR=out mitmdump --mode reverse:https://api.openai.com@127.0.0.1:8080 -s probe/addon/tap.py
"""

from __future__ import annotations

import ipaddress
import logging
import os
import sys
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from mitmproxy import ctx
from mitmproxy.addonmanager import Loader
from mitmproxy.connection import Client
from mitmproxy.http import HTTPFlow

if "probe.addon" not in sys.modules:
    # A mitmdump that loads this file by its path has no package; the project may not be installed there.
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from probe.addon import end_reasons, web_pages
from probe.addon import journal as frames
from probe.addon.config import LISTENER, Config, Listener, from_environ
from probe.addon.flow_facts import close_facts, end_facts, request_facts, response_facts
from probe.addon.journal import JournalFolder
from probe.addon.mitmproxy_fixes import all_bug_fixes, refusals
from probe.addon.open_exchange import Counts, Live
from probe.addon.redaction.fingerprints import KnownFile
from probe.addon.shutdown import Ending
from probe.addon.upstream_proxy import complete_connect, server_spec
from probe.addon.websocket_messages import message_kind
from probe.addon.writer import Writer

logger = logging.getLogger(__name__)

READ_FIRST = 16 << 20
"""Larger bodies are streamed even after a failure."""


class RecordMaker(Protocol):
    """Makes records from journals in another process; see `probe.wire.recorder`."""

    def learn(self, forms: Mapping[bytes, bytes]) -> None:
        """Add the spellings of a value to redact, with their replacement."""

    def write(self, name: str) -> None:
        """Write the record of a journal. Raises an exception on failure."""

    def close(self) -> None:
        """Finish and end the process."""


class TrafficTap:
    """Hooks of mitmproxy; docs.mitmproxy.org/stable/api/events.html documents when each one fires."""

    def __init__(self, config: Config, recorder: RecordMaker | None = None) -> None:
        self.counts = Counts()
        self.redactor = config.redactor()
        self._config = config
        self._writer = Writer(config.output_dir / "traffic.jsonl")
        self._journals = JournalFolder(config.output_dir)
        self._known = KnownFile(self._journals.path, self.redactor, config.salt_file, config.redact_headers)
        self._recorder = recorder
        self.redactor.on_learned(self._learned)
        self._live: dict[str, Live] = {}
        self._answered: dict[str, Client] = {}
        """Exchanges whose answer ended before their request."""
        self._unreachable: set[tuple[str, int]] = set()
        """Upstreams (host and port) that could not be reached the last time."""
        self._listeners = {listener.port: listener for listener in config.listeners if not listener.host}
        # Large records are written in another thread, one after the other, so that no stream stalls.
        self._large = ThreadPoolExecutor(1, "large-records")
        self._writing: set[Future[None]] = set()

    def load(self, _loader: Loader) -> None:
        """Set lazy connections: with eager ones no upstream proxy is used, and a refused connection reaches no hook."""
        # `running` would be too late for a fast client: the ports are open by then.
        ctx.options.update(connection_strategy="lazy")
        all_bug_fixes.apply()
        refusals.apply()

    def running(self) -> None:
        """Log where records go, and warn about a port that is open to other machines."""
        logger.info("recording into %s", self._writer.path)
        proxyserver = ctx.master.addons.get("proxyserver")
        for host, port, *_ in proxyserver.listen_addrs():
            if not ipaddress.ip_address(host).is_loopback:
                logger.warning("port %s is open to other machines; name 127.0.0.1 in --mode", port)

    def requestheaders(self, flow: HTTPFlow) -> None:
        """Begin an exchange: set its upstream proxy and tee its request."""
        self.counts.seen += 1
        listener = self._listener(flow)
        if listener and not listener.host and (why := self._refusal(flow, listener)):
            refusals.refuse(flow, why)
        if listener and flow.request.path.startswith("/"):
            flow.request.path = listener.upstream_path(flow.request.path)
        proxy = listener.upstream_proxy if listener else self._config.upstream_proxy
        if proxy:
            # The only way that works in reverse mode; mitmproxy's options are ignored or break the agent's own header.
            flow.server_conn.via = server_spec(proxy)
        live = self._live[flow.id] = Live(self._journals.journal(flow.id), self._config.output_dir, self.redactor)
        live.note(frames.REQUEST, request_facts(flow, listener.name if listener else None))
        if refusals.refused(flow):
            return
        # mitmproxy connects before it reads a streamed body, and reads nothing when that fails: after a failure,
        # bodies are read first, so that the record of a retry is complete.
        if _upstream(flow) not in self._unreachable or _length(flow) > READ_FIRST:
            flow.request.stream = live.tee_request

    def _refusal(self, flow: HTTPFlow, listener: Listener) -> str | None:
        asked, upstream = refusals.asked_host(flow.request), urlsplit(listener.upstream).hostname or ""
        return web_pages.refusal(flow.request.headers, asked, upstream, self._config.allow_hosts)

    def request(self, flow: HTTPFlow) -> None:
        """End a request, and keep its body if it was not streamed."""
        live = self._live.get(flow.id)
        if live:
            if not flow.request.stream:
                live.tee_request(flow.request.raw_content or b"")
            live.note(frames.REQUEST_END, end_facts(flow.request))
            if flow.id in self._answered:
                self._finish(flow.id, None)

    def http_connect_upstream(self, flow: HTTPFlow) -> None:
        """Sign in to the upstream proxy."""
        listener = self._listener(flow)
        complete_connect(flow.request, listener.upstream_proxy if listener else self._config.upstream_proxy)

    def responseheaders(self, flow: HTTPFlow) -> None:
        """Tee the response."""
        self._unreachable.discard(_upstream(flow))
        live = self._live.get(flow.id)
        if live and flow.response:
            live.note(frames.RESPONSE, response_facts(flow))
            if flow.response.status_code != 101:
                flow.response.stream = live.tee_response

    def response(self, flow: HTTPFlow) -> None:
        """End an exchange, unless a WebSocket conversation begins with it."""
        live = self._live.get(flow.id)
        if live and flow.response:
            live.note(frames.RESPONSE_END, end_facts(flow.response))
        if flow.request.timestamp_end is None:
            # Answered before its end, like a refused upload: what the agent still sends belongs to the record.
            self._answered[flow.id] = flow.client_conn
        elif flow.websocket is None:
            self._finish(flow.id, None)

    def client_disconnected(self, client: Client) -> None:
        """End exchanges that were answered before their request ended: no other hook follows."""
        for flow_id in [flow_id for flow_id, agent in self._answered.items() if agent is client]:
            self._finish(flow_id, end_reasons.ANSWERED_EARLY)

    def websocket_start(self, flow: HTTPFlow) -> None:
        """Begin a WebSocket conversation."""
        live = self._live.get(flow.id)
        if live:
            live.note(frames.WEBSOCKET, {})

    def error(self, flow: HTTPFlow) -> None:
        """End an exchange that was cut short."""
        error = end_reasons.end_reason(flow)
        live = self._live.get(flow.id)
        if live and end_reasons.upstream_failed(flow):
            self._unreachable.add(_upstream(flow))
            if _length(flow) and not live.request.wire_size:
                length = flow.request.headers.get("content-length", "of unknown length")
                error = (
                    f"{error} (the request's body, {length} bytes, was not read: there was no upstream to send it to)"
                )
        self._finish(flow.id, error, refused=bool(refusals.refused(flow)))

    def websocket_message(self, flow: HTTPFlow) -> None:
        """Keep the newest message and drop it from the flow: mitmproxy would keep them all in memory."""
        live = self._live.get(flow.id)
        assert flow.websocket is not None
        message = flow.websocket.messages[-1]
        flow.websocket.messages.clear()
        if live:
            self.counts.messages += 1
            kind = message_kind(from_client=message.from_client, is_text=message.is_text)
            live.conversation.add(kind, message.timestamp, message.content)

    def websocket_end(self, flow: HTTPFlow) -> None:
        """End a WebSocket conversation."""
        assert flow.websocket is not None
        live = self._live.get(flow.id)
        if live:
            live.note(frames.WEBSOCKET_END, close_facts(flow))
        self._finish(flow.id, end_reasons.websocket_end_reason(flow))

    def done(self) -> None:
        """End open exchanges: mitmproxy calls this before it reports their errors."""
        for flow_id in list(self._live):
            self._finish(flow_id, "the proxy was stopped while this exchange was under way")
        self._large.shutdown(wait=True)
        self._writer.close()
        if self._recorder:
            self._recorder.close()
        self._known.close()
        self._journals.close()
        logger.info("%d exchanges seen, %d written", self.counts.seen, self.counts.written)

    def _listener(self, flow: HTTPFlow) -> Listener | None:
        named: Listener | None = flow.metadata.get(LISTENER)
        return named or self._listeners.get(flow.client_conn.sockname[1])

    def _finish(self, flow_id: str, error: str | None, *, refused: bool = False) -> None:
        """Write the record, once, whichever hook comes first."""
        live = self._live.pop(flow_id, None)
        self._answered.pop(flow_id, None)
        if live is None:
            return
        if error:
            live.note(frames.ERROR, {"error": error, "refused": refused})
        if live.small and not self._writing:
            self._write(live)
        else:
            # Small ones too while a large one holds the file: the event loop must not wait for it.
            self._writing.add(self._large.submit(self._write, live))
        self._writing = {future for future in self._writing if not future.done()}

    def _learned(self, forms: Mapping[bytes, bytes]) -> None:
        self._known.add(forms)
        if self._recorder:
            self._recorder.learn(forms)

    def _write(self, live: Live) -> None:
        written = False
        try:
            if not self._recorder or live.small or not self._written_elsewhere(live, self._recorder):
                self._writer.append(live.record())
            self.counts.wrote()
            written = True
        except Exception as problem:
            # The agent's traffic continues without the record; the counts show the loss.
            self.counts.lost(f"{type(problem).__name__}: {problem}")
            logger.exception("an exchange could not be written")
        finally:
            live.close(written=written)

    def _written_elsewhere(self, live: Live, recorder: RecordMaker) -> bool:
        """Write a large record in another process; return False if it must be written here."""
        if live.journal.broken:
            # What the journal lacks may be in this process's memory.
            return False
        try:
            recorder.write(live.journal.name)
        except Exception:
            logger.exception("the recorder failed; its record is written here")
            return not live.journal.exists()
        return True


def _upstream(flow: HTTPFlow) -> tuple[str, int]:
    """Return host and port of a request's upstream."""
    return flow.request.host, flow.request.port


def _length(flow: HTTPFlow) -> int:
    """Return the body length that a request announces; more than READ_FIRST when it is unknown."""
    if "chunked" in flow.request.headers.get("transfer-encoding", "").lower():
        return READ_FIRST + 1
    length = flow.request.headers.get("content-length", "0")
    return int(length) if length.isascii() and length.isdigit() else 0


if __name__.startswith("__mitmproxy_script__"):
    addons = [Ending(), TrafficTap(from_environ(os.environ, Path(__file__).resolve().parent))]
