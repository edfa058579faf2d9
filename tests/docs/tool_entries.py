"""What other tools say of five networks, as `report --as` reproduces it: the tests hold it to the tools."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import resnet_dsl
from resnet_dsl.analysis.conventions import CONVENTIONS, count_as
from resnet_dsl.ir.graph import Network
from tests.conftest import ROOT
from tests.docs.markdown import table

_NETWORKS = {
    "ResNet-50": ("resnet50", "resnet50"),
    "ResNet-152": ("resnet152", "resnet152"),
    "DenseNet-201": ("torchvision/densenet", "densenet201"),
    "GoogLeNet": ("torchvision/googlenet", "googlenet"),
    "U-Net": ("unet", "unet"),
}


@cache
def _network(file: str, model: str) -> Network:
    return resnet_dsl.load(ROOT / "specs" / f"{file}.rdl")[model].network


def tool_entries() -> Iterator[str]:
    """A row a tool: its figure for each network, and how far that is from the multiply-adds."""
    rows = []
    for convention in CONVENTIONS.values():
        cells = []
        for place in _NETWORKS.values():
            counted = count_as(_network(*place), convention)
            away = 100 * (counted.total / counted.base - 1)
            cells.append(
                f"{counted.total:,}" + (f" ({away:+.1f} %)" if counted.total != counted.base else "")
            )
        rows.append((f"`{convention.name}`", convention.unit, *cells))
    return table(("tool", "its word", *_NETWORKS), rows)
