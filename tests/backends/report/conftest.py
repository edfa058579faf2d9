"""Reports that the formats' tests share."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import resnet_dsl
from resnet_dsl.analysis.cost import CostReport

SPEC = """
block unit(x, out: int) {
  y = x -> conv(out, 3) -> bn
  shortcut s = x -> downsample: conv(out, 1, bias = false)
  return add(y, s) -> relu
}

stage body(x, n: int) {
  return x -> repeat n as i { unit(8) }
}

model tiny(size: int = 6) {
  input image [3, size, size]
  x = image -> conv(4, 3) -> bn -> relu -> layer1: body(2)
  aux side = x -> aux: seq { gap -> flatten -> linear(5) }
  return x -> gap -> flatten -> fc: linear(10)
}
"""

# What no label can hold today; a report must not rely on that.
HOSTILE = '=cmd|"/c calc"!A1`<script>\n| forged | row |\x1b[31m\u202e, *[x](y)*'


@pytest.fixture(scope="session")
def tiny() -> CostReport:
    return resnet_dsl.loads(SPEC, name="tiny.rdl")["tiny"].report()


@pytest.fixture(scope="session")
def resnet50() -> CostReport:
    root = Path(__file__).resolve().parents[3]
    return resnet_dsl.load(root / "specs" / "resnet50.rdl")["resnet50"].report()


@pytest.fixture(scope="session")
def hostile(tiny: CostReport) -> CostReport:
    layers = tuple(
        layer._replace(path=HOSTILE, block=HOSTILE, block_type=HOSTILE, stage=HOSTILE, detail=HOSTILE)
        for layer in tiny.layers
    )
    return replace(tiny, model=HOSTILE, layers=layers)
