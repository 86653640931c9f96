"""What drift refuses before it installs anything, and which recording it takes."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path

import pytest

from probe.drift import _recording, main
from probe.errors import UserError
from tests.compare.comparing import Recording

REFUSED = {
    "no versions": (["--target=codex"], "error: drift needs --versions\n"),
    "nothing but a prompt": ([], "error: drift needs --target and --versions\n"),
    "another command": (["--", "codex", "exec"], "error: drift runs the target's own command, not: codex exec\n"),
    "equal versions": (["--target=codex", "--versions=0.98.0,0.98.0"], "both are 0.98.0"),
    "a target without a package": (["--target=demo", "--versions=1,2"], "demo cannot be installed"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_request_that_cannot_work_is_refused_in_plain_words(name: str) -> None:
    arguments, message = REFUSED[name]
    with pytest.raises(UserError, match=message) as error:
        main(["--prompt=x", *arguments])
    assert error.value.code == 2


def test_a_replay_never_answers_by_itself(tmp_path: Path) -> None:
    for name, replay in (("one", None), ("two", "codex/one")):
        run = Recording("codex/tool-loop")
        run.manifest |= {"bundled": False, "run": name, "settings": {"replay": {"value": replay, "source": ""}}}
        run.manifest |= {"agent_exit_code": 0, "started": f"2026-11-2{len(name)}T00:00:0{int(name == 'two')}Z"}
        folder = run.write(tmp_path / "codex" / name)
        assert json.loads((folder / "manifest.json").read_text())["run"] == name
    found = _recording(Namespace(data_dir=str(tmp_path), replay=None, target="codex"))
    assert found.name == "one"
