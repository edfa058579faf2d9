"""Text from a spec on its way into a page: it stays text, in markup and in data."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from resnet_dsl.backends.report.escape import printable

# What could end the element that the data stands in, or begin another one. Everything that is not
# ASCII is escaped by `json` itself, U+2028 and lone surrogates among it.
_MARKUP = {ord(char): f"\\u{ord(char):04x}" for char in "<>&"}


def text(value: object) -> str:
    """A value as character data or as the value of a quoted attribute.

    Control, invisible and direction characters show as escapes.
    """
    return escape(printable(str(value)), quote=True)


def script_json(data: Any) -> str:
    """Plain data as the content of ``<script type="application/json">``."""
    return json.dumps(data, separators=(",", ":"), allow_nan=False).translate(_MARKUP)
