"""A run is signed with a real key by the real ssh-keygen, and what was changed afterwards is found."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from probe.errors import UserError
from probe.record.files import file_sha256
from probe.record.manifest import Manifest
from probe.record.record_root import record_digests
from probe.sign import main as sign
from probe.verify.__main__ import main as verify
from tests.support.running import Running
from tests.test_verify import copy_of

SAMPLE = "codex/sample"
pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is missing")


def new_key(path: Path) -> Path:
    """Make a key for one test."""
    words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", str(path)]
    subprocess.run(words, check=True, timeout=60)
    return path


def signers(file: Path, **keys: Path) -> Path:
    """Write a file of allowed signers."""
    public = {name: key.with_suffix(".pub").read_text() for name, key in keys.items()}
    file.write_text("".join(f"{name}@example.org {' '.join(text.split()[:2])}\n" for name, text in public.items()))
    return file


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Return a recorded run."""
    folder = copy_of(tmp_path, SAMPLE)
    digests = record_digests(folder / "traffic.jsonl")
    assert digests
    Manifest.read(folder).update(**digests.noted)
    return folder


def signed(run: Path, tmp_path: Path) -> Path:
    """Sign a run; return the key."""
    key = new_key(tmp_path / "key")
    assert sign([str(run), f"--key={key}"]) == 0
    return key


def checked(run: Path, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, dict[str, list[str]], str]:
    """Verify a run; return exit code, problems and what ssh-keygen said."""
    capsys.readouterr()
    code = verify(["--run", str(run), "--json", *options])
    said = json.loads(capsys.readouterr().out)
    problems = {name: texts for name, texts in said["problems"].items() if texts}
    return code, problems, said["signature"] or ""


