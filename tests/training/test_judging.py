"""Figures of outputs, beside scikit-learn's and torchmetrics'."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from sklearn import metrics
from torchmetrics.functional import classification

from resnet_dsl.training.judging import Judge, Judgement, hits
from resnet_dsl.training.losses import IGNORED
from resnet_dsl.training.world import World


def judged(
    outputs: torch.Tensor, targets: torch.Tensor, batch: int = 7, world: World | None = None
) -> Judgement:
    task = {1: "classification", 3: "segmentation", 4: "keypoints"}[targets.ndim]
    judge = Judge(task, outputs.shape[1], world=world)
    for start in range(0, len(outputs), batch):
        part = slice(start, start + batch)
        judge.add(outputs[part].float().mean(), outputs[part], targets[part])
    return judge.result()


def test_classes_are_counted_as_scikit_learn_counts() -> None:
    generator = torch.Generator().manual_seed(1)
    outputs = torch.randn(50, 8, generator=generator)
    targets = torch.randint(0, 8, (50,), generator=generator)
    found, truth, predicted = judged(outputs, targets), targets.numpy(), outputs.argmax(1).numpy()
    assert found.accuracy == pytest.approx(metrics.accuracy_score(truth, predicted))
    top5 = metrics.top_k_accuracy_score(truth, outputs.numpy(), k=5, labels=range(8))
    assert found.figures["top5"] == pytest.approx(top5)
    assert found.confusion == tuple(
        map(tuple, metrics.confusion_matrix(truth, predicted, labels=range(8)).tolist())
    )
    precision, recall, _, count = metrics.precision_recall_fscore_support(
        truth, predicted, labels=range(8), zero_division=0
    )
    rows = found.per_class()
    assert [row["precision"] for row in rows] == pytest.approx(list(precision))
    assert [row["recall"] for row in rows] == pytest.approx(list(recall))
    assert [row["count"] for row in rows] == list(count)
    assert found.loss == pytest.approx(float(outputs.mean()), abs=1e-6), (
        "a mean over samples, not over batches"
    )
    assert found.score == found.accuracy


def test_masks_give_mean_iou_and_leave_ignored_pixels_out() -> None:
    generator = torch.Generator().manual_seed(2)
    outputs = torch.randn(9, 3, 6, 5, generator=generator)
    masks = torch.randint(0, 3, (9, 6, 5), generator=generator)
    masks[0] = IGNORED
    found = judged(outputs, masks)
    counted = masks != IGNORED
    truth, predicted = masks[counted].numpy(), outputs.argmax(1)[counted].numpy()
    assert found.judged == 8 * 30
    assert found.accuracy == pytest.approx(metrics.accuracy_score(truth, predicted))
    iou = metrics.jaccard_score(truth, predicted, average="macro")
    assert found.figures == {"mean_iou": pytest.approx(iou)}
    assert found.score == found.figures["mean_iou"]


def test_a_smaller_map_is_judged_on_the_middle_of_the_mask() -> None:
    mask = torch.zeros(1, 6, 6, dtype=torch.int64)
    mask[:, 2:4, 2:4] = 1
    outputs = torch.stack([torch.zeros(1, 2, 2), torch.ones(1, 2, 2)], 1)
    assert judged(outputs, mask).accuracy == 1.0


def test_key_points_count_when_their_peaks_are_near() -> None:
    targets = torch.zeros(1, 3, 20, 20)
    outputs = torch.zeros(1, 3, 20, 20)
    targets[0, 0, 5, 5] = targets[0, 1, 10, 10] = 1.0  # the third is not there
    outputs[0, 0, 5, 7] = outputs[0, 1, 10, 13] = outputs[0, 2, 0, 0] = 1.0  # 2 pixels away, and 3
    found = judged(outputs, targets)
    assert (found.correct, found.judged) == (1, 2)
    assert found.figures == {"pck": found.accuracy}


def test_mixed_labels_and_a_single_output() -> None:
    shares = torch.tensor([[0.2, 0.8], [0.6, 0.4]])
    right, of = hits(torch.tensor([[0.0, 1.0], [0.0, 1.0]]), shares)
    assert (int(right), int(of)) == (1, 2)
    right, of = hits(torch.tensor([[2.0], [-1.0], [0.5]]), torch.tensor([1, 0, 0]))
    assert (int(right), int(of)) == (2, 3)


@pytest.mark.parametrize("classes", [3, 6, 40])
def test_classes_are_judged_as_torchmetrics_judges(classes: int) -> None:
    generator = torch.Generator().manual_seed(classes)
    outputs = torch.randn(200, classes, generator=generator)
    targets = torch.randint(0, classes - 1, (200,), generator=generator)  # the last class is never true
    found = judged(outputs, targets, batch=64)

    def theirs(name: str, **options: Any) -> torch.Tensor:
        figure: torch.Tensor = getattr(classification, name)(outputs, targets, num_classes=classes, **options)
        return figure

    assert found.accuracy == pytest.approx(float(theirs("multiclass_accuracy", average="micro")))
    assert torch.equal(torch.tensor(found.confusion), theirs("multiclass_confusion_matrix"))
    rows = found.per_class()
    for name, figure in (
        ("precision", "multiclass_precision"),
        ("recall", "multiclass_recall"),
        ("iou", "multiclass_jaccard_index"),
    ):
        assert [row[name] for row in rows] == pytest.approx(theirs(figure, average="none").tolist()), name
    if classes > 5:
        top5 = theirs("multiclass_accuracy", average="micro", top_k=5)
        assert found.figures == {"top5": pytest.approx(float(top5))}
    else:
        assert found.figures == {}


@pytest.mark.parametrize("absent", [(), (2,), (0, 4)], ids=["all", "one absent", "two absent"])
def test_masks_are_judged_as_torchmetrics_judges(absent: tuple[int, ...]) -> None:
    generator = torch.Generator().manual_seed(3)
    outputs = torch.randn(10, 5, 9, 7, generator=generator)
    masks = torch.randint(0, 5, (10, 9, 7), generator=generator)
    masks[torch.rand(10, 9, 7, generator=generator) < 0.2] = IGNORED
    for label in absent:  # neither true nor predicted
        masks[masks == label] = 1
        outputs[:, label] = -100.0
    found = judged(outputs, masks)

    def theirs(name: str, **options: Any) -> torch.Tensor:
        figure: torch.Tensor = getattr(classification, name)(
            outputs, masks, num_classes=5, ignore_index=IGNORED, **options
        )
        return figure

    assert found.accuracy == pytest.approx(float(theirs("multiclass_accuracy", average="micro")))
    assert torch.equal(torch.tensor(found.confusion), theirs("multiclass_confusion_matrix"))
    assert found.figures["mean_iou"] == pytest.approx(float(theirs("multiclass_jaccard_index")))


def test_a_process_without_a_batch_asks_for_the_same_sums() -> None:
    """Else the others would wait for an exchange that never comes."""

    class Counted(World):
        def __init__(self) -> None:
            self.asked: list[torch.Size] = []

        def total(self, values: torch.Tensor) -> torch.Tensor:
            self.asked.append(values.shape)
            return values + 1  # as if another process had seen something

    for task, outputs, targets in (
        ("classification", torch.randn(4, 8), torch.randint(0, 8, (4,))),
        ("segmentation", torch.randn(4, 3, 5, 5), torch.randint(0, 3, (4, 5, 5))),
        ("keypoints", torch.randn(4, 3, 5, 5), torch.rand(4, 3, 5, 5)),
    ):
        busy, idle = Counted(), Counted()
        judged(outputs, targets, world=busy)
        Judge(task, outputs.shape[1], world=idle).result()
        assert busy.asked == idle.asked, task
