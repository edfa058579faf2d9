"""What judging a batch costs beside torchmetrics: the same figures of the same outputs.

    python benchmarks/judging.py [--rounds 15]

CPU time of one thread, medians; both take each batch in turn, so that a slow spell of the machine
meets both. torchmetrics keeps a confusion matrix, from which it has all but top-5, and top-5 where
there are more than five classes. Prints Markdown, and exits with 1 where the figures differ.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from statistics import median
from time import process_time

import torch
from torch import Tensor

from resnet_dsl.training.judging import Judge

Cases = dict[str, tuple[str, int, tuple[int, ...], tuple[int, ...]]]
CASES: Cases = {
    "359 digits, 10 classes": ("classification", 10, (359, 10), (359,)),
    "1,024 images, 1,000 classes": ("classification", 1_000, (1_024, 1_000), (1_024,)),
    "masks of 8 x 256 x 256, 21 classes": ("segmentation", 21, (8, 21, 256, 256), (8, 256, 256)),
}


def timed(work: Callable[[], None]) -> float:
    started = process_time()
    work()
    return (process_time() - started) * 1e3


def compared(
    task: str, classes: int, outputs: Tensor, targets: Tensor, rounds: int
) -> tuple[float, float, bool]:
    """Milliseconds of ours and of theirs, and whether both matrices are the same."""
    from torchmetrics import Metric
    from torchmetrics.classification import MulticlassAccuracy, MulticlassConfusionMatrix

    judge, loss = Judge(task, classes), torch.zeros(())
    matrix = MulticlassConfusionMatrix(classes, ignore_index=-100, validate_args=False)
    metrics: list[Metric] = [matrix]
    if task == "classification" and classes > 5:
        metrics.append(MulticlassAccuracy(classes, top_k=5, average="micro", validate_args=False))

    def theirs() -> None:
        for metric in metrics:
            metric.update(outputs, targets)

    pairs = [(timed(lambda: judge.add(loss, outputs, targets)), timed(theirs)) for _ in range(rounds)]
    same = torch.equal(torch.tensor(judge.result().confusion), matrix.compute())
    ours, other = (median(each) for each in zip(*pairs, strict=True))
    return ours, other, same


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    started = process_time()
    import torchmetrics

    seconds = process_time() - started
    print(f"torch {torch.__version__}, torchmetrics {torchmetrics.__version__}, imported in {seconds:.2f} s")
    print("\n| batch | ours, ms | torchmetrics, ms |\n|---|---|---|")
    agree = True
    for name, (task, classes, shape, labels) in CASES.items():
        draws = torch.Generator().manual_seed(0)
        outputs = torch.randn(shape, generator=draws)
        targets = torch.randint(0, classes, labels, generator=draws)
        ours, other, same = compared(task, classes, outputs, targets, rounds)
        agree = agree and same
        print(f"| {name} | {ours:.2f} | {other:.2f} |{'' if same else ' the figures differ'}")
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main())
