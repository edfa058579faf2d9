"""JSON as the standard has it: it knows neither infinity nor NaN, which a loss may be; both are null."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isfinite
from typing import Any


def json_text(values: Mapping[str, Any], indent: int | None = None) -> str:
    """`values` as JSON, with null for every number that is not finite. No newline at the end."""
    return json.dumps(_finite(values), indent=indent, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return value
