"""A run under way, made by hand: its journals, its record, its manifest, as proxies and capture write them."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from probe.addon import journal as frames
from probe.addon.journal import Journal, JournalFolder
from probe.addon.redaction.fingerprints import KnownFile
from probe.addon.redaction.redactor import Redactor
from probe.addon.redaction.salt import NAME as SALT
from probe.addon.redaction.salt import make_salt
from probe.analysis.prices import Prices
from probe.live.live_run import LiveRecording
from probe.record.exchange import Exchange
from probe.record.manifest import Manifest, utc_now
from probe.record.runs import Run
from probe.renderers.loader import AUTO, load_renderer
from probe.report.described import described_run
from tests.trace.tracing import lines

SSE = "text/event-stream"


class Recording:
    """The files of a run in the data folder `data`; this process is the one that records."""

    def __init__(self, data: Path, *values: str) -> None:
        self.data, self.folder = data, data / "codex" / "run"
        self.folder.mkdir(parents=True)
        self.traffic = self.folder / "traffic.jsonl"
        salt = make_salt(data / SALT)
        self.manifest = Manifest(self.folder, {})
        self.manifest.update(target="codex", started=utc_now(), pid=os.getpid())
        self.journals = JournalFolder(self.folder)
        self.redactor = Redactor(salt, values)
        known = KnownFile(self.journals.path, self.redactor, data / SALT, ())
        self.redactor.on_learned(known.add)

    @property
    def live(self) -> LiveRecording:
        """Return how the live server reads it."""
        return LiveRecording(
            run=Run(folder=self.folder, target="codex", manifest=Manifest.read(self.folder)),
            data_dir=self.data,
            renderer=load_renderer(AUTO),
            ids={},
            prices=Prices(installed=False),
            describe=lambda run: described_run(run, "A run", "traffic.jsonl", lambda line, why: None, None),
        )

    def write(self, *exchanges: Exchange) -> None:
        """Append records."""
        with self.traffic.open("ab") as file:
            file.write(lines(exchanges))

    def end(self) -> None:
        """End the recording."""
        self.journals.close()
        self.manifest.update(ended=utc_now(), pid=None)


class Flow:
    """An exchange under way."""

    def __init__(self, recording: Recording, name: str = "one", *headers: tuple[str, str], encoding: str = "") -> None:
        self.journal: Journal = recording.journals.journal(name)
        names = {"id": name, "listener": "model", "method": "POST", "url": "https://api.openai.com/v1/responses"}
        self._note(frames.REQUEST, names | _head("application/json", encoding, headers))

    def _note(self, kind: bytes, facts: dict[str, Any]) -> None:
        self.journal.append(kind, time.time(), json.dumps(facts).encode())

    def request(self, body: bytes) -> None:
        """Send the whole request."""
        self.journal.append(frames.REQUEST_DATA, time.time(), body)
        self._note(frames.REQUEST_END, {"ended": time.time()})

    def respond(self, kind: str = SSE, *headers: tuple[str, str], encoding: str = "") -> None:
        """Begin the response."""
        self._note(frames.RESPONSE, {"status_code": 200, "reason": "OK"} | _head(kind, encoding, headers))

    def data(self, data: bytes) -> None:
        """Send a piece of the response."""
        self.journal.append(frames.RESPONSE_DATA, time.time(), data)

    def say(self, text: str) -> None:
        """Send an event with a piece of text."""
        self.data(event(text))

    def end(self) -> None:
        """End it, its record written."""
        self.journal.close(remove=True)


def _head(kind: str, encoding: str, headers: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    return {
        "headers": headers,
        "http_version": "HTTP/1.1",
        "started": time.time(),
        "content_type": kind,
        "content_encoding": encoding,
    }


def event(text: str) -> bytes:
    """Return an event of a stream with a piece of text."""
    value = {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": text}
    return b"event: response.output_text.delta\ndata: " + json.dumps(value).encode() + b"\n\n"
