"""The weights of a network whose batch norms were folded, from those of the whole network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from resnet_dsl.passes.fold_norms import Fold

if TYPE_CHECKING:
    from torch import Tensor

_OF_A_NORM = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")


def folded_weights(state: Mapping[str, Tensor], folds: Iterable[Fold]) -> dict[str, Tensor]:
    """A state dict for the folded network from one of the whole network; neither is changed.

    Computed in float64 and rounded once, to the layer's own dtype. Raises `KeyError` for a state
    dict that lacks one of the tensors.
    """
    folded = dict(state)
    for fold in folds:
        layer, norm = fold.layer, fold.norm
        weight = folded[f"{layer}.weight"]
        scale = (folded[f"{norm}.running_var"].double() + fold.eps).rsqrt()
        if fold.affine:
            scale = scale * folded[f"{norm}.weight"].double()
        shift = -folded[f"{norm}.running_mean"].double() * scale
        if fold.had_bias:
            shift = shift + folded[f"{layer}.bias"].double() * scale
        if fold.affine:
            shift = shift + folded[f"{norm}.bias"].double()
        folded[f"{layer}.weight"] = _scaled(weight, scale, fold.groups).to(weight.dtype)
        folded[f"{layer}.bias"] = shift.to(weight.dtype)
        for name in _OF_A_NORM:
            folded.pop(f"{norm}.{name}", None)
    return folded


def _scaled(weight: Tensor, scale: Tensor, groups: int) -> Tensor:
    """A weight with each output channel scaled, in float64."""
    wide = weight.double()
    if not groups:
        return wide * scale.reshape(-1, *[1] * (wide.dim() - 1))
    # Of a transposed convolution: (in, out / groups, height, width), input channels group by group.
    by_group = wide.reshape(groups, -1, *wide.shape[1:])
    return (by_group * scale.reshape(groups, 1, -1, 1, 1)).reshape(wide.shape)
