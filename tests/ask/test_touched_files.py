"""Which files a tool call touches: of the tools that agents have, and guessed from shell commands."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.ask.shell_files import files_of_command
from probe.ask.touched_files import Touch, touched
from probe.renderers.blocks import ToolCall

PATCH = """*** Begin Patch
*** Add File: a.py
+x
*** Update File: b.py
*** Move to: c.py
*** Delete File: d.py
*** End Patch"""
PATCHED = [("a.py", "written"), ("b.py", "edited"), ("c.py", "written"), ("d.py", "deleted")]
TYPED: dict[str, tuple[str, Any, list[tuple[str, str]]]] = {
    "Claude Code reads": ("Read", {"file_path": "/w/a.py"}, [("/w/a.py", "read")]),
    "Claude Code writes": ("Write", {"file_path": "a.py", "content": "x"}, [("a.py", "written")]),
    "Claude Code edits": ("Edit", {"file_path": "a.py", "old_string": "x"}, [("a.py", "edited")]),
    "Claude Code edits much": ("MultiEdit", {"file_path": "a.py"}, [("a.py", "edited")]),
    "Claude Code edits a notebook": ("NotebookEdit", {"notebook_path": "a.ipynb"}, [("a.ipynb", "edited")]),
    "Claude Code searches": ("Grep", {"pattern": "x", "path": "src"}, [("src", "searched")]),
    "Gemini CLI reads": ("read_file", {"absolute_path": "/w/a.py"}, [("/w/a.py", "read")]),
    "Gemini CLI reads several": ("read_many_files", {"paths": ["a", "b"]}, [("a", "read"), ("b", "read")]),
    "Gemini CLI edits": ("replace", {"file_path": "a.py"}, [("a.py", "edited")]),
    "Gemini CLI lists": ("list_directory", {"dir_path": "src"}, [("src", "searched")]),
    "opencode writes": ("write", {"filePath": "a.py"}, [("a.py", "written")]),
    "opencode patches": ("patch", {"patchText": PATCH}, PATCHED),
    "an editor views": ("str_replace_based_edit_tool", {"command": "view", "path": "a"}, [("a", "read")]),
    "an editor creates": ("str_replace_based_edit_tool", {"command": "create", "path": "a"}, [("a", "written")]),
    "an editor replaces": ("str_replace_editor", {"command": "str_replace", "path": "a"}, [("a", "edited")]),
    "codex patches": ("apply_patch", PATCH, PATCHED),
    "codex patches as a function": ("apply_patch", {"input": PATCH}, PATCHED),
    "codex views an image": ("view_image", {"path": "a.png"}, [("a.png", "read")]),
    "a tool of a server": ("files.read_text", {"path": "a"}, [("a", "read")]),
    "a tool whose name says nothing": ("frobnicate", {"path": "a"}, [("a", "named")]),
    "no file": ("WebFetch", {"url": "https://x.example"}, []),
    "no path that is a text": ("Read", {"file_path": 3}, []),
    "arguments that are none": ("Read", None, []),
    "arguments cut short": ("Read", '{"file_path": "a', []),
}


@pytest.mark.parametrize(("name", "arguments", "files"), TYPED.values(), ids=TYPED)
def test_the_arguments_of_a_tool_say_which_file(name: str, arguments: Any, files: list[tuple[str, str]]) -> None:
    assert touched(ToolCall(name=name, arguments=arguments, kind="x")) == [Touch(*one, False) for one in files]


SHELL: dict[str, tuple[Any, list[tuple[str, str]]]] = {
    "cat": ("cat a.py b.py", [("a.py", "read"), ("b.py", "read")]),
    "head with a number": ("head -n 20 a.py", [("a.py", "read")]),
    "sed prints": ("sed -n '1,5p' a.py", [("a.py", "read")]),
    "sed edits": ("sed -i s/a/b/ a.py", [("a.py", "edited")]),
    "grep": ("grep -rn 'a b' src | head -5", [("src", "searched")]),
    "a redirection": ("echo x > a.txt", [("a.txt", "written")]),
    "one that adds": ("ls src >> 'my list.txt' 2>/dev/null", [("my list.txt", "written"), ("src", "searched")]),
    "an input": ("sort < a.txt", [("a.txt", "read")]),
    "one after the other": (
        "mkdir -p out && cp a out/b; rm a",
        [("out", "written"), ("a", "read"), ("out/b", "written"), ("a", "deleted")],
    ),
    "a here-document": ("cat > a.py <<'EOF'\nprint('rm -rf x')\nEOF", [("a.py", "written")]),
    "a patch in a here-document": (f"apply_patch <<'EOF'\n{PATCH}\nEOF", PATCHED),
    "a script": ("python3 prime.py 1 2", [("prime.py", "read")]),
    "a module": ("python -m json.tool; python3 -c 'a.b'", []),
    "words of a command": (["bash", "-lc", "cat a.py"], [("a.py", "read")]),
    "words without a shell": (["cat", "a b.py"], [("a b.py", "read")]),
    "several lines": ("cat a\ncat b", [("a", "read"), ("b", "read")]),
    "patterns are no files": ("cat *.py $FILE", []),
    "no file": ("git status", []),
    "an open quote": ("cat 'a", []),
}


@pytest.mark.parametrize(("command", "files"), SHELL.values(), ids=SHELL)
def test_a_shell_command_is_a_guess(command: Any, files: list[tuple[str, str]]) -> None:
    assert touched(ToolCall(name="Bash", arguments={"command": command}, kind="x")) == [
        Touch(*one, True) for one in files
    ]


def test_the_commands_in_a_script_of_codex_are_guesses_too() -> None:
    script = 'const r = await tools.exec_command({"cmd": "cat \\"a b.py\\"\\nrm c"});\ntext(r.output);'
    found = touched(ToolCall(name="exec", arguments=script, kind="x"))
    assert found == [Touch("a b.py", "read", True), Touch("c", "deleted", True)]


@given(st.one_of(st.text(), st.lists(st.text()), st.integers()))
def test_no_command_breaks_the_guess(command: Any) -> None:
    assert all(word and action for word, action in files_of_command(command))
