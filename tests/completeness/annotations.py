"""Read the annotations of an SDK's types: records, their fields, unions, lists."""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Any

import typing_extensions

_WRAPPERS = tuple(
    getattr(module, name)
    for module in (typing, typing_extensions)
    for name in ("Annotated", "Required", "NotRequired", "ReadOnly")
    if hasattr(module, name)
)


def variants(annotation: Any) -> list[Any]:
    """List the record types (pydantic models, TypedDicts) that an annotation admits, those in lists included."""
    annotation = bare(annotation)
    if is_record(annotation):
        return [annotation]
    found = [variant for part in typing.get_args(annotation) for variant in variants(part)]
    return list(dict.fromkeys(found))


def fields(record: Any) -> dict[str, tuple[Any, bool]]:
    """Return a record type's fields by their names on the wire: annotation, and whether it is required."""
    if hasattr(record, "model_fields"):
        record.model_rebuild()
        models = record.model_fields.items()
        return {field.alias or name: (field.annotation, field.is_required()) for name, field in models}
    hints = typing_extensions.get_type_hints(record, include_extras=True)
    return {_alias(hint) or name: (hint, _is_required(record, hint)) for name, hint in hints.items()}


def bare(annotation: Any) -> Any:
    """Take off what only remarks on a type: Annotated, Required, a type's other name."""
    while True:
        if hasattr(annotation, "__value__"):
            annotation = annotation.__value__
        elif typing.get_origin(annotation) in _WRAPPERS or hasattr(annotation, "__metadata__"):
            annotation = typing.get_args(annotation)[0]
        else:
            return annotation


def is_base64(hint: Any) -> bool:
    """Check whether a text is bytes in base64, as a remark says."""
    return any(getattr(remark, "format", None) == "base64" for remark in _remarks(hint))


def is_record(annotation: Any) -> bool:
    """Check whether an annotation is a record type: a pydantic model or a TypedDict."""
    # Pydantic's own base class has fields of no use, and not this.
    return hasattr(annotation, "__pydantic_generic_metadata__") or typing_extensions.is_typeddict(annotation)


def is_union(annotation: Any) -> bool:
    """Check whether an annotation is a union."""
    return typing.get_origin(annotation) in (typing.Union, UnionType)


def is_mapping(annotation: Any) -> bool:
    """Check whether an annotation is an object with any names."""
    kind = typing.get_origin(annotation) or annotation
    return isinstance(kind, type) and issubclass(kind, Mapping)


def is_list(annotation: Any) -> bool:
    """Check whether an annotation is a list; SDKs have sequence types of their own with one parameter."""
    kind = typing.get_origin(annotation)
    return isinstance(kind, type) and len(typing.get_args(annotation)) == 1 and hasattr(kind, "__iter__")


def _is_required(record: Any, hint: Any) -> bool:
    """Check whether a TypedDict's field is required; its own list is wrong where annotations are texts."""
    while typing.get_origin(hint) in _WRAPPERS or hasattr(hint, "__metadata__"):
        if typing.get_origin(hint) in (typing_extensions.Required, typing.Required):
            return True
        if typing.get_origin(hint) in (typing_extensions.NotRequired, typing.NotRequired):
            return False
        hint = typing.get_args(hint)[0]
    return bool(record.__total__)


def _alias(hint: Any) -> str | None:
    return next((remark.alias for remark in _remarks(hint) if getattr(remark, "alias", None)), None)


def _remarks(annotation: Any) -> Iterator[Any]:
    """Yield the remarks of all Annotated around a type."""
    while typing.get_origin(annotation) in _WRAPPERS or hasattr(annotation, "__metadata__"):
        yield from getattr(annotation, "__metadata__", ())
        annotation = typing.get_args(annotation)[0]
