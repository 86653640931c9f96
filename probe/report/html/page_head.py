"""What every page in one file begins with, and the policy that lets nothing else in."""

from __future__ import annotations

import base64
import hashlib
import html
from pathlib import Path


def theme() -> str:
    """Return the colours and fonts, light and dark, of all pages."""
    return (Path(__file__).parent / "page" / "theme.css").read_text("utf-8")


def script(name: str) -> str:
    """Return a script that several pages have."""
    return (Path(__file__).parent / "page" / f"{name}.js").read_text("utf-8")


def policy(code: str, style: str, *more: str) -> str:
    """Return a content security policy: run this script, use this style, and nothing that came over the wire.

    `more` are further directives (https://www.w3.org/TR/CSP3/).
    """
    own = [f"script-src '{_hash(code)}'", f"style-src '{_hash(style)}'"]
    return "; ".join(["default-src 'none'", *own, *more, "base-uri 'none'", "form-action 'none'"])


def page_head(title: str, style: str, rules: str) -> str:
    """Return a page up to its body; `rules` are its content security policy."""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{html.escape(rules)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>{html.escape(title)}</title>
<style>{style}</style>
</head>
<body>
"""


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
