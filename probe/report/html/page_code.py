"""The code of the page: one script, one style and the skeleton, and the rules that let a browser run nothing else."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

_CODE = Path(__file__).parent / "page"
_FIRST = ("dom", "router", "decode", "store")
"""Scripts that others need while they load."""
_LAST = "start"


def code_files() -> list[Path]:
    """Return the files of the page's code: scripts in their order, then styles, then the skeleton."""
    scripts = {file.stem: file for file in sorted(_CODE.glob("*.js"))}
    ordered = sorted(scripts, key=lambda name: (name == _LAST, name not in _FIRST, name))
    return [*map(scripts.__getitem__, ordered), *sorted(_CODE.glob("*.css")), *sorted(_CODE.glob("*.html"))]


@cache
def _joined(kind: str) -> str:
    return "\n".join(file.read_text("utf-8") for file in code_files() if file.suffix == kind)


@cache
def _script() -> str:
    """Return all scripts in one scope of their own."""
    return f'(() => {{\n"use strict";\n{_joined(".js")}\n}})();'


def theme() -> str:
    """Return the colours and fonts, light and dark, of this page and of others."""
    return (_CODE / "theme.css").read_text("utf-8")


def policy(*, live: bool) -> str:
    """Return what the page may do: run its own script, and nothing that came over the wire."""
    rules = [
        "default-src 'none'",
        f"script-src '{_hash(_script())}'",
        f"style-src '{_hash(_joined('.css'))}'",
        "worker-src blob:",
        "img-src data: blob:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    return "; ".join([*rules, "connect-src 'self'"] if live else rules)


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def page_parts(title: str, summary: str, contents: Iterable[tuple[str, str]], *, live: bool = False) -> Iterator[str]:
    """Yield the parts of a page: its code, and packed texts with their ids, first the summary, which is shown first.

    Where `live`, the page may ask the server that it is from.
    """
    yield f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{html.escape(policy(live=live))}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>{html.escape(title)}</title>
<style>{_joined(".css")}</style>
</head>
<body>
{_joined(".html")}
"""
    if summary:
        yield _inert("summary", summary)
    yield f"<script>{_script()}</script>\n"
    for name, text in contents:
        yield _inert(name, text)
    yield "</body>\n</html>\n"


def _inert(name: str, text: str) -> str:
    """Return an element whose text a browser neither shows nor runs."""
    return f'<script type="text/plain" id="{name}">{text}</script>\n'
