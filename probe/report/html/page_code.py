"""The code of the page: one script, one style and the skeleton."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from probe.report.html.page_head import page_head, policy

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


def page_policy(*, live: bool) -> str:
    """Return what the page may do; where `live`, it may ask the server that it is from."""
    more = ["worker-src blob:", "img-src data: blob:", *(["connect-src 'self'"] if live else [])]
    return policy(_script(), _joined(".css"), *more)


def page_parts(title: str, summary: str, contents: Iterable[tuple[str, str]], *, live: bool = False) -> Iterator[str]:
    """Yield the parts of a page: its code, and packed texts with their ids, first the summary, which is shown first.

    Where `live`, the page may ask the server that it is from.
    """
    yield f"{page_head(title, _joined('.css'), page_policy(live=live))}{_joined('.html')}\n"
    if summary:
        yield _inert("summary", summary)
    yield f"<script>{_script()}</script>\n"
    for name, text in contents:
        yield _inert(name, text)
    yield "</body>\n</html>\n"


def _inert(name: str, text: str) -> str:
    """Return an element whose text a browser neither shows nor runs."""
    return f'<script type="text/plain" id="{name}">{text}</script>\n'
