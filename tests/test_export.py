"""`export` writes a run for another tool: where, of what, and what it says."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from probe.compare.__main__ import main as compare
from probe.compress import main as compress
from probe.errors import UserError
from probe.export import main
from probe.exports.formats import FORMATS
from probe.import_run import main as import_run
from probe.imports.formats import FORMATS as READ
from probe.record.manifest import Manifest
from probe.record.runs import Run
from probe.redact.__main__ import main as redact
from probe.verify.__main__ import main as verify
from tests.support.bundled import BUNDLED

SECRET = "sk-ant-" + "api03-" + "Qw7rT2yU9iOp4aSd6fGh8jKl1zXc3vBn5mQw7rT2yU9iOp4aSd"
_RANDOM = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f-]{21}")
"""Ids of connections in flows."""
SAMPLE = BUNDLED["codex/tool-loop"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Return a copy of a sample as a run of the user's."""
    folder = tmp_path / "data" / "codex" / "a-run"
    folder.mkdir(parents=True, mode=0o700)
    shutil.copy(SAMPLE.traffic, folder)
    Manifest(folder, {}).update(
        target="codex", run="a-run", started="2026-01-31T12:00:00.000000Z", ended="2026-01-31T12:01:00.000000Z"
    )
    (folder / "traffic.jsonl").chmod(0o600)
    return Run(folder=folder, target="codex", manifest=Manifest.read(folder))


@pytest.mark.parametrize("format", FORMATS)
def test_the_file_is_beside_the_report(format: str, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--run", str(run.folder), "--to", format, "--raw"]) == 0
    printed = capsys.readouterr()
    file = run.folder / FORMATS[format].name
    assert printed.out == f"{file}\n"
    assert file.stat().st_mode & 0o077 == 0
    assert "not in it: the manifest" in printed.err
    means = format in ("otlp", "atif", "parquet")
    assert ("not in it: headers" in printed.err) == means
    assert "redacted copy" not in printed.err
    assert ("not in it: when each piece arrived (of 2 exchanges)" in printed.err) == format.startswith("claude")


def test_a_bundled_sample_stays_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "deep" / "a.har"
    assert main(["--run", "codex/tool-loop", "--to", "har", "--raw", "--output", str(out)]) == 0
    assert json.loads(out.read_text(encoding="utf-8"))["log"]["comment"] == "codex/tool-loop"
    assert not (SAMPLE.folder / "traffic.har").exists()


@pytest.fixture
def personal(run: Run) -> Run:
    """Return a run in whose prompt somebody is named."""
    text = run.traffic.read_text(encoding="utf-8")
    run.traffic.write_text(text.replace("List the files", "Write to alice@corp.io on Falcon"), encoding="utf-8")
    return run


@pytest.mark.parametrize("format", ["har", "flows", "claude-trace", "claude-tap", "otlp", "atif"])
def test_what_is_exported_is_a_redacted_copy(format: str, personal: Run, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--run", str(personal.folder), "--data-dir", str(personal.folder.parents[1]), "--to", format]
    file = personal.folder / FORMATS[format].name
    for more, named in (["--raw"], True), ([], False):
        assert main([*options, *more]) == 0
        assert (b"alice@corp.io" in file.read_bytes()) == named
        assert b"Falcon" in file.read_bytes()
    said = "a redacted copy was exported, so hashes differ from the run's; --raw exports it as it is"
    assert said in capsys.readouterr().err.splitlines()


def test_an_export_never_hides_fewer_words_than_a_copy_of_the_run(personal: Run) -> None:
    data = ["--data-dir", str(personal.folder.parents[1])]
    assert redact([str(personal.folder), *data, "--also", "Falcon"]) == 0
    assert main(["--run", str(personal.folder), *data, "--to", "har"]) == 0
    assert b"Falcon" not in (personal.folder / "traffic.har").read_bytes()


def test_a_missing_library_leaves_no_empty_folder(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(UserError, match="pyarrow is not installed"):
        main(["--run", str(run.folder), "--to", "parquet", "--raw"])
    assert not (run.folder / "tables").exists()


MISTAKES = {
    "no format": ([], "--to is missing"),
    "a typo": (["--to", "hra"], "did you mean 'har'?"),
    "a folder": (["--to", "har", "--output", "."], "it is a folder"),
    "another word": (["--to", "har", "--", "x"], "unexpected arguments: x"),
}


@pytest.mark.parametrize(("options", "said"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_named(options: list[str], said: str, run: Run) -> None:
    with pytest.raises(UserError) as error:
        main(["--run", str(run.folder), "--raw", *options])
    assert said in str(error.value)


def test_the_recording_is_never_written_over(run: Run) -> None:
    with pytest.raises(UserError, match="is the recording itself"):
        main(["--run", str(run.folder), "--to", "har", "--raw", "--output", str(run.traffic)])


@pytest.mark.parametrize("format", READ)
def test_a_compressed_run_is_exported_as_if_it_were_plain(format: str, run: Run, tmp_path: Path) -> None:
    files = []
    for name in ("plain", "compressed"):
        files.append(tmp_path / name)
        files[-1].touch()
        assert main(["--run", str(run.folder), "--to", format, "--raw", "--output", str(files[-1])]) == 0
        assert compress(["--run", str(run.folder)]) == 0
    assert not run.traffic.exists()
    texts = [_RANDOM.sub(b"", file.read_bytes()) for file in files]
    assert texts[0] == texts[1]


def test_lines_that_are_no_records_are_named(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run.traffic.write_text("no JSON\n" + run.traffic.read_text(encoding="utf-8"), encoding="utf-8")
    assert main(["--run", str(run.folder), "--to", "har", "--raw"]) == 0
    assert "not in it: lines that are no exchanges are left out: 1" in capsys.readouterr().err


@pytest.mark.parametrize("format", ["har", *(pytest.param(one, marks=pytest.mark.slow) for one in READ[1:])])
def test_an_imported_run_is_verified_and_compared_like_any_other(
    format: str, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["--run", str(run.folder), "--to", format, "--raw"])
    capsys.readouterr()
    options = ["--data-dir", str(tmp_path / "data"), "--target", "codex"]
    assert import_run([str(run.folder / FORMATS[format].name), *options]) == 0
    folder = capsys.readouterr().out.strip()
    assert verify(["--run", folder]) == 0
    said = capsys.readouterr().out
    assert "OK   what the imported file holds is what was written" in said
    assert "all bytes are as the import found them there, not as they crossed the wire" in said
    assert compare([str(run.folder), folder, "--fail-on", "breaking"]) == 0


def test_credentials_in_an_imported_file_are_redacted_unless_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pair = {
        "request": {
            "timestamp": 1.5,
            "url": f"https://a.example/v1/messages?key={SECRET}",
            "headers": {"X-Api-Key": SECRET},
        },
        "response": {"status_code": 200, "body_raw": f"the key is {SECRET}"},
        "note": f"it broke with {SECRET}",
    }
    file = tmp_path / "log.jsonl"
    file.write_text(json.dumps(pair) + "\n", encoding="utf-8")
    for options, kept in (([], False), (["--keep-secrets"], True)):
        import_run([str(file), "--data-dir", str(tmp_path / "data"), "--target", "claude-code", *options])
        folder = Path(capsys.readouterr().out.strip())
        texts = [path.read_text(encoding="utf-8") for path in folder.iterdir()]
        assert any(SECRET in text for text in texts) == kept
        assert Manifest.read(folder).facts.keeps_secrets == kept
