"""Only plain files are read, and only new files are written, whatever an agent has put in their places."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from probe.errors import UserError
from probe.record.files import file_sha256, is_plain, open_plain, private_file, write_private
from probe.record.manifest import LARGEST, Manifest

PLACES: dict[str, Callable[[Path], object]] = {
    "a link to a file": lambda path: path.symlink_to("/etc/hosts"),
    "a link to nothing": lambda path: path.symlink_to("/no/such/file"),
    "a pipe": os.mkfifo,
    "a folder": Path.mkdir,
    "a link to a device": lambda path: path.symlink_to("/dev/zero"),
}


@pytest.mark.parametrize("put", PLACES.values(), ids=PLACES.keys())
def test_what_is_no_plain_file_is_not_read(tmp_path: Path, put: Callable[[Path], object]) -> None:
    path = tmp_path / "file"
    put(path)
    assert not is_plain(path)
    assert file_sha256(path) is None
    with pytest.raises(OSError, match="file"):
        open_plain(path)


def test_a_plain_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    with open_plain(tmp_path / "file") as file:
        assert file.read() == b"abc"
    assert file_sha256(tmp_path / "file") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize("put", [PLACES["a link to nothing"], PLACES["a pipe"]], ids=["a link", "a pipe"])
def test_what_stands_in_the_place_of_a_new_file_is_replaced(tmp_path: Path, put: Callable[[Path], object]) -> None:
    path = tmp_path / "file"
    put(path)
    write_private(path, "new")
    assert is_plain(path)
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("new", 0o600)
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_a_file_that_is_not_finished_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(TypeError), private_file(path) as file:
        file.writelines(["half", 5])  # type: ignore[list-item]
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_a_folder_that_is_a_link_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(OSError, match="link"):
        write_private(tmp_path / "link" / "file", "new")
    assert list((tmp_path / "real").iterdir()) == []


def test_an_error_names_the_file_that_was_meant(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 250)
    with pytest.raises(OSError, match=r"x{250}") as caught:
        write_private(path, "new")
    assert caught.value.filename == str(path)


MANIFESTS = {
    "no JSON": b"{",
    "no object": b"[]",
    "JSON that is too deep": b"[" * 100_000,
    "not UTF-8": b'{"prompt": "\xff"}',
    "a time that is none": b'{"started": "2026-99-99T00:00:00Z"}',
    "a time that only some can read": b'{"ended": "2026-01-01T00:00:00.5z"}',
    "a time without a zone": b'{"started": "2026-01-01T00:00:00"}',
    "a prompt that is no text": b'{"prompt": 5}',
    "a command that is no list of words": b'{"own_command": [1]}',
    "counts that are none": b'{"counts": {"written": "x"}}',
    "settings that are none": b'{"settings": {"replay": 1}}',
    "a process that cannot be": b'{"pid": 99999999999999999999}',
    "a target that leads elsewhere": b'{"target": "../../evil"}',
    "a target with a line end": b'{"target": "codex\\n"}',
    "a step that is none": b'{"steps": {"analyze": {"inputs": 1}}}',
    "a number too long": b'{"exit_code": ' + b"9" * 5000 + b"}",
    "more than a manifest has": b" " * LARGEST + b"{}",
}


@pytest.mark.parametrize("data", MANIFESTS.values(), ids=MANIFESTS.keys())
def test_a_manifest_that_none_of_ours_has_written_is_told_as_such(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "manifest.json").write_bytes(data)
    with pytest.raises(UserError, match=r"manifest\.json: cannot be read"):
        Manifest.read(tmp_path)


def test_keys_that_are_not_known_are_kept(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"target": "codex", "of a later version": [1]}')
    Manifest.read(tmp_path).update(prompt="x")
    assert Manifest.read(tmp_path).data["of a later version"] == [1]
