"""XML documents of text only, in which nothing breaks out of its element."""

from collections.abc import Iterable
from xml.sax.saxutils import escape

from server.cells import printable

Node = tuple[str, "str | Iterable[Node]"]  # a tag, and its text or its children


def document(root: Node) -> str:
    """The document with its declaration."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{"".join(_written(root, 0))}'


def _written(node: Node, depth: int) -> Iterable[str]:
    tag, content = node
    indent = "  " * depth
    if isinstance(content, str):
        yield f"{indent}<{tag}>{escape(printable(content))}</{tag}>\n"
        return
    yield f"{indent}<{tag}>\n"
    for child in content:
        yield from _written(child, depth + 1)
    yield f"{indent}</{tag}>\n"
