"""Verify passes on what was recorded, and finds each way in which it was changed afterwards."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from probe.errors import UserError
from probe.places import PROJECT
from probe.record.files import file_sha256
from probe.record.manifest import Manifest
from probe.record.merkle import leaf_hash
from probe.record.record_root import RecordDigests, record_digests
from probe.verify.__main__ import main as verify
from tests.record.test_merkle import root_by_proof
from tests.support.bundled import BUNDLED
from tests.support.planted import Mint

Record = dict[str, Any]


def copy_of(tmp_path: Path, sample: str) -> Path:
    """Copy a bundled run as if it had just been recorded here."""
    folder = tmp_path / "data" / "codex" / "20260101T000000Z"
    shutil.copytree(BUNDLED[sample].folder, folder)
    manifest = Manifest.read(folder)
    del manifest.data["bundled"]
    manifest.update()
    folder.chmod(0o700)
    for file in folder.iterdir():
        file.chmod(0o600)
    return folder


def verified(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, list[str]]]:
    """Run verify and give its exit code and the problems it tells."""
    code = verify(["--run", str(folder), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] == (code == 0)
    return code, {check: problems for check, problems in told["problems"].items() if problems}


@pytest.mark.parametrize("sample", BUNDLED)
def test_a_run_as_it_was_recorded_passes(tmp_path: Path, sample: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert verified(copy_of(tmp_path, sample), capsys) == (0, {})
    assert verify(["--run", str(BUNDLED[sample].folder)]) == 0
    assert "FAIL" not in capsys.readouterr().out


def request_body(record: Record) -> None:
    record["request"]["body"]["model"] = "another"


def response_body(record: Record) -> None:
    record["response"]["body"] = record["response"]["body"].replace("prime", "primo", 1)


def hash_alone(record: Record) -> None:
    record["response"]["sha256"] = "0" * 64


def lost_bytes(record: Record) -> None:
    record["response"]["lost"] = 5


def no_end(record: Record) -> None:
    record["response"]["ended"] = None


def no_id(record: Record) -> None:
    del record["id"]


CHANGES = {
    "another request": (request_body, "bodies", "line 1: request body:"),
    "another answer": (response_body, "bodies", "line 1: response body:"),
    "another hash": (hash_alone, "bodies", "line 1: response body:"),
    "bytes that could not be kept": (lost_bytes, "bodies", "5 bytes could not be kept"),
    "a stream that did not end": (no_end, "bodies", "did not end, and no reason is recorded"),
    "a record without an id": (no_id, "ids", "1 exchanges have no id"),
}


@pytest.mark.parametrize(("change", "check", "part"), CHANGES.values(), ids=CHANGES.keys())
def test_a_changed_record_is_found(
    tmp_path: Path, change: Callable[[Record], None], check: str, part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copy_of(tmp_path, "codex/sample")
    traffic = folder / "traffic.jsonl"
    first, *others = traffic.read_text().splitlines()
    record = json.loads(first)
    change(record)
    traffic.write_text("\n".join([json.dumps(record, ensure_ascii=False), *others]) + "\n")
    # The file's own hash would tell as well; it is not what this is about.
    Manifest.read(folder).update(traffic_sha256=file_sha256(traffic))
    code, problems = verified(folder, capsys)
    assert code == 1
    assert set(problems) == {check}
    assert part in problems[check][0]


def test_a_changed_websocket_message_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = copy_of(tmp_path, "codex/tool-loop-websocket")
    traffic = folder / "traffic.jsonl"
    record = json.loads(traffic.read_text())
    record["websocket"]["messages"][4]["content"] += " "
    traffic.write_text(json.dumps(record, ensure_ascii=False) + "\n")
    code, problems = verified(folder, capsys)
    assert code == 1
    assert set(problems) == {"bodies", "file"}
    assert "WebSocket message 5" in problems["bodies"][0]


def test_a_missing_a_doubled_and_a_torn_line_are_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = copy_of(tmp_path, "codex/sample")
    traffic = folder / "traffic.jsonl"
    one, two, three = traffic.read_text().splitlines()
    traffic.write_text(f"{one}\n{two}\n")
    assert set(verified(folder, capsys)[1]) == {"counts", "file"}
    traffic.write_text(f"{one}\n{two}\n{two}\n")
    assert set(verified(folder, capsys)[1]) == {"ids", "file"}
    traffic.write_text(f"{one}\n{two}\n{three}\n{one[:100]}")
    assert set(verified(folder, capsys)[1]) == {"lines", "file"}


def test_a_capture_that_did_not_come_to_its_end_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = copy_of(tmp_path, "codex/sample")
    Manifest.read(folder).update(counts=None)
    assert set(verified(folder, capsys)[1]) == {"counts"}
    Manifest.read(folder).update(counts={"seen": 4, "written": 3, "cut_short": 0, "websocket_messages": 0})
    assert verified(folder, capsys)[1] == {"counts": ["the proxies saw 4 exchanges, 3 are written"]}


def test_a_run_that_others_can_read_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = copy_of(tmp_path, "codex/sample")
    (folder / "traffic.jsonl").chmod(0o644)
    assert verified(folder, capsys) == (1, {"permissions": ["traffic.jsonl has mode 0644"]})


def test_what_was_redacted_is_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = copy_of(tmp_path, "codex/sample")
    traffic = folder / "traffic.jsonl"
    record = json.loads(traffic.read_text().splitlines()[0])
    record["request"] |= {"redactions": 2, "stored_sha256": record["request"]["sha256"], "sha256": "0" * 64}
    traffic.write_text(json.dumps(record) + "\n")
    Manifest.read(folder).update(
        traffic_sha256=file_sha256(traffic), counts={"seen": 1, "written": 1, "cut_short": 0, "websocket_messages": 0}
    )
    assert verify(["--run", str(folder)]) == 0
    assert "line 1, request body: 2 places" in capsys.readouterr().out


SECRETS = Mint(6)
TOKEN = SECRETS.tokens()["GitHub, personal"]
JWT = SECRETS.jwt()


def in_the_url(record: Record) -> None:
    record["request"]["url"] += f"?access_token={TOKEN}"


def in_a_header(record: Record) -> None:
    record["response"]["headers"]["Set-Cookie"] = ["a=[REDACTED:01234567]; Path=/", f"session={TOKEN}; Path=/"]


def in_the_request(record: Record) -> None:
    record["request"]["body"]["instructions"] = f"Use {TOKEN} for it."
    text = json.dumps(record["request"]["body"], ensure_ascii=False, separators=(",", ":")).encode()
    record["request"] |= {"size": len(text), "sha256": hashlib.sha256(text).hexdigest()}
    record["request"].pop("body_text", None)


def in_an_event(record: Record) -> None:
    text = record["response"]["body"] + f'data: {{"type":"x","delta":"{JWT}"}}\n\n'
    record["response"] |= {"body": text, "size": len(text.encode()), "sha256": sha256(text)}


def over_two_events(record: Record) -> None:
    events = [f'data: {{"type":"x","delta":"{part}"}}\n\n' for part in ("It is ", TOKEN[:15], TOKEN[15:], ".")]
    text = record["response"]["body"] + "".join(events)
    record["response"] |= {"body": text, "size": len(text.encode()), "sha256": sha256(text)}


def in_the_error(record: Record) -> None:
    record["error"] = f"the server said: {TOKEN} is no key"


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


PLANTED = {
    "in the URL": (in_the_url, "URL: "),
    "in a header": (in_a_header, "response header Set-Cookie: not redacted"),
    "in a request": (in_the_request, "request body: GitHub token"),
    "in an event": (in_an_event, "response body: JWT"),
    "over two events": (over_two_events, "response body: a credential spread over several pieces"),
    "in the error": (in_the_error, "error: GitHub token"),
}


@pytest.mark.parametrize(("plant", "told"), PLANTED.values(), ids=PLANTED.keys())
def test_a_credential_that_is_left_in_the_record_is_found_and_not_told(
    tmp_path: Path, plant: Callable[[Record], None], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copy_of(tmp_path, "codex/sample")
    traffic = folder / "traffic.jsonl"
    first, *others = traffic.read_text().splitlines()
    record = json.loads(first)
    plant(record)
    traffic.write_text("\n".join([json.dumps(record, ensure_ascii=False), *others]) + "\n")
    Manifest.read(folder).update(traffic_sha256=file_sha256(traffic))
    code, problems = verified(folder, capsys)
    assert code == 1
    assert set(problems) == {"secrets"}
    assert problems["secrets"][0].startswith(f"line 1: {told}")
    assert not any(secret in str(problems) for secret in (TOKEN, JWT))


def test_a_credential_in_a_websocket_message_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = copy_of(tmp_path, "codex/tool-loop-websocket")
    traffic = folder / "traffic.jsonl"
    record = json.loads(traffic.read_text())
    # The last message of an answer stays, without which the answer would be cut short.
    server = [
        number
        for number, message in enumerate(record["websocket"]["messages"])
        if message["direction"] == "server" and '"response.completed"' not in message["content"]
    ]
    planted = (f'{{"text":"{TOKEN}"}}', '{"delta":"' + JWT[:40] + '"}', f'{{"delta":"{JWT[40:]}"}}')
    for number, content in zip(server[-6:-3], planted, strict=True):
        fields = {"type": "text", "direction": "server", "content": content, "sha256": sha256(content)}
        record["websocket"]["messages"][number] |= fields | {"size": len(content)}
    traffic.write_text(json.dumps(record, ensure_ascii=False) + "\n")
    Manifest.read(folder).update(traffic_sha256=file_sha256(traffic))
    assert verified(folder, capsys)[1] == {
        "secrets": [
            f"line 1: WebSocket message {server[-6] + 1}: GitHub token",
            "line 1: WebSocket messages of the server: a credential spread over several pieces",
        ]
    }


@pytest.mark.parametrize("name", ["report.md", "manifest.json", "proxy.log", "notes.txt"])
def test_a_credential_in_another_file_of_the_run_is_found(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copy_of(tmp_path, "codex/sample")
    if name == "manifest.json":
        Manifest.read(folder).update(command=["codex", "exec", f"deploy with {TOKEN}"])
    else:
        before = (folder / name).read_text() if (folder / name).exists() else ""
        (folder / name).touch(mode=0o600)
        (folder / name).write_text(f"{before}\nand {TOKEN} as well\n")
    assert verified(folder, capsys) == (1, {"secrets": [f"{name}: GitHub token"]})


def test_a_secret_of_this_environment_is_found_in_the_record(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copy_of(tmp_path, "codex/sample")
    secret = "correct-horse-battery"
    (folder / "notes.txt").touch(mode=0o600)
    (folder / "notes.txt").write_text(f"the word is {secret}\n")
    assert verified(folder, capsys) == (0, {})
    monkeypatch.setenv("SOME_TOKEN", secret)
    kind = "the value of SOME_TOKEN in this environment"
    assert verified(folder, capsys) == (1, {"secrets": [f"notes.txt: {kind}"]})


def test_a_run_that_keeps_its_secrets_says_so_and_is_not_blamed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copy_of(tmp_path, "codex/sample")
    (folder / "proxy.log").touch(mode=0o600)
    (folder / "proxy.log").write_text(TOKEN)
    manifest = Manifest.read(folder)
    manifest.update(settings={"keep_secrets": {"value": True, "source": "command line"}})
    assert verified(folder, capsys) == (0, {})
    assert verify(["--run", str(folder)]) == 0
    assert "KEPT credentials are in it on request (--keep-secrets)" in capsys.readouterr().out


def test_a_missing_manifest_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = copy_of(tmp_path, "codex/sample")
    (folder / "manifest.json").unlink()
    problems = verified(folder, capsys)[1]
    assert problems["file"] == ["there is no manifest.json: what the capture left is not known"]
    assert problems["counts"] == ["nobody says how many exchanges there were: there is no manifest"]


def test_a_parsed_body_that_is_not_its_exact_text_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = copy_of(tmp_path, "codex/sample")
    lines = (folder / "traffic.jsonl").read_text().splitlines()
    record = json.loads(lines[0])
    body = record["request"]["body"]
    exact = json.dumps(body, indent=1)
    record["request"] |= {"body_text": exact, "size": len(exact.encode()), "sha256": sha256(exact)}
    record["request"]["redactions"] = 0
    for changed, found in (({}, False), ({"model": "another"}, True)):
        record["request"]["body"] = body | changed
        (folder / "traffic.jsonl").write_text("\n".join([json.dumps(record), *lines[1:]]) + "\n")
        told = verified(folder, capsys)[1].get("bodies", [])
        assert told == (["line 1: request body: the parsed body differs from its exact text"] if found else [])


def test_what_lies_beside_a_runs_own_files_is_the_users(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = copy_of(tmp_path, "codex/sample").rename(tmp_path / "data" / "codex" / "mine")
    folder.chmod(0o755)
    (folder / "notes.txt").touch(mode=0o644)
    assert verified(folder, capsys) == (0, {})


def test_an_altered_note_of_a_tunnel_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = copy_of(tmp_path, "codex/sample")
    noted = folder / "tunnels.jsonl"
    noted.touch(mode=0o600)
    manifest = Manifest.read(folder)
    manifest.update(coverage={"watched": True, "seen": 0, "noted": 0, "sha256": file_sha256(noted)})
    assert verified(folder, capsys) == (0, {})
    noted.write_text("\n")
    assert "file" in verified(folder, capsys)[1]


def with_root(folder: Path) -> RecordDigests:
    """Note the root of a run as a capture does."""
    digests = record_digests(folder / "traffic.jsonl")
    assert digests
    Manifest.read(folder).update(**digests.noted)
    return digests


def test_the_merkle_root_is_checked_and_compared_with_a_given_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copy_of(tmp_path, "codex/sample")
    digests = with_root(folder)
    assert verify(["--run", str(folder), "--root"]) == 0
    said = capsys.readouterr().out
    assert f"Merkle root (RFC 6962; exchanges: 3): {digests.root}" in said
    assert "OK   the exchanges give the noted Merkle root\n" in said
    assert verify(["--run", str(folder), f"--root={digests.root.upper()}"]) == 0
    assert "OK   the exchanges give the noted Merkle root, and the one that was given\n" in capsys.readouterr().out
    assert verify(["--run", str(folder), f"--root={'0' * 64}"]) == 1
    said = f"FAIL the Merkle root\n       it is {digests.root}, the given one is {'0' * 64}\n"
    assert said in capsys.readouterr().out
    with pytest.raises(UserError, match="'abc' is no Merkle root"):
        verify(["--run", str(folder), "--root=abc"])


def test_another_root_in_the_manifest_is_found_without_being_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copy_of(tmp_path, "codex/sample")
    digests = with_root(folder)
    Manifest.read(folder).update(merkle_root="0" * 64)
    told = f"Merkle root: it is {digests.root} of 3 exchanges, the manifest says {'0' * 64} of 3"
    assert verified(folder, capsys) == (1, {"file": [told]})


def test_a_run_of_an_earlier_version_has_no_root_and_is_valid(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copy_of(tmp_path, "codex/sample")
    assert verified(folder, capsys) == (0, {})
    assert verify(["--run", str(folder), "--root"]) == 1
    assert "the manifest has none: an earlier version recorded the run" in capsys.readouterr().out


def test_the_proof_of_an_exchange_leads_to_the_root(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = copy_of(tmp_path, "codex/sample")
    root = with_root(folder).root
    for line in (1, 3):
        assert verify(["--run", str(folder), "--json", f"--proof={line}"]) == 0
        proof = json.loads(capsys.readouterr().out)["inclusion_proof"]
        leaf, path = bytes.fromhex(proof["leaf_hash"]), list(map(bytes.fromhex, proof["inclusion_path"]))
        assert root_by_proof(proof["leaf_index"], proof["tree_size"], leaf, path).hex() == proof["merkle_root"] == root
        record = json.loads((folder / "traffic.jsonl").read_bytes().splitlines()[line - 1])
        assert leaf == leaf_hash(rfc8785.dumps(record))
    assert verify(["--run", str(folder), "--proof=3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[lines.index("inclusion path:") + 1 :][: len(path)] == [f"       {one.hex()}" for one in path]
    for name in ("0", "x"):
        with pytest.raises(UserError, match=f"the record has no exchange on line '{name}'"):
            verify(["--run", str(folder), f"--proof={name}"])


def test_the_documented_check_accepts_a_proof_and_no_other_root(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", (PROJECT / "docs/witness.md").read_text(encoding="utf-8"), re.DOTALL)
    folder = copy_of(tmp_path, "codex/sample")
    root = with_root(folder).root
    for line in (1, 2, 3):
        assert verify(["--run", str(folder), "--json", f"--proof={line}"]) == 0
        (tmp_path / "proof.json").write_text(capsys.readouterr().out)
        for given, expected in ((root, 0), ("0" * 64, 1)):
            words = [sys.executable, "-c", code, given]
            assert subprocess.run(words, cwd=tmp_path, timeout=60, check=False).returncode == expected
