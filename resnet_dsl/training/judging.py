"""How good outputs are: accuracy, top-5, confusion matrix, IoU, PCK, gathered on the device.

For classes and for pixels everything follows from one confusion matrix, which adds up over batches and
over processes without the host waiting for the device. Not torchmetrics, for the reasons that
`docs/training.md` gives; the tests compare every figure with it.

Outputs and targets come in pairs: (N, K) with classes (N,) or shares of classes (N, K); (N, K, H, W)
with masks (N, H, W); (N, K, H, W) with heat maps of the same shape.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from resnet_dsl.training.losses import IGNORED, fitted_targets
from resnet_dsl.training.world import World

LARGEST_MATRIX = 2_048  # classes; beyond, the matrix is larger than many a network
PCK_REACH = 0.1  # of the map's longer side


def hits(output: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """How many were right, and of how many: images, pixels or key points. No waiting for the device."""
    if _are_heat_maps(output, targets):
        near, there = _near(output, targets)
        return near.sum(), there.sum()
    truth, predicted = _classes(output, targets)
    counted = truth != IGNORED
    return ((predicted == truth) & counted).sum(), counted.sum()


@dataclass(frozen=True)
class Judgement:
    """A part of the data under one set of weights.

    `accuracy` is the share of `correct` among `judged`: images, pixels, or key points within
    `PCK_REACH`. `figures` are further ones by name, from 0 to 1. `confusion` has a row for each
    true class and a column for each predicted one. `joints` has for each joint how many were found, and of how many
    that are labelled.
    """

    loss: float
    accuracy: float
    correct: int
    judged: int
    figures: dict[str, float] = field(default_factory=dict)
    confusion: tuple[tuple[int, ...], ...] = ()
    joints: tuple[tuple[int, int], ...] = ()

    @property
    def score(self) -> float:
        """What weights are chosen by: mean IoU where there are masks, else the accuracy."""
        return self.figures.get("mean_iou", self.accuracy)

    def per_class(self) -> list[dict[str, float]]:
        """Precision, recall and IoU of each class, 0 where undefined, and how many it truly has."""
        rows = []
        for number, row in enumerate(self.confusion):
            right, true = row[number], sum(row)
            predicted = sum(other[number] for other in self.confusion)
            rows.append(
                {
                    "count": true,
                    "precision": right / predicted if predicted else 0.0,
                    "recall": right / true if true else 0.0,
                    "iou": right / (true + predicted - right) if true + predicted > right else 0.0,
                }
            )
        return rows

    def per_joint(self) -> list[dict[str, float]]:
        """PCK of each joint, 0 where none is labelled, and how many are."""
        return [{"count": of, "pck": found / of if of else 0.0} for found, of in self.joints]

    def as_dict(self, names: tuple[str, ...] = ()) -> dict[str, Any]:
        """Plain values, for `evaluation.json`."""

        def named(rows: list[dict[str, float]]) -> list[dict[str, Any]]:
            return [
                {"name": names[number] if number < len(names) else str(number), **row}
                for number, row in enumerate(rows)
            ]

        return {
            "loss": self.loss,
            "accuracy": self.accuracy,
            "correct": self.correct,
            "judged": self.judged,
            **self.figures,
            "classes": named(self.per_class()),
            "confusion": [list(row) for row in self.confusion],
            **({"joints": named(self.per_joint())} if self.joints else {}),
        }


class Judge:
    """Takes batches, then gives the `Judgement` over all of them.

    `task` and `classes` are the data's; several processes then ask for the same sums, even where one of
    them has had no batch.
    """

    def __init__(
        self, task: str, classes: int, device: torch.device | str = "cpu", world: World | None = None
    ) -> None:
        self._world = world or World()
        self._masks = task == "segmentation"
        self._points = task == "keypoints"
        self._top5 = task == "classification" and classes > 5
        # loss, weight, right, judged, among the first five
        self._sums = torch.zeros(5, dtype=torch.float64, device=device)
        size = max(classes, 2)  # one output alone stands for no and yes
        # Found, and labelled, of each joint.
        self._joints = torch.zeros(2, classes if self._points else 0, dtype=torch.int64, device=device)
        self._confusion: Tensor | None = None
        if not self._points and size <= LARGEST_MATRIX:
            self._confusion = torch.zeros(size, size, dtype=torch.int64, device=device)

    @torch.no_grad()
    def add(self, loss: Tensor, output: Tensor, targets: Tensor) -> None:
        """A batch: its mean loss, which weighs as many images, or pixels that count, as it has, and what it is of."""
        if _are_heat_maps(output, targets):
            near, there = _near(output, targets)
            if self._points:
                self._joints += torch.stack([near.sum(0), there.sum(0)])
            counts = [near.sum(), there.sum(), near.new_zeros((), dtype=torch.int64)]
        else:
            counts = self._count_classes(output, targets)
        weight = counts[1].double() if self._masks else loss.new_full((), len(output), dtype=torch.float64)
        self._sums += torch.stack([loss.detach() * weight, weight, *(each.double() for each in counts)])

    def _count_classes(self, output: Tensor, targets: Tensor) -> list[Tensor]:
        """How many were right, of how many, and right among the first five; fills the matrix."""
        truth, predicted = _classes(output, targets)
        counted = truth != IGNORED
        right = (predicted == truth) & counted
        top5 = right.new_zeros((), dtype=torch.int64)
        if self._top5:
            top5 = (output.topk(5, 1).indices == truth.unsqueeze(1)).sum()
        if self._confusion is not None:
            cells = (truth.clamp(min=0) * len(self._confusion) + predicted).flatten()
            # Ignored ones add nothing, to whatever cell.
            self._confusion.view(-1).index_add_(0, cells, counted.flatten().to(torch.int64))
        return [right.sum(), counted.sum(), top5]

    def result(self) -> Judgement:
        """Over every batch of every process. Waits for the device."""
        loss, weight, right, judged, top5 = self._world.total(self._sums).tolist()
        figures: dict[str, float] = {}
        confusion: tuple[tuple[int, ...], ...] = ()
        if self._top5:
            figures["top5"] = top5 / weight
        joints: tuple[tuple[int, int], ...] = ()
        if self._points:
            figures["pck"] = right / max(judged, 1)
            found, labelled = self._world.total(self._joints).tolist()
            joints = tuple(zip(found, labelled, strict=True))
        if self._confusion is not None:
            matrix = self._world.total(self._confusion).cpu()
            confusion = tuple(tuple(row) for row in matrix.tolist())
            if self._masks:
                figures["mean_iou"] = mean_iou(matrix)
        loss, accuracy = loss / max(weight, 1), right / max(judged, 1)
        return Judgement(loss, accuracy, int(right), int(judged), figures, confusion, joints)


def mean_iou(confusion: Tensor) -> float:
    """Mean intersection over union of the classes that are there, or were predicted: (K, K) -> a share."""
    both = confusion.diagonal().double()
    either = (confusion.sum(0) + confusion.sum(1)).double() - both
    seen = either > 0
    return float((both[seen] / either[seen]).mean()) if bool(seen.any()) else 0.0


def _are_heat_maps(output: Tensor, targets: Tensor) -> bool:
    return targets.is_floating_point() and targets.ndim == 4 and output.ndim == 4


def _classes(output: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """True and predicted classes: (N,) or (N, H, W). One output alone says yes above 0."""
    targets = fitted_targets(output, targets)
    if targets.is_floating_point():
        targets = targets.argmax(1) if targets.ndim == output.ndim else targets.long()
    # On a CPU `max` goes through maps several times as fast as `argmax`, and finds the same place.
    predicted = output.max(1).indices if output.shape[1] > 1 else (output.squeeze(1) > 0).long()
    return targets, predicted


def _near(output: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Which key points' peaks lie within `PCK_REACH` of the true ones, and which exist: (N, K) each.

    PCK: percentage of correct keypoints (Yang and Ramanan 2013), its length the map's longer side. A
    map without any heat has no key point, and neither has one of NaN, which nobody labelled.
    """
    targets = fitted_targets(output, targets)
    width = targets.shape[-1]
    there = targets.flatten(2).amax(2) > 0
    true, found = targets.flatten(2).argmax(2), output.flatten(2).argmax(2)
    down, across = (true // width - found // width).double(), (true % width - found % width).double()
    reach = PCK_REACH * max(targets.shape[-2:])
    return (torch.hypot(down, across) <= reach) & there, there
