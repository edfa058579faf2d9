"""What `metrics.jsonl` holds of losses that are not finite, and how they rank."""

from __future__ import annotations

import json
from math import inf, isnan, nan
from pathlib import Path

from resnet_dsl.training.metrics import EpochRecord, MetricsLog


def record(epoch: int, loss: float) -> EpochRecord:
    return EpochRecord(epoch, 10 * epoch, 0.1, 2.0, 0.5, loss, 0.5, 1000.0, 1.0)


def test_the_lines_are_json_and_are_read_back(tmp_path: Path) -> None:
    def refuse(word: str) -> None:
        raise AssertionError(word)

    path = tmp_path / "metrics.jsonl"
    log = MetricsLog(path, 0)
    for epoch, loss in enumerate((inf, nan, 1.5), 1):
        log.add_epoch(record(epoch, loss))
    lines = [json.loads(line, parse_constant=refuse) for line in path.read_text().splitlines()]
    assert [line["validation_loss"] for line in lines] == [None, None, 1.5]
    again = MetricsLog(path, 3)
    assert isnan(again.epochs[0].validation_loss)
    assert again.epochs[2] == log.epochs[2]


def test_a_finite_loss_beats_one_that_is_not() -> None:
    for bad in (inf, nan):
        assert record(2, 3.0).rank > record(1, bad).rank
        assert not record(2, bad).rank > record(1, 3.0).rank
