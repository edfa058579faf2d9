"""Figures of outputs, beside scikit-learn's."""

from __future__ import annotations

import pytest
import torch
from sklearn import metrics

from resnet_dsl.training.judging import Judge, Judgement, hits
from resnet_dsl.training.losses import IGNORED


def judged(outputs: torch.Tensor, targets: torch.Tensor, batch: int = 7) -> Judgement:
    judge = Judge()
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


def test_mixed_labels_and_a_single_output() -> None:
    shares = torch.tensor([[0.2, 0.8], [0.6, 0.4]])
    right, of = hits(torch.tensor([[0.0, 1.0], [0.0, 1.0]]), shares)
    assert (int(right), int(of)) == (1, 2)
    right, of = hits(torch.tensor([[2.0], [-1.0], [0.5]]), torch.tensor([1, 0, 0]))
    assert (int(right), int(of)) == (2, 3)
