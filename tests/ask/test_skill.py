"""`skill install` writes the skill where agents look for it, and replaces nothing that is somebody else's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from probe import skill
from probe.ask.path import KINDS, parse_path
from probe.cli.commands import COMMANDS
from probe.cli.parsing import parse
from probe.errors import UserError
from tests.ask.asking import called

TEXT = skill.SKILL.read_text(encoding="utf-8")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty home."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for variable, _ in skill._FOLDERS.values():
        monkeypatch.delenv(variable, raising=False)
    return tmp_path


def installed(file: Path) -> str:
    """Return the text of an installed skill, without its hash."""
    text, count = re.subn(r"(?<=`probe skill install`) \(sha256 [0-9a-f]{64}\)", "", file.read_text(encoding="utf-8"))
    assert count == 1
    return text


@pytest.mark.parametrize(("agent", "place"), [("claude-code", ".claude"), ("codex", ".codex")])
def test_an_agent_gets_it_among_its_skills(
    agent: str, place: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = home / place / "skills" / "agent-probe" / "SKILL.md"
    assert called(skill.main, capsys, "install", "--agent", agent)[0] == f"{file}\n"
    assert installed(file) == TEXT


def test_each_agent_that_was_used_here_gets_it(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / ".claude").mkdir()
    (home / "elsewhere").mkdir()
    monkeypatch.setenv("CODEX_HOME", str(home / "elsewhere"))
    files = called(skill.main, capsys, "install")[0].splitlines()
    ends = ("skills", "agent-probe", "SKILL.md")
    assert files == [str(home.joinpath(name, *ends)) for name in (".claude", "elsewhere")]


def test_what_is_not_written_is_named_with_its_reason(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / ".codex").mkdir()
    written, said = called(skill.main, capsys, "install")
    assert written == f"{home / '.codex' / 'skills' / 'agent-probe' / 'SKILL.md'}\n"
    reason = f"not written for claude-code: there is no folder {home / '.claude'}; --agent claude-code makes it\n"
    assert said.startswith(reason)
    assert "not written" not in called(skill.main, capsys, "install", "--agent", "codex")[1]


def test_a_folder_of_a_project_can_be_named(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    called(skill.main, capsys, "install", "--dir", str(home / "project" / ".claude" / "skills"))
    assert (home / "project" / ".claude" / "skills" / "agent-probe" / "SKILL.md").is_file()


def test_what_another_version_wrote_is_brought_up_to_date(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = home / "skills" / "agent-probe" / "SKILL.md"
    file.parent.mkdir(parents=True)
    file.write_text(skill._with_hash(TEXT.replace("Begin", "Start")), encoding="utf-8")
    for _ in range(2):
        called(skill.main, capsys, "install", "--dir", str(home / "skills"))
        assert installed(file) == TEXT


CHANGED = {
    "a line at the end": (skill._with_hash(TEXT) + "mine\n", "it was changed since"),
    "another word": (skill._with_hash(TEXT).replace("Begin", "Start"), "it was changed since"),
    "no hash": (TEXT, "it was changed since"),
    "a file of the user's": ("mine\n", "agent-probe did not write it"),
}


@pytest.mark.parametrize(("text", "why"), CHANGED.values(), ids=CHANGED)
def test_what_a_user_wrote_stays_without_force(
    text: str, why: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = home / "skills" / "agent-probe" / "SKILL.md"
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=f"is there already, and {why}") as raised:
        skill.main(["install", "--dir", str(home / "skills")])
    assert "--force" in (raised.value.hint or "")
    assert file.read_text(encoding="utf-8") == text
    called(skill.main, capsys, "install", "--dir", str(home / "skills"), "--force")
    assert installed(file) == TEXT


MISTAKES = {
    "no word": ((), "skill needs a word: install"),
    "another word": (("remove",), "skill does not know 'remove'"),
    "another agent": (("install", "--agent", "cluade-code"), "no skill can be installed for 'cluade-code'"),
    "no agent at all": (("install",), "no agent has a folder here: neither "),
    "two places": (("install", "--agent", "codex", "--dir", "x"), "--dir and --agent both say where"),
}


@pytest.mark.parametrize(("words", "problem"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_has_a_way_out(words: tuple[str, ...], problem: str, home: Path) -> None:
    with pytest.raises(UserError, match=re.escape(problem)) as raised:
        skill.main([*words])
    assert raised.value.hint


def test_a_folder_that_cannot_be_written_is_named(home: Path) -> None:
    (home / "file").touch()
    with pytest.raises(UserError, match=r"/file/agent-probe/SKILL\.md: Not a directory"):
        skill.main(["install", "--dir", str(home / "file")])


def test_its_head_is_what_agents_read() -> None:
    head = yaml.safe_load(TEXT.split("---\n")[1])
    assert list(head) == ["name", "description"]
    assert head["name"] == "agent-probe"  # the name of its folder
    assert 100 < len(head["description"]) < 1024


def test_each_of_its_commands_and_paths_is_one() -> None:
    commands = [one for pair in re.findall(r"`probe ([^`]+)`|\nprobe ([^\n]+)", TEXT) for one in pair if one]
    assert len(commands) > 12
    for command in commands:
        name, *words = command.replace('"', "").split()
        assert name in COMMANDS
        parse(name, words)
    paths = re.findall(r"(?m)^((?:turn|item|exchange|summary)[./]\S+)", TEXT)
    assert {parse_path(path).kind for path in paths} <= set(KINDS)
    assert len(paths) > 7
