"""What a run leaves for people to look at, renewed as it goes: curves, a page, the evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from time import perf_counter
from typing import Any

from resnet_dsl.training.curves import render_curves
from resnet_dsl.training.data import BadSamples
from resnet_dsl.training.errors import TrainingError
from resnet_dsl.training.folder import RunFolder
from resnet_dsl.training.judging import Judgement
from resnet_dsl.training.metrics import MetricsLog, TestRecord
from resnet_dsl.training.page import render_page

SECONDS_BETWEEN_PAGES = 10.0  # epochs may be short, and a page is for people


class Story:
    """The files of one run that only people read."""

    def __init__(
        self,
        folder: RunFolder,
        log: MetricsLog,
        picture: str = "",
        bad_samples: BadSamples | None = None,
        notes: tuple[str, ...] = (),
    ) -> None:
        """`notes` are what a reader of the picture should know."""
        self._folder, self._log, self._picture = folder, log, picture
        self._notes = notes
        self._bad_samples = bad_samples or BadSamples()
        self._told = float("-inf")

    def begin(self) -> None:
        """The page of a run that starts or goes on: what is trained and how, also where it is killed at once."""
        if self._log.writes and len(self._log.epochs) < self._folder.recipe.epochs:
            self._folder.save_page(self._page())

    def tell(
        self,
        test: TestRecord | None = None,
        judgement: Judgement | None = None,
        class_names: tuple[str, ...] = (),
    ) -> None:
        """Renews them: at the end, with the test, in any case, and before only now and then."""
        if test is None and perf_counter() - self._told < SECONDS_BETWEEN_PAGES:
            return
        if not self._log.writes:
            return
        self._told = perf_counter()
        curves = render_curves(self._log.epochs, self._folder.recipe, test)
        self._folder.save_curves(curves)
        if self._bad_samples.names:
            self._folder.save_unreadable(self._bad_samples.names)
        found = None if judgement is None else judgement.as_dict(class_names)
        if found is not None:
            self._folder.save_evaluation(found)
        self._folder.save_page(self._page(test, found))

    def end(self, reason: str) -> None:
        """The page of a run that did not come to its end, with why; a disk that refuses says so elsewhere."""
        if not self._log.writes:
            return
        with suppress(TrainingError):
            if self._log.epochs:
                self._folder.save_curves(render_curves(self._log.epochs, self._folder.recipe))
            if self._bad_samples.names:
                self._folder.save_unreadable(self._bad_samples.names)
            self._folder.save_page(self._page(ended=reason))

    def _page(
        self, test: TestRecord | None = None, evaluation: Mapping[str, Any] | None = None, ended: str = ""
    ) -> str:
        recipe, records = self._folder.recipe, self._log.epochs
        return render_page(recipe, records, test, evaluation, self._picture, self._notes, ended)
