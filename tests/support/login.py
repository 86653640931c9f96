"""A ChatGPT login that Codex takes for one; no server has ever seen it."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ACCOUNT = "account-0f3c2b1a-planted"
REFRESH_TOKEN = "refresh-token-0123456789-planted"


def write_login(home: Path) -> str:
    """Write `.codex/auth.json` into a home folder and give the token that Codex will send."""
    claims = {
        "email": "someone@example.test",
        "exp": 4102444800,
        "https://api.openai.com/auth": {"chatgpt_plan_type": "plus", "chatgpt_account_id": ACCOUNT},
    }
    token = ".".join([_part({"alg": "none", "typ": "JWT"}), _part(claims), "c2lnbmF0dXJlLXBsYW50ZWQ"])
    tokens = {"id_token": token, "access_token": token, "refresh_token": REFRESH_TOKEN, "account_id": ACCOUNT}
    now = datetime.now(UTC).isoformat()
    folder = home / ".codex"
    folder.mkdir(parents=True)
    login = {"auth_mode": "chatgpt", "OPENAI_API_KEY": None, "tokens": tokens, "last_refresh": now}
    (folder / "auth.json").write_text(json.dumps(login))
    return token


def _part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
