"""Settings files lie in the run while it lasts, and nothing of them, nor of what the agent added, stays."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from probe.wire import agent_folders

PLACEHOLDERS = {"model.url": "http://127.0.0.1:1", "files": "/run/files"}
SAYS: dict[str, tuple[Any, Any]] = {
    "a text": ('url = "{model.url}/v1"\n', 'url = "http://127.0.0.1:1/v1"\n'),
    "a mapping": ({"a": {"b": "{model.url}"}}, {"a": {"b": "http://127.0.0.1:1"}}),
    "a list": (["{files}", 1, None, True], ["/run/files", 1, None, True]),
    "what only looks like a placeholder": ({"a": "{other} {}"}, {"a": "{other} {}"}),
    "nothing": ({}, {}),
}


@pytest.mark.parametrize(("given", "says"), SAYS.values(), ids=SAYS.keys())
def test_what_a_file_says(tmp_path: Path, given: Any, says: Any) -> None:
    texts = agent_folders.write_files(tmp_path, {".deep/er/file": given}, PLACEHOLDERS)
    path = agent_folders.files_folder(tmp_path) / ".deep" / "er" / "file"
    assert texts == {".deep/er/file": path.read_text()}
    assert (path.read_text() if isinstance(given, str) else json.loads(path.read_text())) == says
    modes = [stat.S_IMODE(one.stat().st_mode) for one in (path, path.parent, path.parents[1], path.parents[2])]
    assert modes == [0o600, 0o700, 0o700, 0o700]


MOVED = "folder.parent.rename(folder.parents[1] / 'moved'); "
DEEDS = {
    "nothing": "",
    "a sign-in beside the settings": "(folder / 'auth.json').write_text('secret')",
    "a link to a folder of the user's": "(folder / 'link').symlink_to(other)",
    "a link in the place of all": MOVED + "folder.parent.symlink_to(other)",
    "a file in the place of all": MOVED + "folder.parent.write_text('x')",
    "folders that are closed": "(folder / 'in').mkdir(mode=0); folder.chmod(0); folder.parent.chmod(0)",
}


@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS.keys())
def test_whatever_the_agent_did_there_it_goes_and_no_link_is_followed(tmp_path: Path, deed: str) -> None:
    run, other = tmp_path / "run", tmp_path / "other"
    other.mkdir()
    (other / "precious").write_text("mine")
    agent_folders.write_files(run, {"settings.json": {}}, {})
    exec(deed, {"folder": agent_folders.files_folder(run), "other": other})
    assert agent_folders.remove(run) is None
    assert not os.path.lexists(run / agent_folders.NAME)
    assert (other / "precious").read_text() == "mine"


def test_nothing_is_removed_where_the_run_itself_was_replaced_by_a_link(tmp_path: Path) -> None:
    agent_folders.write_files(tmp_path / "other", {"settings.json": {}}, {})
    (tmp_path / "run").symlink_to(tmp_path / "other")
    assert agent_folders.remove(tmp_path / "run") is None
    assert (agent_folders.files_folder(tmp_path / "other") / "settings.json").exists()


def test_the_folders_that_an_agent_may_name_are_known(tmp_path: Path) -> None:
    variables = ["CODEX_HOME", "CLAUDE_CONFIG_DIR", "XDG_DATA_HOME"]
    env = {"HOME": "/home/me", "CLAUDE_CONFIG_DIR": "/elsewhere"}
    assert agent_folders.known_folders(tmp_path, variables, env) == {
        "run": str(tmp_path.resolve()),
        "home": "/home/me",
        "CODEX_HOME": "/home/me/.codex",
        "CLAUDE_CONFIG_DIR": "/elsewhere",
        "XDG_DATA_HOME": "/home/me/.local/share",
    }
    assert agent_folders.known_folders(tmp_path, variables, {}) == {"run": str(tmp_path.resolve())}
