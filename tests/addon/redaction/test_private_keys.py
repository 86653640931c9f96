"""Private keys are found in the forms in which agents show files, and where a stream cuts them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from probe.addon.aws_event_stream import frame_edits
from probe.addon.journal import SERVER_TEXT, Journal
from probe.addon.redaction.edits import applied
from probe.addon.redaction.redactor import Redactor
from probe.addon.websocket_messages import WebSocketBuffer
from probe.addon.writer import encoded
from tests.addon.test_bodies import fields_of
from tests.support.frames import chunk
from tests.support.planted import Mint

MINT = Mint(11)
KEY = MINT.private_key().rstrip("\n")
LINES = KEY.splitlines()


def redacted(text: str) -> str:
    return b"".join(Redactor(b"salt").chunks([text.encode()], [])).decode()


def numbered(form: str) -> str:
    return "\n".join(form.format(number, line) for number, line in enumerate(["# key", *LINES, "end of file"], 8))


def prefixed(prefix: str) -> str:
    return "\n".join(f"{prefix}{line}" for line in ["a key:", *LINES, "that was it"])


FORMS: dict[str, str] = {
    "cat -n": numbered("{:6}\t{}"),
    "numbers and an arrow": numbered("{:6}→{}"),
    "numbers and a tab": numbered("{}\t{}"),
    "numbers and a bar": numbered("{:4} | {}"),
    "numbers and a line": numbered("{:4} │ {}"),
    "numbers and a colon": numbered("{}: {}"),
    "numbers of grep": numbered("{}-{}"),
    "numbers and a bracket": numbered("{}) {}"),
    "numbers and two spaces": numbered("{:5}  {}"),
    "numbers with zeros": numbered("{:05}| {}"),
    "a quote": prefixed("> "),
    "a quote in a quote": prefixed("> > "),
    "a quote without spaces": prefixed(">"),
    "a diff's new lines": prefixed("+"),
    "a diff's old lines": prefixed("-"),
    "a diff's same lines": prefixed(" "),
    "a diff in a quote": prefixed("> +"),
    "a diff of numbered lines": "\n".join(f"{number:4} + {line}" for number, line in enumerate(LINES)),
    "an indent by tabs": prefixed("\t\t"),
    "a comment": prefixed("# "),
    "a comment of many lines": prefixed(" * "),
    "a table": prefixed("| "),
}
ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "lines that end with CR and LF": lambda text: text.replace("\n", "\r\n"),
    "JSON": lambda text: json.dumps({"output": text}),
    "JSON in UTF-8": lambda text: json.dumps({"output": text}, ensure_ascii=False),
    "JSON of PHP": lambda text: json.dumps({"output": text}).replace("/", "\\/"),
    "JSON in JSON": lambda text: json.dumps({"arguments": json.dumps({"output": text})}),
    "JSON in JSON of PHP": lambda text: json.dumps(json.dumps(text).replace("/", "\\/")).replace("/", "\\/"),
    "JSON in JSON in JSON": lambda text: json.dumps(json.dumps(json.dumps(text))),
}


@pytest.mark.parametrize("encoding", ENCODINGS.values(), ids=ENCODINGS.keys())
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_a_private_key_is_found_in_the_forms_in_which_tools_show_a_file(
    form: str, encoding: Callable[[str], str]
) -> None:
    text = encoding(form)
    shown = redacted(text)
    assert not any(encoding(line).strip('{"}')[-40:] in shown for line in LINES[1:-1])
    assert "REDACTED" in shown
    begin, end = encoding(form.split("-----BEGIN")[0]), form.split("-----END")[1].partition("-----")[2]
    assert shown.startswith(begin.rstrip('\\"}')[: len(begin) - 8])
    assert not end or end.split()[-1] in shown


APIS: dict[str, Callable[[str], dict[str, Any]]] = {
    "Gemini": lambda text: {"candidates": [{"content": {"parts": [{"text": text}], "role": "model"}}]},
    "chat": lambda text: {"choices": [{"index": 0, "delta": {"content": text}}]},
    "responses": lambda text: {"type": "response.output_text.delta", "delta": text},
    "messages": lambda text: {"type": "content_block_delta", "delta": {"type": "text_delta", "text": text}},
}
SK = MINT.tokens()["OpenAI, of a project"]
CUT = {
    "a key after its first line": (f"Here: {LINES[0]}\n{LINES[1]}\n", "\n".join(LINES[2:]) + "\nDone."),
    "a key after its second line": (f"{LINES[0]}\n{LINES[1]}\n{LINES[2]}", "\n" + "\n".join(LINES[3:])),
    "a key in the middle": (KEY[:700], KEY[700:]),
    "a token that seems whole before": (SK[:80], SK[80:]),
}


@pytest.mark.parametrize("said", APIS.values(), ids=APIS.keys())
@pytest.mark.parametrize("parts", CUT.values(), ids=CUT.keys())
def test_a_secret_is_found_whole_where_its_first_part_looks_like_one(
    tmp_path: Path, parts: tuple[str, str], said: Callable[[str], dict[str, Any]]
) -> None:
    events = [json.dumps(said(part)) for part in parts]
    body = "".join(f"data: {event}\n\n" for event in events).encode()
    assert_gone(fields_of(tmp_path, [body], "text/event-stream", redactor=Redactor(b"salt"))["body"], parts)
    frames = b"".join(chunk(json.loads(event)) for event in events)
    stored = applied(frames, frame_edits(frames, Redactor(b"salt")))
    for encoded_event in stored.split(b'"bytes":"')[1:]:
        assert_gone(base64.b64decode(encoded_event.partition(b'"')[0]).decode(), parts)
    assert_gone(_conversation(tmp_path, events), parts)


def assert_gone(shown: str, parts: tuple[str, str]) -> None:
    longest = max("\n".join(parts).splitlines(), key=len)
    assert not any(line[:30] in shown for line in (*parts[1].splitlines(), longest) if len(line) >= 30)


def _conversation(folder: Path, contents: list[str]) -> str:
    journal = Journal(folder / "journal")
    conversation = WebSocketBuffer(journal, folder)
    for number, content in enumerate(contents):
        conversation.add(SERVER_TEXT, float(number), content.encode())
    line = b"".join(encoded(conversation.fields(None, Redactor(b"salt"))))
    conversation.close()
    journal.close(remove=True)
    return line.decode()
