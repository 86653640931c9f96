"""Answer what an agent asks besides its turns: models, counts of tokens, accounts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

COUNTED = 1234
"""What every count of tokens says."""


def side_answer(path: str, headers: Mapping[str, str]) -> dict[str, Any]:
    """Answer by the path, whatever stands before its last part; an empty object where nothing is known."""
    if path.endswith("/models"):
        return _models(path, headers)
    if match := re.search(r"/v1(beta)?/models/([^/:]+)$", path):
        return _model(match[2], headers)
    for pattern, value in _ANSWERS.items():
        if re.search(pattern, path):
            return value
    # A ChatGPT login sends its account's id.
    account = headers.get("chatgpt-account-id")
    if path.endswith("/wham/accounts/check") and account is not None:
        return {"accounts": [_workspace(account)], "account_ordering": [account], "default_account_id": account}
    return {}


_ANSWERS: dict[str, dict[str, Any]] = {
    r"/messages/count_tokens$": {"input_tokens": COUNTED},
    r":countTokens$": {"totalTokens": COUNTED, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": COUNTED}]},
    r"/model/[^/]+/count-tokens$": {"inputTokens": COUNTED},
    r"/inference-profiles$": {"inferenceProfileSummaries": []},
    r"/v1internal:loadCodeAssist$": {
        "currentTier": {"id": "free-tier", "name": "A test tier"},
        "allowedTiers": [{"id": "free-tier", "name": "A test tier", "isDefault": True}],
        "cloudaicompanionProject": "a-test-project",
        "gcpManaged": False,
    },
    r"/v1internal:onboardUser$": {
        "name": "operations/a-test-operation",
        "done": True,
        "response": {"cloudaicompanionProject": {"id": "a-test-project", "name": "a-test-project"}},
    },
}


def _models(path: str, headers: Mapping[str, str]) -> dict[str, Any]:
    """List models in the shape of the API that is asked."""
    if "/v1beta" in path or "x-goog-api-key" in headers:
        return {"models": [_model("gemini-2.5-pro", {"x-goog-api-key": ""})]}
    if "anthropic-version" in headers:
        one = _model("claude-sonnet-4-5", headers)
        return {"data": [one], "has_more": False, "first_id": one["id"], "last_id": one["id"]}
    # Read by both versions of codex: the API's own list, and the list with details that codex asks for.
    return {"object": "list", "data": [], "models": []}


def _model(name: str, headers: Mapping[str, str]) -> dict[str, Any]:
    if "x-goog-api-key" in headers:
        methods = ["generateContent", "countTokens"]
        limits = {"inputTokenLimit": 1048576, "outputTokenLimit": 65536}
        return {"name": f"models/{name}", "displayName": name, **limits, "supportedGenerationMethods": methods}
    if "anthropic-version" in headers:
        return {"type": "model", "id": name, "display_name": name, "created_at": "2025-06-15T15:06:40Z"}
    return {"id": name, "object": "model", "created": 1_750_000_000, "owned_by": "a-test-owner"}


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
