"""Files in the form of safetensors, whatever their header says, and the code that refuses them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from resnet_dsl.weights.errors import CheckpointError
from resnet_dsl.weights.opening import open_checkpoint

ONE = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
TWO = {"dtype": "F32", "shape": [1], "data_offsets": [8, 12]}


def packed(header: Mapping[str, Any] | bytes, data: bytes = b"\0" * 8, length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + data


def code_of(path: Path, key: str | None = None) -> tuple[str, str]:
    with pytest.raises(CheckpointError) as refused:
        open_checkpoint(path, key)
    (said,) = refused.value.diagnostics
    return said.code, said.message
