"""The training loop: one function, `train`, which steps a `Run` through its epochs.

Given a factory of modules and a checked recipe; leaves a folder with weights, metrics and curves.
The order of samples, their augmentation and the learning rate are pure functions of seed, epoch
and step, so a run that goes on from a checkpoint does exactly what it would have done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.training.conduct import Conduct
from resnet_dsl.training.data import load_dataset
from resnet_dsl.training.errors import TrainingError
from resnet_dsl.training.execution import fast_kernels
from resnet_dsl.training.fitting import check_fit
from resnet_dsl.training.folder import METRICS, RunFolder
from resnet_dsl.training.lock import held
from resnet_dsl.training.metrics import EpochRecord, MetricsLog, TestRecord
from resnet_dsl.training.randomness import derive_seed
from resnet_dsl.training.reporting import Reporter
from resnet_dsl.training.run import Run
from resnet_dsl.training.saved_state import restore
from resnet_dsl.training.stopping import StopRequest
from resnet_dsl.training.story import Story


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """What came of a run. `seconds` counts training and validation, earlier parts included."""

    folder: Path
    test: TestRecord
    best: EpochRecord
    epochs: int
    seed: int
    seconds: float


def train(
    factory: Callable[[], nn.Module],
    recipe: Recipe,
    out_dir: Path,
    *,
    seed: int | None = None,
    resume: bool = False,
    reporter: Reporter | None = None,
    model_source: str = "",
    spec_sha256: str = "",
    origin: Mapping[str, Any] | None = None,
    conduct: Conduct | None = None,
    picture: str = "",
    input_shape: tuple[int, ...] = (),
) -> TrainingResult:
    """Trains a new network of `factory` as `recipe` says and leaves everything in `out_dir`.

    The network takes (N, C, H, W) and gives (N, classes), or maps where the data's targets are maps.
    `seed` replaces the recipe's. With `resume` the run in `out_dir` goes on, or starts where there is
    none; without, what lies there is kept in a folder beside. The test part is looked at once, at
    the end, with the best weights. `picture` is an SVG of the network, for the run's page;
    `input_shape` the (C, H, W) that picture and `conduct.work` are for: images of another shape are noted.

    Raises `TrainingError` (RDL9xx), and `TrainingInterruptedError` after a signal that asks to stop.
    """
    reporter, conduct = reporter or Reporter(), conduct or Conduct()
    execution, first = conduct.execution, conduct.world.is_first
    if seed is not None:
        recipe = replace(recipe, seed=seed)
    conduct.world.check(recipe)
    data = load_dataset(recipe, stop_on_bad_sample=conduct.stop_on_bad_sample)
    torch.manual_seed(derive_seed(recipe.seed, "weights"))
    model = factory()
    other_size = check_fit(model, data, recipe, input_shape)
    if other_size:
        conduct = replace(conduct, work=None)  # which was counted for the declared input
    model = conduct.world.prepare(execution.place(model))
    torch.manual_seed(derive_seed(recipe.seed, "steps", conduct.world.rank))
    folder = RunFolder(Path(out_dir), recipe, model_source, spec_sha256, origin or {})
    run = Run(recipe, data.to(torch.device(execution.device)), model, folder, conduct)
    with held(folder.path) if first else nullcontext():
        state = folder.saved_state() if resume else None
        notes = other_size if state is None else (*other_size, *restore(run, state))
        set_aside = folder.begin(execution, picture) if state is None and first else None
        log = MetricsLog(folder.path / METRICS, run.epoch, writes=first)
        story = Story(folder, log, picture, data.bad_samples, other_size)
        story.begin()
        with StopRequest() as stop, fast_kernels(execution):
            try:
                reporter.begin(run.plan(set_aside, notes))
                while run.epoch < recipe.epochs:
                    run.train_epoch(stop, reporter)
                    record, is_best = run.close_epoch()
                    log.add_epoch(record)
                    story.tell()
                    run.save()
                    reporter.epoch(record, is_best)
                test, judgement = run.test()
                log.add_test(test)
                story.tell(test, judgement, data.class_names)
                reporter.test(test)
            except TrainingError as error:
                story.end(error.diagnostic.message)
                raise
            finally:
                reporter.end()
    best = log.epochs[test.best_epoch - 1]
    return TrainingResult(folder.path, test, best, recipe.epochs, recipe.seed, run.seconds)
