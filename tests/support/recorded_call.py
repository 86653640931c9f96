"""What a bundled run's agent asked first, for programs of tests that want the recorded answer to it."""

from __future__ import annotations

from probe.places import PROJECT


def first_body(run: str) -> str:
    """Return a Python expression for the body, as bytes, of the first request of a run (`codex/tool-loop`)."""
    file = str(PROJECT / "data" / run / "traffic.jsonl")
    return f'(j := __import__("json")).dumps(j.loads(open({file!r}).readline())["request"]["body"]).encode()'
