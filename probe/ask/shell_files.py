"""Guess which files a shell command reads and writes."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import Any

_ENDS = frozenset({"&&", "||", ";", "|", "&", "(", ")", ";;"})
_READS = frozenset(
    {"cat", "head", "tail", "less", "more", "nl", "wc", "bat", "od", "xxd", "md5sum", "sha256sum", "file"}
)
_SEARCHES = frozenset({"ls", "find", "tree"})
_PATTERNED = frozenset({"grep", "rg", "sed", "awk"})
"""Their first word is a pattern or a program."""
_WRITES = {"tee": "written", "touch": "written", "rm": "deleted", "rmdir": "deleted", "mkdir": "written"}
_MOVES = frozenset({"cp", "mv"})
_RUNS = frozenset({"python", "python3", "node", "bash", "sh", "ruby", "perl"})
_LONGEST = 20_000
"""Characters of a command that are looked at."""


def files_of_command(command: Any) -> Iterator[tuple[str, str]]:
    """Yield files that a command names, each with what it may have done to it."""
    words = _words(command[:_LONGEST]) if isinstance(command, str) else command if isinstance(command, list) else []
    simple: list[str] = []
    for word in [*words, ";"]:
        if word in _ENDS:
            yield from _of_simple(simple)
            simple = []
        else:
            simple.append(word)


def _words(command: str) -> list[str]:
    lines = command.split("\n")
    # What a here-document holds is no command.
    text = lines[0] if "<<" in lines[0] else " ; ".join(lines)
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        return list(lexer)
    except ValueError:
        return []


def _of_simple(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    plain: list[str] = []
    left = list(words)
    while left:
        word = left.pop(0)
        if word in (">", ">>", ">|", "&>") and left:
            yield from _file(left.pop(0), "written")
        elif word in ("<", "<<", "<<<", ">&", "<&") and left:
            target = left.pop(0)
            yield from _file(target, "read") if word == "<" else ()
        elif not (word.isdigit() and left and left[0].startswith((">", "<"))):
            plain.append(word)
    if not plain:
        return
    program, *rest = [plain[0].rpartition("/")[2], *plain[1:]]
    named = [word for word in rest if not word.startswith("-")]
    if program in _RUNS and {"-m", "-c", "-e"} & set(rest):
        return  # a module, or a program that is an argument itself
    yield from _of_program(program, named, edits=program == "sed" and any(word.startswith("-i") for word in rest))


def _of_program(program: str, named: Sequence[str], *, edits: bool) -> Iterator[tuple[str, str]]:
    if program in _PATTERNED:
        action = "edited" if edits else "searched" if program in ("grep", "rg") else "read"
        named = named[1:]
    elif program in _READS:
        action = "read"
        # `head -n 20 FILE`
        named = [word for word in named if not word.isdigit()]
    elif program in _SEARCHES:
        action = "searched"
    elif program in _MOVES and len(named) > 1:
        yield from (pair for word in named[:-1] for pair in _file(word, "read" if program == "cp" else "deleted"))
        action, named = "written", named[-1:]
    elif program in _RUNS:
        action, named = "read", [word for word in named[:1] if "." in word]
    else:
        action = _WRITES.get(program, "")
    if action:
        yield from (pair for word in named for pair in _file(word, action))


def _file(word: str, action: str) -> Iterator[tuple[str, str]]:
    # Devices, descriptors, variables and patterns are no files that anybody asks for.
    if word and not word.startswith(("/dev/", "&", "$")) and not set(word) & set("*?{}`"):
        yield word, action
