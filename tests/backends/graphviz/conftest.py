"""Small networks, one spec a topic, and their pictures as data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import resnet_dsl
from resnet_dsl.ir.graph import Network

SPECS = Path(__file__).parent / "specs"

Net = Callable[..., Network]


@pytest.fixture
def net() -> Net:
    """``net("dense", "written_out", n=3)``: a model of a spec in `specs`, with overrides."""

    def load(spec: str, model: str | None = None, **overrides: Any) -> Network:
        name = model or spec
        return resnet_dsl.load(SPECS / f"{spec}.rdl", model=name, overrides=overrides)[name].network

    return load
