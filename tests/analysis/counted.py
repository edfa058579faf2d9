"""Networks that every counting tool has been run on, and the head of small ones."""

from __future__ import annotations

from functools import cache

import resnet_dsl
from resnet_dsl import CompiledNetwork
from tests.conftest import ROOT

SPECS = {
    "resnet50": "resnet50",
    "resnet152": "resnet152",
    "densenet201": "torchvision/densenet",
    "googlenet": "torchvision/googlenet",
    "unet": "unet",
}


@cache
def net(name: str) -> CompiledNetwork:
    return resnet_dsl.load(ROOT / "specs" / f"{SPECS[name]}.rdl", model=name)[name]


HEAD = "model m() {\n  input x [8, 12, 12]\n"
