"""Content blocks that hold media: images, documents, files, search results, web pages."""

from __future__ import annotations

from collections.abc import Iterator

from probe.renderers.anthropic_messages.part_context import Context, RenderPart, encrypted
from probe.renderers.blocks import Block, Media, MediaKind, Settings, Unknown
from probe.renderers.fields import Fields
from probe.renderers.parts import media


def _image(part: Fields, context: Context) -> Iterator[Block]:
    yield from _source(MediaKind.IMAGE, "Image", part, context)
    yield from part.details("transformations")


def _document(part: Fields, context: Context) -> Iterator[Block]:
    yield from _source(MediaKind.DOCUMENT, "Document", part, context, part.text("title"))
    yield from part.details("context", "citations")


def _source(kind: MediaKind, label: str, part: Fields, context: Context, title: str | None = None) -> Iterator[Block]:
    """Yield where an image or a document is from; bytes are shown by type and size."""
    value = part.take("source")
    source = Fields(value)
    media_type = source.text("media_type")
    match value:
        case {"type": "base64", "data": str(data)}:
            yield Media(kind=kind, label=label, media_type=media_type, size=media(kind, label, data).size, source=title)
            source.take("data")
        case {"type": "url" | "file"}:
            refers = source.text("url") or source.text("file_id")
            yield Media(kind=kind, label=label, media_type=media_type, source=refers or title)
            if title and refers:
                yield Settings(pairs=(("title", title),))
        case {"type": "text"}:
            yield Media(kind=kind, label=label, media_type=media_type, source=title)
            yield from context.content_blocks(source.take("data"), label)
        case {"type": "content"}:
            yield from _titled(kind, label, title)
            yield from context.content_blocks(source.take("content"), label)
        case _:
            yield from _titled(kind, label, title)
            yield Unknown(what=f"source of a content block {part.peek('type')!r}", value=value)
            return
    source.take("type")
    yield from source.rest("media_type")


def _titled(kind: MediaKind, label: str, title: str | None) -> Iterator[Block]:
    if title:
        yield Media(kind=kind, label=label, source=title)


def _file(part: Fields, _context: Context) -> Iterator[Block]:
    yield Media(kind=MediaKind.FILE, label="File", source=part.text("file_id"))


def _search_result(part: Fields, context: Context) -> Iterator[Block]:
    yield Media(kind=MediaKind.PAGE, label="Search result", source=part.text("source"))
    yield from part.details("title", "citations")
    yield from context.content_blocks(part.take("content"), "Search result")


def _web_page(part: Fields, context: Context) -> Iterator[Block]:
    yield Media(kind=MediaKind.PAGE, label="Web page", source=part.text("url"))
    content = part.take("content")
    yield from part.details("title", "page_age", "retrieved_at")
    yield from encrypted(part, "encrypted_content")
    yield from context.content_blocks(content, None)


MEDIA: dict[str, RenderPart] = {
    "image": _image,
    "document": _document,
    "search_result": _search_result,
    "container_upload": _file,
    "code_execution_output": _file,
    "bash_code_execution_output": _file,
    "web_search_result": _web_page,
    "web_fetch_result": _web_page,
}
