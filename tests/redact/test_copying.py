"""A redacted copy has no planted value in any spelling, is a valid record, and leaves the original as it was."""

from __future__ import annotations

import base64
import itertools
import json
import string
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probe.addon.json_text import dumps
from probe.leaks.known_personal import Known
from probe.leaks.search import LeakCheck
from probe.record.integrity import exchange_problems
from probe.record.manifest import Manifest
from probe.record.reader import read_exchanges
from probe.record.runs import Run
from probe.redact.copying import redacted_copy
from tests.support import bundled
from tests.support.planted import Mint
from tests.support.planted_run import body_fields, conversation, exchange, message, planted_run

SALT = b"k" * 32
_numbers = itertools.count()


def copy_of(run: Run, folder: Path, *also: str) -> Run:
    return redacted_copy(run, folder, pytest.fail, also=also, salt=SALT)


def problems(run: Run) -> list[str]:
    """Return what is wrong with a record."""
    found: list[str] = []
    read = read_exchanges(run.traffic, lambda line, why: found.append(f"line {line}: {why}"))
    return [problem for one in read for problem in exchange_problems(one, run.traffic)] + found


def keys(run: Run) -> set[str]:
    """Return the names of all fields of records that are set."""
    records = [json.loads(line) for line in run.traffic.read_bytes().splitlines()]
    parts = [part for one in records for part in (one, one["request"], one["response"], one.get("websocket"))]
    return {name for part in parts for name, value in (part or {}).items() if value is not None}


