"""`metrics.jsonl`: one JSON object a line, appended as the run goes; a loss that is not finite is null.

A line is either an epoch's or, at the end, the test's. When a run goes on, lines past the
checkpoint are dropped first, so that no epoch stands there twice.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from math import inf, isfinite, nan
from pathlib import Path
from typing import Any

from resnet_dsl.training.checkpoint import write_whole, writing
from resnet_dsl.training.errors import TrainingError
from resnet_dsl.training.plain_json import json_text


@dataclass(frozen=True, slots=True)
class EpochRecord:
    """One epoch, counted from 1; losses are means, with the recipe's label smoothing in both.

    Accuracies are of images, of pixels where there are masks, of key points where there are heat
    maps. `figures` are further ones of the validation part; `data_wait`, `utilisation` (MFU) and
    `byte_share` are shares as in `throughput.Pace`; `skipped_steps` went without an update because their
    loss was not finite; `bad_samples` could not be read so far.
    """

    epoch: int
    steps: int
    learning_rate: float
    training_loss: float
    training_accuracy: float
    validation_loss: float
    validation_accuracy: float
    images_per_second: float
    seconds: float
    figures: dict[str, float] = field(default_factory=dict)
    data_wait: float = 0.0
    utilisation: float | None = None
    byte_share: float | None = None
    skipped_steps: int = 0
    bad_samples: int = 0

    @property
    def rank(self) -> tuple[float, float]:
        """Higher is better: by mean IoU where there are masks, else validation accuracy; then by loss.

        A loss that is not finite, NaN among them, is worse than any other.
        """
        loss = self.validation_loss if isfinite(self.validation_loss) else inf
        return self.figures.get("mean_iou", self.validation_accuracy), -loss


@dataclass(frozen=True, slots=True)
class TestRecord:
    """The held-out part under the weights of `best_epoch`.

    `test_images` are what `test_correct` is of: images, or pixels or key points. `bad_samples` could not be read
    in the whole run.
    """

    best_epoch: int
    test_loss: float
    test_accuracy: float
    test_correct: int
    test_images: int
    figures: dict[str, float] = field(default_factory=dict)
    bad_samples: int = 0

    __test__ = False  # pytest takes classes of this name for tests


class MetricsLog:
    """The file, and the epochs it holds. Of several processes one `writes`."""

    def __init__(self, path: Path, epochs_done: int, *, writes: bool = True) -> None:
        """Opens the log of a run that has finished `epochs_done` epochs; drops what lies beyond."""
        self.path, self.writes = path, writes
        self.epochs: list[EpochRecord] = _read_epochs(path)[:epochs_done] if epochs_done else []
        if len(self.epochs) != epochs_done:
            reason = f"it lacks some of the {epochs_done} epochs of the checkpoint"
            raise TrainingError("RDL906", path=str(path), reason=reason)
        if writes:
            write_whole(path, "".join(_line("epoch", asdict(record)) for record in self.epochs).encode())

    def add_epoch(self, record: EpochRecord) -> None:
        self.epochs.append(record)
        self._append(_line("epoch", asdict(record)))

    def add_test(self, record: TestRecord) -> None:
        self._append(_line("test", asdict(record)))

    def _append(self, line: str) -> None:
        if not self.writes:
            return
        with writing(self.path), self.path.open("a", encoding="utf-8") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())


_LOSSES = ("training_loss", "validation_loss")  # what null stands for NaN in


def _line(event: str, values: dict[str, Any]) -> str:
    return json_text({"event": event, **values}) + "\n"


def _read_epochs(path: Path) -> list[EpochRecord]:
    """The epochs of a log, up to the first line that a crash left incomplete."""
    records: list[EpochRecord] = []
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TrainingError("RDL906", path=str(path), reason=f"it cannot be read ({error})") from error
    for line in text.splitlines():
        try:
            values = json.loads(line)
            if values.pop("event") == "epoch":
                losses = {name: nan for name in _LOSSES if values[name] is None}
                records.append(EpochRecord(**{**values, **losses}))
        except (ValueError, TypeError, AttributeError, KeyError):
            break
    return records