def test_a_signature_names_its_signer(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = signed(run, tmp_path)
    assert capsys.readouterr().out.split() == [str(run / name) for name in ("record-root.json", "record-root.json.sig")]
    allowed = signers(tmp_path / "signers", other=new_key(tmp_path / "other"), somebody=key)
    code, problems, said = checked(run, capsys, f"--signature={allowed}")
    assert (code, problems) == (0, {})
    assert 'Good "agent-probe" signature for somebody@example.org' in said
    verify(["--run", str(run), f"--signature={allowed}"])
    assert "OK   the signature is good, and of this record\n" in capsys.readouterr().out
    # Without such a file, it is good for the key that is in it.
    verify(["--run", str(run), "--signature"])
    alone = "by its own key alone (anyone could have made it), and of this record"
    assert f"OK   the signature is good, {alone}\n" in capsys.readouterr().out
    code, problems, said = checked(run, capsys, "--signature")
    assert (code, problems) == (0, {})
    assert 'Good "agent-probe" signature with ED25519 key' in said


def test_the_statement_names_run_root_leaves_and_hash(run: Path, tmp_path: Path) -> None:
    signed(run, tmp_path)
    text = (run / "record-root.json").read_text()
    digests = record_digests(run / "traffic.jsonl")
    facts = Manifest.read(run).facts
    assert digests
    expected = {
        "kind": "agent-probe record",
        "merkle_leaves": 3,
        "merkle_root": digests.root,
        "run": f"{facts.target}/{facts.run}",
        "traffic_sha256": file_sha256(run / "traffic.jsonl"),
        "version": 1,
    }
    assert text == json.dumps(expected, separators=(",", ":"))


def test_a_verified_run_says_that_it_is_signed(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    signed(run, tmp_path)
    assert verify(["--run", str(run)]) == 0
    assert (
        "it is signed (record-root.json.sig): check that with --signature SIGNERS, a file with a line for each"
        in capsys.readouterr().out
    )


def test_what_sign_prints_writes_the_file_of_signers(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    signed(run, tmp_path)
    command = capsys.readouterr().err.partition("allowed signers: ")[2].splitlines()[0]
    subprocess.run(["sh", "-c", command], cwd=tmp_path, check=True, timeout=60)
    code, problems, said = checked(run, capsys, f"--signature={tmp_path / 'allowed_signers'}")
    assert (code, problems) == (0, {})
    assert "for me@example.org" in said


def test_a_receiver_of_an_unsigned_run_is_not_shown_anothers_command(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("probe.cli.called_as._given", "probe ")
    assert verify(["--run", str(run), "--signature"]) == 1
    assert "FAIL the signature\n       the run is not signed: there is no record-root.json and no" in (
        out := capsys.readouterr().out
    )
    assert "sign it with: probe sign\n" in out


def test_a_key_of_nobody_allowed_is_no_good(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    signed(run, tmp_path)
    allowed = signers(tmp_path / "signers", other=new_key(tmp_path / "other"))
    code, problems, _ = checked(run, capsys, f"--signature={allowed}")
    assert code == 1
    assert "its key is none of those in" in problems["signature"][0]


def another_record(run: Path) -> None:
    traffic = run / "traffic.jsonl"
    first, *others = traffic.read_text().splitlines()
    traffic.write_text("\n".join([first.replace("prime", "primo"), *others]) + "\n")
    digests = record_digests(traffic)
    assert digests
    Manifest.read(run).update(**digests.noted)


def another_statement(run: Path) -> None:
    file = run / "record-root.json"
    file.write_text(file.read_text().replace('"version":1', '"version":2'))


def no_statement(run: Path) -> None:
    (run / "record-root.json").unlink()


def no_json(run: Path) -> None:
    (run / "record-root.json").write_text("[]")


def another_purpose(run: Path) -> None:
    """Replace the signature by one of the same key for something else."""
    statement = (run / "record-root.json").read_bytes()
    words = ["ssh-keygen", "-q", "-Y", "sign", "-n", "git", "-f", str(run.parents[2] / "key")]
    made = subprocess.run(words, input=statement, capture_output=True, check=True, timeout=60)
    (run / "record-root.json.sig").write_bytes(made.stdout)


CHANGES = {
    "another record": (another_record, "merkle_root: the signed statement has"),
    "another statement": (another_statement, "the signature is not good"),
    "no statement": (no_statement, "the run is not signed: there is no record-root.json; sign it with: invoke sign"),
    "no JSON": (no_json, "it is no statement of agent-probe"),
    "a signature for another purpose": (another_purpose, "the signature is not good"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_was_changed_after_signing_is_found(
    run: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    change, part = CHANGES[name]
    allowed = signers(tmp_path / "signers", somebody=signed(run, tmp_path))
    change(run)
    code, problems, _ = checked(run, capsys, f"--signature={allowed}")
    assert code == 1
    assert any(part in text for text in problems["signature"]), problems


def test_a_record_that_is_not_as_it_was_captured_is_not_signed(run: Path, tmp_path: Path) -> None:
    with (run / "traffic.jsonl").open("a") as file:
        file.write("\n")
    with pytest.raises(UserError, match="is not as its capture left it") as caught:
        sign([str(run), f"--key={new_key(tmp_path / 'key')}"])
    assert caught.value.code == 1
    assert not (run / "record-root.json").exists()


def test_a_missing_key_a_bad_key_and_missing_signers_are_named(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(UserError, match=rf"there is no key {tmp_path}/.ssh/id_ed25519"):
        sign([str(run)])
    (tmp_path / "bad").write_text("no key")
    with pytest.raises(UserError, match="ssh-keygen could not sign with"):
        sign([str(run), f"--key={tmp_path / 'bad'}"])
    signed(run, tmp_path)
    with pytest.raises(UserError, match="there is no file /nowhere"):
        verify(["--run", str(run), "--signature=/nowhere"])


def test_a_missing_ssh_keygen_is_named_with_its_package(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = new_key(tmp_path / "key")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="ssh-keygen is not installed") as caught:
        sign([str(run), f"--key={key}"])
    assert "openssh-client" in str(caught.value.hint)


@pytest.mark.slow
def test_a_fresh_recording_has_a_root_and_can_be_signed(tmp_path: Path) -> None:
    with Running(tmp_path, "probe.pipeline", "--target=demo", "--prompt=Write a prime checker") as pipeline:
        assert pipeline.wait() == 0, pipeline.stderr
        manifest, folder = pipeline.manifest(), pipeline.run_folder()
    digests = record_digests(folder / "traffic.jsonl")
    assert digests
    assert {name: manifest[name] for name in digests.noted} == digests.noted
    with Running(tmp_path, "probe.sign", str(folder), f"--key={new_key(tmp_path / 'key')}") as signing:
        assert signing.wait() == 0, signing.stderr
    with Running(tmp_path, "probe.verify", f"--run={folder}", "--signature", f"--root={digests.root}") as checking:
        assert checking.wait() == 0, checking.stdout