def content(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def every_character_escaped(text: str) -> str:
    return "".join(f"\\u{ord(one):04x}" for one in text)


def sse(pieces: list[str]) -> str:
    events = [{"type": "response.output_text.delta", "output_index": 0, "delta": piece} for piece in pieces]
    return "".join(f"event: d\ndata: {dumps(event)}\n\n" for event in events)


def split(value: str, places: list[int]) -> list[str]:
    borders = [0, *sorted({place % (len(value) + 1) for place in places}), len(value)]
    return ["so ", *(value[a:b] for a, b in itertools.pairwise(borders)), " is it"]


Placed = Callable[[str, list[int]], Iterator[dict[str, Any]]]


def _json(value: Any) -> Iterator[dict[str, Any]]:
    yield exchange(body_fields(value, "json"))


def _exactly(text: str) -> Iterator[dict[str, Any]]:
    yield exchange(body_fields(json.loads(text), "json", text))


PLACES: dict[str, Placed] = {
    "in a text": lambda value, _: _json({"input": f"I am {value}, hello"}),
    "in a name of JSON": lambda value, _: _json({"files": {value: 1}}),
    "in JSON inside JSON": lambda value, _: _json({"arguments": dumps({"a": dumps({"path": f"x {value}"})})}),
    "behind a line's end": lambda value, _: _json({"input": f"a\n{value}\nb"}),
    "with every character escaped": lambda value, _: _exactly(f'{{"input": "{every_character_escaped(value)}"}}'),
    "in a URL": lambda value, _: iter([exchange(url=f"https://api.openai.com/v1?q={quote(value, safe='')}")]),
    "in a header": lambda value, _: iter([exchange(headers={"x-note": f"of {value}"})]),
    "in base64": lambda value, places: _json({"d": base64.b64encode(b"_" * (places[0] % 3) + value.encode()).decode()}),
    "in an error": lambda value, _: iter([exchange(error=f"cannot open {value}")]),
    "in a text that is no JSON": lambda value, _: iter(
        [exchange(response=body_fields(f"<p>{value}</p>", "text"), answer_type="text/html")]
    ),
    "in a stream, whole": lambda value, _: iter([exchange(response=body_fields(sse([value]), "sse"))]),
    "in a stream, in pieces": lambda value, places: iter(
        [exchange(response=body_fields(sse(split(value, places)), "sse"))]
    ),
    "in a WebSocket, in pieces": lambda value, places: iter(
        [conversation(*(message(dumps({"type": "d", "delta": piece})) for piece in split(value, places)))]
    ),
    "in binary": lambda value, _: iter(
        [exchange(response=body_fields(base64.b64encode(b"\xff\xfe" + value.encode()).decode(), "base64"))]
    ),
}
_WORD = st.text(string.ascii_lowercase, min_size=6, max_size=12)
VALUES = st.one_of(
    st.builds("{}@{}.io".format, _WORD, _WORD).map(lambda value: ("email", value)),
    st.builds("/home/q{}/src/{}x".format, _WORD, _WORD).map(lambda value: ("folder", value)),
    st.text("äöüßéñ" + string.ascii_letters + " -_&+'", min_size=8, max_size=20)
    .filter(lambda text: text == text.strip() and sum(map(str.isalnum, text)) > 6)
    .map(lambda value: ("words", value)),
    st.builds("{}.lan".format, _WORD).map(lambda value: ("host", value)),
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(planted=VALUES, place=st.sampled_from([*PLACES]), cuts=st.lists(st.integers(0, 40), min_size=1, max_size=4))
def test_wherever_a_value_is_the_copy_is_valid_and_without_it(
    tmp_path: Path, planted: tuple[str, str], place: str, cuts: list[int]
) -> None:
    kind, value = planted
    records = list(PLACES[place](value, cuts))
    # The value is known, as one of the machine or of the user would be.
    number = next(_numbers)
    facts = {"folder": value} if kind == "folder" else {}
    run = planted_run(tmp_path / f"{number}", *records, prompt=f"for {value}", **facts)
    assert problems(run) == []
    before = content(run.folder)
    copy = copy_of(run, tmp_path / f"{number}-copy", *([value] if kind == "words" else []))
    assert content(run.folder) == before
    assert problems(copy) == []
    check = LeakCheck([Known(kind, value)], b"")
    assert check.findings(sorted(copy.folder.iterdir())) == []
    assert LeakCheck([Known(kind, value)], b"").findings([run.traffic]) != []


@pytest.mark.parametrize("name", sorted(bundled.BUNDLED))
def test_a_sample_is_copied_valid_once_and_again_the_same(name: str, tmp_path: Path) -> None:
    before = content(bundled.BUNDLED[name].folder)
    copy = copy_of(bundled.BUNDLED[name], tmp_path / "once")
    assert problems(copy) == []
    added = {"redactions", "stored_sha256"}
    assert keys(copy) - added == keys(bundled.BUNDLED[name]) - added
    again = copy_of(copy, tmp_path / "again")
    assert again.traffic.read_bytes() == copy.traffic.read_bytes()
    assert content(bundled.BUNDLED[name].folder) == before
    same = copy_of(bundled.BUNDLED[name], tmp_path / "same")
    assert same.traffic.read_bytes() == copy.traffic.read_bytes()


GOLDEN = sorted(Path("tests/golden").rglob("*.jsonl"))


@pytest.mark.parametrize("file", GOLDEN, ids=[f"{file.parent.name}/{file.stem}" for file in GOLDEN])
def test_files_of_every_api_are_copied_and_nothing_is_found_in_the_copy(file: Path, tmp_path: Path) -> None:
    if "{" not in file.read_text() or file.stem == "malformed-lines":
        return
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "traffic.jsonl").write_bytes(file.read_bytes())
    run = Run(folder=folder, target="codex", manifest=Manifest(folder, {}))
    copy = copy_of(run, tmp_path / "copy")
    assert len(problems(copy)) <= len(problems(run))
    assert LeakCheck([], b"").findings(sorted(copy.folder.iterdir())) == []
    lines = zip(file.read_bytes().splitlines(), copy.traffic.read_bytes().splitlines(), strict=True)
    kinds = [[json.loads(line)["request"].get("body_kind") for line in pair] for pair in lines]
    assert [before for before, _ in kinds] == [after for _, after in kinds]


def test_what_is_learned_late_is_replaced_early_and_the_same_everywhere(tmp_path: Path) -> None:
    first = exchange(body_fields({"input": "alicexy was here"}, "json"))
    last = exchange(body_fields({"output": "USER=alicexy\nHOME=/home/alicexy"}, "json"))
    copy = copy_of(planted_run(tmp_path / "run", first, last), tmp_path / "copy")
    bodies = [one.request.body for one in read_exchanges(copy.traffic, lambda *_: None)]
    user = bodies[0]["input"].split()[0]
    assert user.startswith("user-")
    assert bodies[1]["output"] == f"USER={user}\nHOME=/home/{user}"


def test_credentials_go_too_and_hashes_and_lengths_are_of_what_is_there(tmp_path: Path) -> None:
    key = Mint(5).tokens()["OpenAI, of a project"]
    body = body_fields({"input": f"{key} of alice.x@corp.io"}, "json")
    record = exchange(body, headers={"content-length": str(body["size"]), "authorization": f"Bearer {key}"})
    copy = copy_of(planted_run(tmp_path / "run", record), tmp_path / "copy")
    [one] = read_exchanges(copy.traffic, lambda *_: None)
    assert key not in copy.traffic.read_text()
    assert one.request.size == one.request.wire_size == len(dumps(one.request.body).encode())
    assert one.request.header("content-length") == str(one.request.size)
    # The hash of the original would let anybody check a guess.
    assert one.request.sha256 == one.request.stored_sha256 != body["sha256"]
    assert one.request.redactions == 2


def test_pieces_begin_where_their_events_are(tmp_path: Path) -> None:
    stream = sse(["to alice.x@corp.io", " then"])
    second = stream.index("event", 5)
    body = body_fields(stream, "sse") | {"pieces": [[1795224485.0, 0], [1795224486.0, second]]}
    copy = copy_of(planted_run(tmp_path / "run", exchange(response=body)), tmp_path / "copy")
    [one] = read_exchanges(copy.traffic, lambda *_: None)
    assert one.response is not None
    assert [time for time, _ in one.response.pieces] == [1795224485.0, 1795224486.0]
    assert one.response.body[one.response.pieces[1][1] :].startswith("event: d\ndata: ")


def test_the_manifest_says_of_which_run_and_how_many_but_no_value(tmp_path: Path) -> None:
    record = exchange(body_fields({"session_id": "0198aaaa-1111-7222-8333-444455556666", "to": "a.x@corp.io"}, "json"))
    run = planted_run(
        tmp_path / "run",
        record,
        folder="/home/alicexy/falcon",
        command=["codex", "exec", "for a.x@corp.io"],
        notes=['call 1 differs (now "of /home/alicexy/fal…")'],
        settings={"keep_secrets": {"value": True, "source": "command line"}},
        pid=None,
    )
    copy = redacted_copy(run, tmp_path / "copy", lambda line: None, salt=SALT)
    facts = Manifest.read(copy.folder).facts
    assert facts.redaction is not None
    assert facts.redaction.of == "codex/run"
    assert facts.redaction.traffic_sha256 == run.manifest.facts.traffic_sha256
    assert facts.redaction.replaced == {"email": 1, "folder": 1, "id": 1}
    assert not facts.keeps_secrets
    assert facts.folder is not None
    assert facts.folder.startswith("/home/user-")
    text = copy.manifest.path.read_text()
    assert "alicexy" not in text
    assert "fal…" not in text


def test_the_hash_of_the_original_is_left_out_where_values_could_be_guessed_by_it(tmp_path: Path) -> None:
    run = planted_run(tmp_path / "run", exchange(body_fields({"input": "of /home/alicexy"}, "json")))
    redaction = copy_of(run, tmp_path / "copy").manifest.facts.redaction
    assert redaction is not None
    assert redaction.replaced == {"user": 1}
    assert redaction.traffic_sha256 is None
