"""The one error that a user can fix, and how it is shown."""

from __future__ import annotations


class UserError(Exception):
    """What happened and where, with the next step as a hint; scripts show it and exit with 2 (or `code`)."""

    def __init__(self, message: str, hint: str | None = None, *, code: int = 2) -> None:
        super().__init__(message)
        self.hint = hint
        self.code = code

    def __str__(self) -> str:
        text = f"error: {self.args[0]}"
        return f"{text}\n  hint: {self.hint}" if self.hint else text
