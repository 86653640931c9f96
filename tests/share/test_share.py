"""One archive of a redacted run: what is in it, when it is refused, and what a receiver can do with it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from probe.analyze import main as analyze
from probe.errors import UserError
from probe.protocol.__main__ import main as protocol
from probe.record.runs import find_run
from probe.redact.__main__ import main as redact
from probe.share.__main__ import main as share
from probe.sign import main as sign
from probe.verify.__main__ import main as verify
from probe.view import main as view
from tests.support.planted_run import body_fields, exchange, planted_run
from tests.test_sign import new_key, signers

NAMES = ["SHA256SUMS", "manifest.json", "report.html", "report.md", "traffic.jsonl"]
PERSONAL = "USER=alicexy wrote to alice.x@corp.io from /home/alicexy/falcon on xylbox.lan"


def recorded(folder: Path, text: str = PERSONAL) -> list[str]:
    """Write a run into a data folder; return the options that name the folder."""
    planted_run(folder / "data" / "codex" / "one", exchange(body_fields({"input": text}, "json")), prompt=text)
    return ["--data-dir", str(folder / "data")]


def only_line(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out.strip()


def unpacked(archive: Path, folder: Path) -> Path:
    """Unpack an archive into a folder; return the folder of the run in it."""
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(folder)
    [run] = folder.iterdir()
    return run


def test_a_run_is_redacted_first_and_the_archive_holds_nothing_personal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = recorded(tmp_path)
    assert share(["one", *options]) == 0
    out, err = capsys.readouterr()
    assert "run codex/one is not redacted: made a redacted copy of it" in err
    counts = "1 email, 1 host, 1 user"
    assert f"different values that were replaced in codex/one-redacted, each wherever it is: {counts}" in err
    assert "read report.md in it before you give it away: names in prose stay" in err
    with zipfile.ZipFile(out.strip()) as archive:
        names = archive.namelist()
        assert sorted(names) == ["codex-one-redacted/", *(f"codex-one-redacted/{name}" for name in NAMES)]
        for name in names:
            content = archive.read(name).decode()
            assert not [one for one in ("alicexy", "corp.io", "xylbox", str(tmp_path)) if one in content]
    assert Path(out.strip()).stat().st_mode & 0o077 == 0


def test_the_same_run_gives_the_same_bytes_and_the_same_copy_is_used_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = recorded(tmp_path)
    archives = []
    for number in range(2):
        assert analyze(["--run", "one", *options]) == 0
        assert share(["one", *options, "--output", str(tmp_path / f"{number}.zip")]) == 0
        archives.append((tmp_path / f"{number}.zip").read_bytes())
    assert archives[0] == archives[1]
    assert sorted(path.name for path in (tmp_path / "data" / "codex").iterdir()) == ["one", "one-redacted"]
    capsys.readouterr()
    assert share(["one-redacted", *options]) == 0
    assert Path(only_line(capsys)).read_bytes() == archives[0]


WORDS = {
    "a copy that hides more is shared": ([["--also", "Falcon"]], [], "one-redacted"),
    "in upper and lower case, words are the same": ([["--also", "Falcon"]], ["--also", "FALCON"], "one-redacted"),
    "of several, the one that hides all": ([[], ["--also", "Falcon"]], [], "one-redacted-2"),
    "one that hides more words than any is made": (
        [["--also", "Falcon"]],
        ["--also", "falcon", "--also", "Zurich"],
        "one-redacted-2",
    ),
}


@pytest.mark.parametrize(("copies", "words", "shared"), WORDS.values(), ids=WORDS.keys())
def test_what_a_copy_hides_stays_hidden_when_the_run_is_shared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], copies: list[list[str]], words: list[str], shared: str
) -> None:
    options = recorded(tmp_path, "we wrote about Falcon in Zurich")
    for also in copies:
        assert redact(["one", *also, *options]) == 0
    capsys.readouterr()
    assert share(["one", *words, *options]) == 0
    out, err = capsys.readouterr()
    assert Path(out.strip()).name == f"codex-{shared}.zip"
    assert f"copy {tmp_path / 'data' / 'codex' / shared}" in err or f"it, {tmp_path / 'data' / 'codex' / shared}" in err
    with zipfile.ZipFile(out.strip()) as archive:
        assert not [name for name in archive.namelist() if b"falcon" in archive.read(name).lower()]


HIDING_MORE = {
    "two copies that hide different words": ([["one", "--also", "Zurich"], ["one", "--also", "Falcon"]], []),
    "words of a copy, and others in the call": ([["one", "--also", "Falcon"]], ["--also", "Zurich"]),
    "a copy of a copy": ([["one"], ["one-redacted", "--also", "Falcon"]], []),
}


@pytest.mark.parametrize(("copies", "words"), HIDING_MORE.values(), ids=HIDING_MORE.keys())
def test_sharing_is_refused_where_it_would_hide_less_than_a_copy_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], copies: list[list[str]], words: list[str]
) -> None:
    options = recorded(tmp_path, "we wrote about Falcon in Zurich")
    for also in copies:
        assert redact([*also, *options]) == 0
    last = Path(capsys.readouterr().out.split()[-1])
    with pytest.raises(UserError, match="a copy of this run, hides words") as raised:
        share(["one", *words, *options])
    assert "codex/one-redacted" in str(raised.value.hint)
    assert "--also" in str(raised.value.hint)
    assert share([last.name, *options]) == 0


def test_a_manifest_has_of_a_hidden_word_nothing_but_a_hash_that_needs_the_key(tmp_path: Path) -> None:
    hashes = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        assert redact(["one", "--also", "Falcon", *recorded(folder, "we wrote about Falcon in Zurich")]) == 0
        manifest = folder / "data" / "codex" / "one-redacted" / "manifest.json"
        assert "falcon" not in manifest.read_text().lower()
        hashes.append(json.loads(manifest.read_text())["redaction"]["words"])
    assert [len(one) for one in hashes] == [1, 1]
    assert hashes[0] != hashes[1]


def test_a_finding_is_named_by_place_and_the_archive_is_refused_until_it_is_hidden_or_accepted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = recorded(tmp_path)
    assert redact(["one", *options]) == 0
    copy = Path(only_line(capsys))
    text = copy.joinpath("traffic.jsonl").read_text()
    # As if the redactor had overlooked something.
    copy.joinpath("traffic.jsonl").write_text(text.replace("wrote to", "wrote to bob.z@corp.io and"))
    assert share(["one-redacted", *options]) == 1
    out, err = capsys.readouterr()
    assert "traffic.jsonl, line 1, request body: an e-mail address (fingerprint " in out
    assert "bob.z" not in out + err
    assert list((tmp_path / "data" / "codex").glob("*.zip")) == []
    assert share(["one-redacted", *options, "--json"]) == 1
    fingerprints = {one["fingerprint"] for one in json.loads(capsys.readouterr().out)["findings"]}
    accepted = [word for one in fingerprints for word in ("--accept", one)]
    assert share(["one-redacted", *options, *accepted]) == 0
    assert "accepted: " in capsys.readouterr().err


def test_an_archive_is_written_where_the_user_wants_it_and_never_over_a_folder_or_a_record(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = recorded(tmp_path)
    with pytest.raises(UserError, match="it is a folder") as raised:
        share(["one", *options, "--output", str(tmp_path)])
    assert raised.value.hint == f"name a file, for example {tmp_path / 'codex-one-redacted.zip'}"
    record = tmp_path / "data" / "codex" / "one" / "traffic.jsonl"
    with pytest.raises(UserError, match="is the recording itself"):
        share(["one", *options, "--output", str(record)])
    with pytest.raises(UserError, match="Not a directory"):
        share(["one", *options, "--output", str(record / "run.zip")])
    capsys.readouterr()
    out = tmp_path / "new" / "folder" / "run.zip"
    assert share(["one", *options, "--output", str(out)]) == 0
    assert only_line(capsys) == str(out)
    assert out.parent.stat().st_mode & 0o077 == 0


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is missing")
def test_the_signature_of_the_copy_is_shared_and_one_of_the_original_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options, key = recorded(tmp_path), new_key(tmp_path / "key")
    assert sign(["one", f"--key={key}", *options]) == 0
    assert share(["one", *options]) == 0
    said = capsys.readouterr().err
    assert "the signature of codex/one is not in it" in said
    assert "sign codex/one-redacted, then share it again" in said
    assert sign(["codex/one-redacted", f"--key={key}", *options]) == 0
    capsys.readouterr()
    assert share(["one", *options]) == 0
    out, err = capsys.readouterr()
    assert "is not in it" not in err
    folder = unpacked(Path(out.strip()), tmp_path / "received")
    assert sorted(file.name for file in folder.iterdir()) == sorted(
        [*NAMES, "record-root.json", "record-root.json.sig"]
    )
    allowed = signers(tmp_path / "signers", alice=key)
    assert verify(["--run", str(folder), f"--signature={allowed}", "--data-dir", str(tmp_path / "theirs")]) == 0
    assert 'Good "agent-probe" signature for alice@example.org' in capsys.readouterr().out


def test_accepting_what_was_not_found_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no finding has this fingerprint"):
        share(["one", *recorded(tmp_path), "--accept", "0123456789ab"])


def test_a_value_of_the_original_that_is_left_in_a_copy_is_found_by_the_original(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = recorded(tmp_path, "Author: Alice Xylander <alice.x@corp.io>")
    assert redact(["one", *options]) == 0
    copy = Path(only_line(capsys))
    manifest = copy / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"one-redacted"', '"one-redacted", "platform": "alice xylander"'))
    assert share(["one-redacted", *options]) == 1
    assert "manifest.json, the file: a known name" in capsys.readouterr().out


@pytest.mark.parametrize("word", ["ab", "true", 'say "hi"', "..."])
def test_words_that_would_break_every_text_are_refused(word: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--also"):
        redact(["one", *recorded(tmp_path), "--also", word])


def test_latest_is_never_a_copy_and_a_prefix_means_the_original(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = recorded(tmp_path)
    assert redact(["one", *options]) == 0
    assert find_run("latest", tmp_path / "data").name == "one"
    assert find_run("on", tmp_path / "data").name == "one"
    assert find_run("one-redacted", tmp_path / "data").name == "one-redacted"


def test_a_receiver_unpacks_checks_the_hashes_and_verifies(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert share(["demo/sample", "--data-dir", str(tmp_path / "data")]) == 0
    folder = unpacked(Path(only_line(capsys)), tmp_path / "received")
    lines = [line.split("  ") for line in (folder / "SHA256SUMS").read_text().splitlines()]
    assert [name for _, name in lines] == [name for name in NAMES if name != "SHA256SUMS"]
    check = "import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], 'rb').read()).hexdigest())"
    for digest, name in lines:
        done = subprocess.run([sys.executable, "-c", check, folder / name], capture_output=True, text=True, timeout=60)
        assert done.stdout.strip() == digest
    assert verify(["--run", str(folder), "--data-dir", str(tmp_path / "theirs")]) == 0
    assert "a redacted copy of demo/sample; different values that were replaced in it: 3 ids" in capsys.readouterr().out


def checked(folder: Path) -> str:
    """Return what is not as SHA256SUMS lists it."""
    done = subprocess.run(
        ["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=folder, capture_output=True, text=True, timeout=60
    )
    return done.stdout


def test_what_was_received_stays_as_it_is_listed_when_it_is_viewed_and_analyzed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert share(["demo/sample", "--data-dir", str(tmp_path / "data")]) == 0
    folder = unpacked(Path(only_line(capsys)), tmp_path / "received")
    assert checked(folder) == ""
    monkeypatch.setenv("BROWSER", "true")
    options = ["--run", str(folder), "--data-dir", str(tmp_path / "theirs")]
    assert view(options) == 0
    assert only_line(capsys) == str(folder / "report.html")
    assert analyze(options) == 0
    said = "analyze: as it was shared; analyze --force writes a new one\n"
    assert capsys.readouterr() == (f"{folder / 'report.md'}\n", said)
    # What is not in the archive is written, and noted nowhere.
    assert analyze([*options, "--full"]) == 0
    assert protocol(options) == 0
    assert checked(folder) == ""
    assert analyze([*options, "--force"]) == 0
    assert checked(folder) == "report.md: FAILED\n"
    assert (folder / "summary.json").exists()


def test_a_report_that_is_not_as_it_was_shared_is_written_anew(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert share(["one", *recorded(tmp_path)]) == 0
    folder = unpacked(Path(only_line(capsys)), tmp_path / "received")
    options = ["--run", str(folder), "--data-dir", str(tmp_path / "theirs")]
    shared = (folder / "report.md").read_text()
    (folder / "report.md").write_text(shared + "changed")
    assert analyze(options) == 0
    assert "changed" not in (folder / "report.md").read_text()
    (folder / "report.md").write_text(shared)
    with (folder / "traffic.jsonl").open("a") as record:
        record.write("{}\n")
    assert analyze(options) == 1
    assert (folder / "report.md").read_text() != shared


@pytest.mark.slow
def test_a_receiver_unpacks_with_unzip_views_the_page_and_compares(tmp_path: Path) -> None:
    env = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "BROWSER": "true"}

    def run(*words: str) -> str:
        done = subprocess.run(words, capture_output=True, text=True, timeout=100, env=env)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    data = ["--data-dir", str(tmp_path / "data")]
    archive = run(sys.executable, "-m", "probe.share", "codex/tool-loop", *data)
    run(sys.executable, "-m", "zipfile", "-e", archive, str(tmp_path / "received"))
    folder = tmp_path / "received" / "codex-tool-loop-redacted"
    assert run(sys.executable, "-m", "probe.view", "--run", str(folder), *data) == str(folder / "report.html")
    compared = run(sys.executable, "-m", "probe.compare", "codex/tool-loop", str(folder), *data)
    assert "facade" not in compared
