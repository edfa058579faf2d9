"""An engine's SVG made plain: no comments, no document type, and nothing that acts."""

from __future__ import annotations

import re
from xml.etree import ElementTree

# What Graphviz draws with. An SVG is shown in notebooks and pages, so anything else is refused.
_ELEMENTS = frozenset(
    "a circle clipPath defs ellipse g line linearGradient path polygon polyline radialGradient rect stop "
    "svg text title tspan".split()
)
_COMMENT = re.compile(rb"<!--.*?-->\s*", re.DOTALL)
_DOCTYPE = re.compile(rb"<!DOCTYPE[^>]*>\s*")
_XML = re.compile(rb"^\s*<\?xml[^>]*\?>\s*")


class UnsafeSvg(ValueError):
    """The SVG holds something that is no drawing."""


def plain_svg(svg: bytes) -> bytes:
    """The SVG without what names the engine, checked element by element.

    Comments go because the first names the engine's version, the document type because it points
    to a file on the web. Raises `UnsafeSvg` for scripts, event handlers, links and the like.
    """
    plain = _XML.sub(b"", _DOCTYPE.sub(b"", _COMMENT.sub(b"", svg)))
    try:
        root = ElementTree.fromstring(plain)  # noqa: S314 - without a document type there are no entities
    except ElementTree.ParseError as error:
        raise UnsafeSvg(f"not well formed ({error})") from None
    for element in root.iter():
        name = element.tag.rpartition("}")[2]
        if name not in _ELEMENTS:
            raise UnsafeSvg(f"it holds a <{name}>")
        for attribute, value in element.attrib.items():
            _check_attribute(attribute.rpartition("}")[2].lower(), value)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + plain.rstrip() + b"\n"


def _check_attribute(name: str, value: str) -> None:
    refers = "url(" in value.lower() and "url(#" not in value.lower()
    if name.startswith("on") or name == "href" or refers:
        raise UnsafeSvg(f"it holds the attribute {name!r}")
