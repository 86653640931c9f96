"""Answer as a model would: first call a tool that lists the files, then say what it found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.support import events
from tests.support.events import Event
from tests.support.toolcalls import LIST_FILES, choose, has_new_output

PLAN = "**Looking around**\n\nI do not know this folder yet, so I list its files first."
FOUND = "I listed the files in this folder; the tool's output above shows each of them. Nothing was changed."


@dataclass(slots=True, kw_only=True)
class Model:
    """A model that always does the same two turns."""

    command: str = LIST_FILES
    """The shell command that the first turn asks for."""
    text: str = FOUND
    """What the second turn says."""
    turns: int = 0
    """How many turns were answered; ids are counted from it, so that recordings can be repeated."""

    def answer(self, body: dict[str, Any]) -> list[Event]:
        """Give the events that answer one request."""
        self.turns += 1
        if body.get("generate") is False:
            return events.turn(self.turns, body, [], events.usage(0, 0, 0, 0))
        call = None if has_new_output(body) else choose(body, self.command)
        if call is None:
            said = [events.message(self.turns, self.text)]
            return events.turn(self.turns, body, said, events.usage(1290, 1152, 38, 0))
        did = [events.reasoning(self.turns, PLAN), events.tool_call(self.turns, call)]
        return events.turn(self.turns, body, did, events.usage(1204, 0, 61, 24))


# Read by both versions of codex: the API's own list, and the list with details that codex asks for.
_MODELS: dict[str, Any] = {"object": "list", "data": [], "models": []}


def side_answer(path: str, account: str | None) -> dict[str, Any]:
    """Answer what an agent asks besides its turns; `account` is the id that a ChatGPT login sends."""
    if path.endswith("/models"):
        return _MODELS
    if path.endswith("/wham/accounts/check") and account is not None:
        return {"accounts": [_workspace(account)], "account_ordering": [account], "default_account_id": account}
    return {}


def _workspace(account: str) -> dict[str, Any]:
    """Describe a workspace; interactive codex 0.169.0 does not start without its own in the list."""
    return {
        "id": account,
        "name": "A test workspace",
        "structure": "personal",
        "plan_type": "plus",
        "is_deactivated": False,
        "can_access_with_session": True,
        "workspace_backend_origin": "https://chatgpt.com",
        "account_routing_override": "NO_CONSTRAINT",
    }


def error(message: str, code: str) -> dict[str, Any]:
    """Write an error in the API's shape."""
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}}
