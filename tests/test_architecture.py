"""Imports point one way, and the addon stands alone."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from probe.cli.called_as import module_of
from probe.cli.commands import COMMANDS
from probe.places import PROJECT

SCRIPTS = frozenset(
    f"{command}.__main__" if (PROJECT / "probe" / command).is_dir() else module_of(command).removeprefix("probe.")
    for command in COMMANDS
    if command != "bench"
)
BASE = frozenset({"errors", "did_you_mean", "missing_library", "places", "smallest_hashes", "addon"})
_READING = BASE | {"record", "store"}
_RENDERING = _READING | {"renderers"}
LAYERS: dict[str, frozenset[str]] = {
    "errors": frozenset(),
    "did_you_mean": frozenset(),
    "places": frozenset(),
    "smallest_hashes": frozenset(),
    "missing_library": frozenset({"errors", "places"}),
    "store": frozenset({"addon", "errors", "missing_library"}),
    "demo": frozenset(),
    "addon": frozenset(),
    "record": BASE | {"store"},
    "renderers": _READING,
    "slots": _READING,
    "trace": _RENDERING,
    "analysis": _RENDERING | {"trace"},
    "report": _RENDERING | {"slots", "trace", "analysis"},
    "targets": _RENDERING | {"slots"},
    "remote": _READING,
    "settings": BASE | {"targets", "record", "store"},
    "cli": BASE | {"store", "remote"},
    "tasks": BASE | {"record", "targets", "settings", "cli", "exports", "imports"},
    "replay": _RENDERING | {"trace", "slots"},
    "redact": _READING | {"places"},
    "leaks": _READING,
    "share": _RENDERING | {"places", "slots", "trace", "analysis", "report", "targets"},
    "protocol": _RENDERING | {"trace", "slots", "analysis", "report"},
    "live": _RENDERING | {"slots", "trace", "analysis", "report", "cli"},
    "testing": _RENDERING | {"trace", "slots", "replay", "targets", "settings"},
    "watch": _READING | {"targets", "settings", "cli", "wire", "compare", "remote"},
    "wire": _RENDERING | {"remote", "trace", "cli", "targets", "settings", "replay", "slots", "witness"},
    "witness": _RENDERING | {"trace", "analysis", "targets"},
    "ask": _RENDERING | {"slots", "trace", "analysis", "report", "targets", "settings", "cli", "wire"},
    "compare": _RENDERING | {"trace", "slots", "analysis", "report", "protocol"},
    "fleet": _RENDERING
    | {"remote", "trace", "slots", "analysis", "report"}
    | {"protocol", "compare", "targets", "settings", "exports", "cli"},
    "questions": BASE | {"record", "store", "exports", "fleet", "cli"},
    "exports": _RENDERING | {"slots", "trace", "analysis", "report", "targets", "settings"},
    "imports": _RENDERING | {"exports"},
    "trends": _RENDERING | {"report", "settings", "cli", "fleet", "questions"},
    "verify": _RENDERING | {"trace", "analysis", "slots", "targets", "cli", "replay", "witness", "wire"},
    **dict.fromkeys(
        SCRIPTS,
        _RENDERING
        | {
            "slots",
            "protocol",
            "compare",
            "ask",
            "trace",
            "analysis",
            "report",
            "targets",
            "settings",
            "cli",
            "replay",
            "wire",
            "witness",
            "verify",
            "live",
            "redact",
            "leaks",
            "share",
            "exports",
            "imports",
            "store",
            "remote",
            "fleet",
            "questions",
            "trends",
            "watch",
        },
    ),
}
"""What each room of `probe` may import besides itself; renderers know no target, and no script imports another."""


def imports(path: Path) -> Iterator[str]:
    """Yield the modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import hides where it points"
            # `from probe.wire import child` imports a module too.
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layer(module: str) -> str:
    """Return the part of `probe` that a module belongs to."""
    first, *rest = module.split(".")[1:]
    return f"{first}.__main__" if rest == ["__main__"] else first


def module_name(path: Path) -> str:
    """Return a file's dotted name."""
    return ".".join(path.relative_to(PROJECT).with_suffix("").parts)


FILES = sorted((PROJECT / "probe").rglob("*.py"))
ADDON = [path for path in FILES if layer(module_name(path)) == "addon"]


@pytest.mark.parametrize("path", FILES, ids=map(module_name, FILES))
def test_imports_point_one_way(path: Path) -> None:
    own = layer(module_name(path))
    if own == "__init__":
        own = "errors"  # the package itself imports nothing either
    used = {layer(module) for module in imports(path) if module.startswith("probe.")}
    assert used - {own} <= LAYERS[own]


def _allowed(module: str) -> bool:
    """Check whether any mitmdump has a module: of Python, of mitmproxy, or in the addon's own folder."""
    top = module.split(".")[0]
    return top in sys.stdlib_module_names or top == "mitmproxy" or module.startswith("probe.addon.")


@pytest.mark.parametrize("path", ADDON, ids=map(module_name, ADDON))
def test_the_addon_imports_python_mitmproxy_and_its_own_folder(path: Path) -> None:
    assert [module for module in imports(path) if not _allowed(module)] == []


@pytest.mark.parametrize("package", ["probe", "probe/addon"])
def test_the_packages_around_the_addon_import_nothing(package: str) -> None:
    assert list(imports(PROJECT / package / "__init__.py")) == []


def test_no_module_of_the_addon_is_named_like_one_of_pythons() -> None:
    # mitmdump puts the folder of a script first on its path.
    assert {path.stem for path in ADDON} & sys.stdlib_module_names == set()
