"""Where files that belong to this project are: in a checkout, or in an installed package and the user's folders."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
PROJECT = _PACKAGE.parent
"""The checkout; of an installed package, the folder that it is in."""
IS_CHECKOUT = (PROJECT / "tasks.py").is_file() and (PROJECT / "targets").is_dir()
_SHIPPED = PROJECT if IS_CHECKOUT else _PACKAGE / "bundled"
TARGETS = _SHIPPED / "targets"
"""The targets that are part of the project."""
SAMPLES = _SHIPPED / "data"
"""The runs that are part of the project; in a checkout, the user's runs are in the same folder."""
DOCS = _SHIPPED / "docs"
_NAME = "agent-probe"


def default_data_dir() -> Path:
    """Return the folder of all runs where the user names none: data/ in a checkout, else the platform's own."""
    if IS_CHECKOUT:
        return PROJECT / "data"
    from platformdirs import user_data_path  # Here: a checkout does without.

    return user_data_path(_NAME, appauthor=False)


def base() -> Path:
    """Return the folder that relative paths in a target's file start from."""
    return PROJECT if IS_CHECKOUT else default_data_dir()


def own_targets() -> Path:
    """Return the folder of targets that the user makes: targets/ in a checkout, else in the user's configuration."""
    if IS_CHECKOUT:
        return TARGETS
    from platformdirs import user_config_path  # Here: as above.

    return user_config_path(_NAME, appauthor=False) / "targets"


def shown(path: Path) -> str:
    """Return a path for messages and manifests: relative to the checkout if inside it, else as it is."""
    return str(path.relative_to(PROJECT) if IS_CHECKOUT and path.is_relative_to(PROJECT) else path)


def guide(name: str) -> str:
    """Return where a page of the documentation is, for messages."""
    return shown(DOCS / name)
