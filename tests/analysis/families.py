"""Networks of the specs whose memory is known: each by its file and its name."""

from __future__ import annotations

from functools import cache

import resnet_dsl
from resnet_dsl import CompiledNetwork
from tests.conftest import ROOT

SPECS = ROOT / "specs"


@cache
def net(path: str, name: str) -> CompiledNetwork:
    return resnet_dsl.load(SPECS / f"{path}.rdl", model=name)[name]


FAMILIES = [
    *[(name, name) for name in ("resnet18", "resnet50", "resnet152", "resnext50_32x4d", "wide_resnet50_2")],
    *[("torchvision/densenet", f"densenet{depth}") for depth in (121, 161, 201)],
    ("torchvision/convnext", "convnext_tiny"),
    ("torchvision/convnext", "convnext_base"),
    ("unet", "unet"),
    ("torchvision/googlenet", "googlenet"),
]
