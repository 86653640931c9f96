"""Credentials as detect-secrets finds them: its plugins share nothing with this project's redactor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.errors import UserError

_NOT_USED = frozenset(
    {
        # Any random text: ids, hashes and encrypted reasoning are all of it.
        "Base64 High Entropy String",
        "Hex High Entropy String",
        # Versions of browsers and examples; private hosts and addresses are pseudonyms in a copy.
        "Public IP (ipv4)",
    }
)


class Secrets:
    """The plugins that are of use here."""

    def __init__(self) -> None:
        try:
            from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
        except ImportError as error:
            raise UserError(
                "the check before sharing needs detect-secrets", "install it: pip install 'agent-probe[share]'"
            ) from error
        plugins: dict[str, Any] = get_mapping_from_secret_type_to_class()
        self.plugins: list[Any] = [made() for name, made in sorted(plugins.items()) if name not in _NOT_USED]

    def found(self, text: str) -> Iterator[tuple[str, str]]:
        """Yield kind and value of what looks like a credential in a text."""
        for line in text.splitlines():
            for plugin in self.plugins:
                for value in plugin.analyze_string(line):
                    if "REDACTED" not in value:
                        yield f"{plugin.secret_type} (detect-secrets)", value
