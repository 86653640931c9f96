"""Replace a vendor's instructions and tool texts in a recording by short ones of our own, and keep it verifiable."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

INSTRUCTIONS = "You are a coding agent. Work in the user's folder, use your tools, and say briefly what you did."
RULES = "Rules of this session, in words of our own."
GRAMMAR = "start: /.+/"
_TAG = re.compile(r"\s*<([a-z_ -]+)>")
_PLAIN_TAGS = ("environment_context",)
"""What the agent says about its surroundings: facts, no prose of a vendor."""


def in_own_words(record: dict[str, Any], prompt: str) -> dict[str, Any]:
    """Return a record with every request's texts replaced, its sizes and hashes made right again."""
    request = record["request"]
    if isinstance(request.get("body"), dict):
        _set_body(request, _request(request["body"], prompt))
    for message in (record.get("websocket") or {}).get("messages", []):
        if message["direction"] == "client" and message["type"] == "text":
            content = _compact(_request(json.loads(message["content"]), prompt))
            message["content"] = content
            message |= {"size": len(content.encode()), "sha256": _sha256(content)}
    return record


def _set_body(request: dict[str, Any], body: dict[str, Any]) -> None:
    text = _compact(body)
    request.pop("body_text", None)
    size = len(text.encode())
    request |= {"body": body, "size": size, "wire_size": size, "sha256": _sha256(text)}
    request["pieces"] = [[time, 0] for time, _ in request["pieces"][:1]]
    for name in request["headers"]:
        if name.lower() == "content-length":
            request["headers"][name] = str(size)


def _request(body: dict[str, Any], prompt: str) -> dict[str, Any]:
    changed = dict(body)
    if changed.get("instructions"):
        changed["instructions"] = INSTRUCTIONS
    if "tools" in changed:
        changed["tools"] = [_tool(tool) for tool in changed["tools"]]
    if isinstance(changed.get("input"), list):
        changed["input"] = [_item(item, prompt) for item in changed["input"]]
    return changed


def _item(item: dict[str, Any], prompt: str) -> dict[str, Any]:
    changed = dict(item)
    if "tools" in changed:
        changed["tools"] = [_tool(tool) for tool in changed["tools"]]
    if changed.get("type") == "message" and changed.get("role") in ("developer", "system", "user"):
        changed["content"] = [_part(part, prompt) for part in changed["content"]]
    return changed


def _part(part: dict[str, Any], prompt: str) -> dict[str, Any]:
    text = part.get("text")
    if not isinstance(text, str) or text == prompt:
        return part
    tag = _TAG.match(text)
    if tag and tag[1] in _PLAIN_TAGS:
        return part
    return part | {"text": f"<{tag[1]}>{RULES}</{tag[1]}>" if tag else RULES}


def _tool(tool: Any) -> Any:
    """Replace all texts in a tool's definition; names and types say what it is."""
    if isinstance(tool, list):
        return [_tool(member) for member in tool]
    if not isinstance(tool, dict):
        return tool
    changed = {}
    for key, value in tool.items():
        if key == "description" and isinstance(value, str):
            changed[key] = f"What {tool['name']} does." if isinstance(tool.get("name"), str) else "What this is for."
        elif key == "definition" and isinstance(value, str):
            changed[key] = GRAMMAR
        else:
            changed[key] = _tool(value)
    return changed


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
