"""The API's own names: how its objects spell their fields, and what wraps a request or an answer."""

from __future__ import annotations

import re
from typing import Any

_NAMES = (
    # a request
    *("systemInstruction", "toolConfig", "generationConfig", "safetySettings", "cachedContent", "serviceTier"),
    *("generateContentRequest", "functionDeclarations"),
    # a part
    *("inlineData", "fileData", "functionCall", "functionResponse", "executableCode", "codeExecutionResult"),
    *("toolCall", "toolResponse", "audioTranscription", "thoughtSignature", "mimeType", "displayName", "fileUri"),
    *("partialArgs", "willContinue", "toolType", "jsonPath", "partMetadata", "mediaResolution", "mediaProcessing"),
    *("videoMetadata", "audioMetadata", "speechMetadata", "documentMetadata", "spreadsheetMetadata"),
    *("stringValue", "numberValue", "boolValue", "nullValue"),
    # an answer
    *("finishReason", "finishMessage", "promptFeedback", "blockReason", "blockReasonMessage", "usageMetadata"),
    *("modelVersion", "responseId", "createTime", "modelStatus", "safetyRatings", "tokenCount"),
    *("promptTokenCount", "cachedContentTokenCount", "candidatesTokenCount", "toolUsePromptTokenCount"),
    *("thoughtsTokenCount", "totalTokenCount", "promptTokensDetails", "cacheTokensDetails"),
    *("candidatesTokensDetails", "toolUsePromptTokensDetails"),
)
_USUAL = {re.sub("(?=[A-Z])", "_", name).lower(): name for name in _NAMES}


def spelled(fields: Any) -> dict[str, Any]:
    """Give an object's fields by the names that we look for: the API takes each in snake_case just as well."""
    if not isinstance(fields, dict):
        return {}
    named = ((name, _USUAL.get(name) or name, value) for name, value in fields.items())
    return {name if usual in fields else usual: value for name, usual, value in named}


def unwrapped_request(body: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give a request's own fields, and those that stand around it: Code Assist wraps it, and so does countTokens."""
    fields = spelled(body)
    for name in ("request", "generateContentRequest"):
        if isinstance(fields.get(name), dict) and "contents" not in fields:
            return spelled(fields.pop(name)), fields
    return fields, {}


def unwrapped_answer(body: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give an answer's own fields, and those that Code Assist puts around each piece of it."""
    fields = spelled(body)
    if isinstance(fields.get("response"), dict) and "candidates" not in fields:
        return spelled(fields.pop("response")), fields
    return fields, {}
