"""What can go wrong in a run through no fault of this program. Needs no torch."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from typing import Any

from resnet_dsl.diagnostics.catalog import diagnose
from resnet_dsl.diagnostics.model import Diagnostic


class TrainingError(Exception):
    """A run cannot start or go on; `diagnostic` says why, and what mends it (codes RDL9xx)."""

    def __init__(self, code: str, **fields: Any) -> None:
        self.fields = fields  # what the text is filled with
        self.diagnostic: Diagnostic = diagnose(code, None, **fields)
        super().__init__(f"{code}: {self.diagnostic.message}")

    @property
    def code(self) -> str:
        return self.diagnostic.code


class TrainingInterruptedError(TrainingError):
    """Someone asked the run to stop; it is saved, and goes on exactly there when resumed.

    `exit_code` is what shells and schedulers see of a signal: 128 and its number.
    """

    def __init__(self, signal_number: signal.Signals, **fields: Any) -> None:
        super().__init__("RDL909", signal=signal_number.name, **fields)
        self.exit_code = 128 + signal_number


def missing_package(package: str) -> TrainingError:
    """RDL901, for a package that only training needs."""
    return TrainingError("RDL901", package=package)


def wrong_output(
    given: str, data: str, task: str, classes: int, map_size: Sequence[int] = (), advice: str = ""
) -> TrainingError:
    """RDL904, for data of a `task` with `classes` classes or joints; `map_size` is (H, W) of its targets.

    `advice` is for an output that has as many, and is wrong for another reason.
    """
    what, end, shape = "classes", f"linear({classes})", [str(classes)]
    if task != "classification":
        what, end = "joints" if task == "keypoints" else what, f"conv({classes}, 1)"
        shape += [str(side) for side in map_size] or ["H", "W"]
    return TrainingError(
        "RDL904",
        given=given,
        data=data,
        classes=classes,
        what=what,
        needed=f"[{', '.join(shape)}]",
        advice=advice or f"end the model with `{end}`",
        fits=bool(advice),
    )


def first_line(error: BaseException, limit: int = 200) -> str:
    """What an exception of torch's says, without the pages that may follow."""
    lines = str(error).strip().splitlines()
    return lines[0][:limit] if lines else type(error).__name__
