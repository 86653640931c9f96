"""Load the optional library of list prices, without the parts of it that pricing a turn does not need."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

LIBRARY = "genai_prices"
_UNUSED = {
    f"{LIBRARY}.update_prices": ("UpdatePrices", "wait_prices_updated_async", "wait_prices_updated_sync"),
    "pydantic": ("ConfigDict", "Discriminator", "Field", "Tag", "TypeAdapter"),
    "importlib.metadata": ("version",),
}
"""What asks for new prices (it loads an HTTP client), checks them, and says which version this is, with the names that
the library imports. It loads in a quarter of the time without them."""


def load_library() -> Any:
    """Return the library; one that cannot price without those parts is loaded whole."""
    try:
        with _stand_ins():
            library = importlib.import_module(LIBRARY)
            # Loads the prices too.
            library.calc_price(library.Usage(input_tokens=1), "gpt-4o")
    except Exception:
        _forget()
        library = importlib.import_module(LIBRARY)
    return library


@contextlib.contextmanager
def _stand_ins() -> Iterator[None]:
    """Put an empty module in the place of each of those parts that is not loaded yet."""
    names = _UNUSED.keys() - sys.modules.keys()
    for name in names:
        sys.modules[name] = module = ModuleType(name)
        vars(module).update(dict.fromkeys(_UNUSED[name], lambda *_, **__: None))
    try:
        yield
    finally:
        for name in names:
            del sys.modules[name]


def _forget() -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == LIBRARY]:
        del sys.modules[name]


def library_version() -> str | None:
    """Return the version of the price library; None when there is none."""
    import importlib.metadata  # Here, since it takes as long as reading ten megabytes.

    try:
        return importlib.metadata.version(LIBRARY)
    except importlib.metadata.PackageNotFoundError:
        return None
