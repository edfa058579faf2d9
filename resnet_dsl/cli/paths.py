"""What `report --paths` and `draw --view paths` share: counting, and the options' words."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from math import isnan
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from resnet_dsl.compiled import CompiledNetwork

MOST_DECAY = 10.0


class Length(StrEnum):
    """What the length of a path is counted in."""

    BRANCHES = "branches"
    LAYERS = "layers"


def a_number(value: float | None) -> float | None:
    """The value; ``nan`` is in every range and in none."""
    if value is not None and isnan(value):
        raise typer.BadParameter("give a number", param_hint="--decay")
    return value


Decay = Annotated[
    float | None,
    typer.Option(
        metavar="G",
        min=0.0,
        max=MOST_DECAY,
        callback=a_number,
        help="With --paths: what a path's weight is multiplied by for each residual branch on it; default 0.25.",
    ),
]
Measure = Annotated[
    Length | None,
    typer.Option(
        "--length",
        help="With --paths: what lengths are counted in; default: residual branches, where there are any.",
    ),
]


def paths_text(
    networks: Sequence[CompiledNetwork],
    form: str,
    measure: Length | None,
    decay: float | None,
    width: int | None,
) -> str:
    """The paths of each network by length. Raises `SpecError` where they are too many to count."""
    from resnet_dsl.analysis.paths import DECAY, count_paths
    from resnet_dsl.backends.report.path_rows import PathsModel
    from resnet_dsl.backends.report.paths import render_paths

    weight = DECAY if decay is None else decay
    models = [PathsModel(entry.network.title, count_paths(entry.network, weight)) for entry in networks]
    return render_paths(models, form, None if measure is None else measure.value, width)
