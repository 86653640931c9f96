"""The API's own names: how its objects spell their fields, and what wraps a request or an answer."""

from __future__ import annotations

import re
from typing import Any

_NAMES = (
    # a request
    *("systemInstruction", "toolConfig", "generationConfig", "safetySettings", "cachedContent", "serviceTier"),
    *("generateContentRequest", "functionDeclarations"),
    *("maxOutputTokens", "responseMimeType", "responseSchema", "responseJsonSchema"),
    # a part
    *("inlineData", "fileData", "functionCall", "functionResponse", "executableCode", "codeExecutionResult"),
    *("toolCall", "toolResponse", "audioTranscription", "thoughtSignature", "mimeType", "displayName", "fileUri"),
    *("partialArgs", "willContinue", "toolType", "jsonPath", "partMetadata", "mediaResolution", "mediaProcessing"),
    *("videoMetadata", "audioMetadata", "speechMetadata", "documentMetadata", "spreadsheetMetadata"),
    *("languageCode", "speakerLabel", "startOffset", "endOffset"),
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
    """Return an object's fields by their usual names: the API takes each in snake_case just as well."""
    if not isinstance(fields, dict):
        return {}
    named = ((name, _USUAL.get(name) or name, value) for name, value in fields.items())
    return {name if usual in fields else usual: value for name, usual, value in named}


def camel_case(name: str) -> str:
    """Return a name as the API usually spells it."""
    first, *others = name.split("_")
    return first + "".join(other[:1].upper() + other[1:] for other in others)


def unwrapped_answer(body: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return an answer's own fields, and those in which Code Assist wraps each piece of it."""
    fields = spelled(body)
    if isinstance(fields.get("response"), dict) and "candidates" not in fields:
        return spelled(fields.pop("response")), fields
    return fields, {}
