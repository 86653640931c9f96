"""The documents for users, taken apart: headings, links, and the commands in their code blocks."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from probe.places import PROJECT

README = PROJECT / "README.md"
GUIDES = sorted((PROJECT / "docs").glob("*.md"))
DOCUMENTS = [README, *GUIDES, *sorted((PROJECT / "docs").glob("*/*.md")), PROJECT / "CHANGELOG.md"]
MARKS = frozenset({"needs-agent", "needs-key", "needs-network"})
"""Words after `sh` that keep a block from being run."""
_COMMENT_MARK = re.compile(r"#\s*needs (?:an? )?\w+")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_NO_SLUG = re.compile(r"[^\w\- ]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command of a code block; `a && b` are two."""

    document: str
    line: int
    words: tuple[str, ...]
    """As a shell passes them, without assignments of variables."""
    runs: bool
    """False when it is marked as needing a key, an agent or the network."""

    def __str__(self) -> str:
        return f"{self.document}:{self.line}: {shlex.join(self.words)}"


@cache
def tokens(path: Path) -> tuple[Token, ...]:
    """Parse a document; the children of inline tokens follow their parents."""
    parsed = MarkdownIt("commonmark").enable("table").parse(path.read_text(encoding="utf-8"))
    return tuple(one for token in parsed for one in (token, *(token.children or ())))


def name(path: Path) -> str:
    """Return a document's path within the project."""
    return path.relative_to(PROJECT).as_posix()


def commands(path: Path) -> Iterator[Command]:
    """Yield the commands of every shell block: fenced with `sh`, or indented."""
    for token in tokens(path):
        info = token.info.split() if token.type == "fence" else ["sh"] if token.type == "code_block" else []
        if info[:1] == ["sh"]:
            assert set(info[1:]) <= MARKS, f"{name(path)}: unknown mark in {token.info!r}; marks are {sorted(MARKS)}"
            first = (token.map or [0])[0] + (token.type == "fence") + 1
            for number, line in enumerate(token.content.splitlines(), first):
                marked = bool(info[1:] or _COMMENT_MARK.search(line))
                for words in _split(shlex.split(line, comments=True)):
                    yield Command(document=name(path), line=number, words=tuple(words), runs=not marked)


def _split(words: list[str]) -> Iterator[list[str]]:
    while words:
        end = words.index("&&") if "&&" in words else len(words)
        command, words = words[:end], words[end + 1 :]
        while command and _ASSIGNMENT.match(command[0]):
            command = command[1:]
        yield command


def code_spans(path: Path) -> list[str]:
    """Return the code spans of a document."""
    return [token.content for token in tokens(path) if token.type == "code_inline"]


def links(path: Path) -> list[str]:
    """Return where a document's links lead."""
    return [str(token.attrs["href"]) for token in tokens(path) if token.type == "link_open"]


def anchors(path: Path) -> set[str]:
    """Return the anchors of a document's headings, as GitHub makes them."""
    found, seen = set(), Counter[str]()
    for opening, content in pairwise(tokens(path)):
        if opening.type == "heading_open":
            slug = _NO_SLUG.sub("", content.content.replace("`", "").lower()).replace(" ", "-")
            found.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
            seen[slug] += 1
    return found
