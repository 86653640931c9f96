"""The page of trends: one file with its numbers, its script and its style."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from probe.report.html import page_head as shared
from probe.report.html.pieces import packed

_CODE = Path(__file__).parent / "page"
_SHARED = ("dom", "text_view", "decode", "plot", "theme")
"""Scripts that are the report's own as well."""
_LAST = "start"
_ICON = "img-src data:"


def page_of(numbers: Mapping[str, Any], generated_at: str, view: str) -> str:
    """Return the page; `view` is the command that opens the page of a run, up to the run's name."""
    data = packed(json.dumps({"generated_at": generated_at, "view": view, **numbers}, separators=(",", ":")).encode())
    style, script = _style(), _script()
    parts = (
        shared.page_head("Trends", style, shared.policy(script, style, _ICON)),
        (_CODE / "skeleton.html").read_text("utf-8"),
        f'<script type="text/plain" id="numbers">{data.decode()}</script>\n',
        f"<script>{script}</script>\n</body>\n</html>\n",
    )
    return "".join(parts)


@cache
def _style() -> str:
    return shared.theme() + (_CODE / "style.css").read_text("utf-8")


@cache
def _script() -> str:
    own = sorted(_CODE.glob("*.js"), key=lambda file: (file.stem == _LAST, file.stem))
    code = "\n".join([*map(shared.script, _SHARED), *(file.read_text("utf-8") for file in own)])
    return f'(() => {{\n"use strict";\n{code}\n}})();'
