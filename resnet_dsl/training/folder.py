"""A run's folder: what lies in it, and how it is opened afresh or gone on with."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from shutil import rmtree
from typing import Any

import torch
from torch import Tensor

from resnet_dsl.diagnostics.visible import visible
from resnet_dsl.semantics.recipe_record import typed_values
from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.training.checkpoint import (
    link_or_copy,
    load_checkpoint,
    load_weights,
    save_checkpoint,
    save_weights,
    write_whole,
    writing,
)
from resnet_dsl.training.choices import Tracker
from resnet_dsl.training.errors import TrainingError
from resnet_dsl.training.execution import Execution
from resnet_dsl.training.identity import code_sha256, first_change, first_difference
from resnet_dsl.training.plain_json import json_text

RECIPE = "recipe.json"
ENVIRONMENT = "environment.json"
METRICS = "metrics.jsonl"
CHECKPOINT = "checkpoint.pt"
LAST = "last.safetensors"
BEST = "best.safetensors"
CURVES = "curves.svg"
EVALUATION = "evaluation.json"
PAGE = "page.html"
PICTURE = "architecture.svg"
STARTED_IN = "started_in.txt"  # where the data is a relative folder: what it is relative to, from here
UNREADABLE = "unreadable.txt"  # images, where there are such
CODE = "model.py"
SPEC = "spec"  # a folder: the spec and the files of ours that it imports
_RUN = (RECIPE, ENVIRONMENT, METRICS, CHECKPOINT, LAST, BEST, CODE, SPEC, STARTED_IN)
_SHOWN = (CURVES, EVALUATION, PAGE, PICTURE, UNREADABLE)
FILES = (*_RUN, *_SHOWN, *(each.value for each in Tracker))
_PACKAGES = ("resnet-dsl", "torch", "safetensors", "scikit-learn", "numpy")


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The folder of one run: of one recipe, one seed, one network.

    `origin` is plain data that says how network and recipe came to be, `files` among it the texts of
    the spec. Weights carry it in their metadata, so that they can be evaluated by themselves.
    """

    path: Path
    recipe: Recipe
    model_source: str
    spec_sha256: str
    origin: Mapping[str, Any] = field(default_factory=dict)

    def begin(self, execution: Execution, picture: str = "") -> Path | None:
        """Makes the folder ready for a new run; what an earlier one left moves to `earlier-N`.

        Gives the folder it moved to, if there was one.
        """
        with writing(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            aside = self._move_aside()
        if self.model_source:
            write_whole(self.path / CODE, self.model_source.encode())
        for name, text in self.origin.get("files", {}).items():
            file = self.path / SPEC / name
            with writing(file):
                file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(file, text.encode())
        data = getattr(self.recipe.data, "folder", "")
        if data and not os.path.isabs(os.path.expanduser(data)):  # noqa: PTH111, PTH117 - a text, perhaps no path
            write_whole(self.path / STARTED_IN, f"{os.path.relpath('.', self.path)}\n".encode())
        write_whole(self.path / RECIPE, _json(self.recipe.as_dict()))
        if picture:
            write_whole(self.path / PICTURE, picture.encode())
        write_whole(self.path / ENVIRONMENT, _json(environment(execution)))
        return aside

    def _move_aside(self) -> Path | None:
        left = [self.path / name for name in FILES if (self.path / name).exists()]
        left += [*self.kept_checkpoints(), *self.path.glob("shards-*-*")]
        if not left:
            return None
        number = 1
        while (aside := self.path / f"earlier-{number}").exists():
            number += 1
        aside.mkdir()
        for file in left:
            file.rename(aside / file.name)
        return aside

    def saved_state(self) -> dict[str, Any] | None:
        """The checkpoint to go on from; None where there is none. RDL906 where it is of another run."""
        path = self.path / CHECKPOINT
        if not path.exists():
            return None
        try:
            state = load_checkpoint(path)
        except TrainingError as error:
            raise self._damaged(error) from error
        recipe = state.get("recipe")
        if not isinstance(recipe, dict):
            raise TrainingError("RDL906", path=str(path), reason="it holds no recipe")
        change = first_change(typed_values(recipe), typed_values(self.recipe.as_dict()))
        if change:
            reason = f"it was begun with another recipe: {change}"
            raise TrainingError("RDL906", path=str(path), reason=reason)
        if state.get("code_sha256") != self._code_sha256:
            reason = f"the network has changed since the run was begun{self._changed_code(state)}"
            raise TrainingError("RDL906", path=str(path), reason=reason)
        return state

    def _changed_code(self, state: Mapping[str, Any]) -> str:
        """Where the network's code differs from what the run was begun with, as far as that lies there."""
        try:
            before = (self.path / CODE).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            before = ""
        if code_sha256(before) != state.get("code_sha256"):
            return ": its spec, a `--set`, or the compiler"
        return f": in its code, {visible(first_difference(before, self.model_source))}"

    def _damaged(self, error: TrainingError) -> TrainingError:
        """The same error; it names the newest earlier checkpoint that is whole, where there is one."""
        for earlier in self.kept_checkpoints():
            try:
                load_checkpoint(earlier)
            except TrainingError:
                continue
            advice = f"`{earlier.name}` beside it is whole: copy it to `{CHECKPOINT}` to go on from there"
            return TrainingError("RDL906", **error.fields, help=advice)
        return error

    def shards(self, epoch: int, step: int) -> Path:
        """Where a checkpoint's shards go, for a network that is cut into them."""
        return self.path / f"shards-{epoch:05}-{step:07}"

    def save_state(self, state: Mapping[str, Any], weights: Mapping[str, Tensor], keep: int = 1) -> None:
        """The checkpoint, and its `weights` as `last.safetensors`.

        Of earlier checkpoints the last `keep` - 1 stay, named by their epoch and step.
        """
        identity = {"recipe": self.recipe.as_dict(), "code_sha256": self._code_sha256}
        named = self.path / f"checkpoint-{state['epoch']:05}-{state['step']:07}.pt"
        save_checkpoint(self.path / CHECKPOINT, {**identity, **state})
        with writing(named):
            if keep > 1:
                link_or_copy(self.path / CHECKPOINT, named)
            for old in self.kept_checkpoints()[keep if keep > 1 else 0 :]:
                old.unlink()
        self._drop_shards(state["shards"])
        save_weights(self.path / LAST, weights, self._facts(state["epoch"], state["step"]))

    def _drop_shards(self, newest: str) -> None:
        """Removes shards that no checkpoint names any more."""
        kept = {newest, *(f"shards-{file.stem.partition('-')[2]}" for file in self.kept_checkpoints())}
        for folder in self.path.glob("shards-*-*"):
            if folder.name not in kept:
                with writing(folder):
                    rmtree(folder)

    def kept_checkpoints(self) -> list[Path]:
        """Checkpoints under their own names, the newest first; it is `checkpoint.pt` as well."""
        return sorted(self.path.glob("checkpoint-*-*.pt"), reverse=True)

    def save_evaluation(self, judgement: Mapping[str, Any]) -> None:
        write_whole(self.path / EVALUATION, _json(judgement))

    def save_page(self, html: str) -> None:
        write_whole(self.path / PAGE, html.encode())

    def save_unreadable(self, names: Iterable[str]) -> None:
        text = "".join(f"{visible(name)}\n" for name in sorted(names))
        write_whole(self.path / UNREADABLE, text.encode())

    def save_best(self, weights: Mapping[str, Tensor], epoch: int) -> None:
        save_weights(self.path / BEST, weights, self._facts(epoch, 0))

    def best_weights(self) -> dict[str, Tensor]:
        return load_weights(self.path / BEST)

    def save_curves(self, svg: str) -> None:
        write_whole(self.path / CURVES, svg.encode())

    @property
    def _code_sha256(self) -> str:
        return code_sha256(self.model_source)

    def _facts(self, epoch: int, step: int) -> dict[str, Any]:
        """What weights know of their origin: epochs finished, and steps into the next."""
        return {
            "model": self.recipe.model,
            "recipe": self.recipe.name,
            "recipe_sha256": self.recipe.sha256,
            "spec_sha256": self.spec_sha256,
            "seed": self.recipe.seed,
            "epoch": epoch,
            "step": step,
            **({"origin": dict(self.origin)} if self.origin else {}),
        }


def _json(values: Mapping[str, Any]) -> bytes:
    return (json_text(values, indent=2) + "\n").encode()


def environment(execution: Execution) -> dict[str, Any]:
    """What a figure depends on beside recipe and seed. Names no user, machine or path."""
    return {
        "python": platform.python_version(),
        "system": f"{sys.platform} {platform.machine()}",
        "cpu_cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "device": device_name(execution.device),
        "execution": execution.as_dict(),
        "packages": {name: found for name in _PACKAGES if (found := _version(name))},
    }


def device_name(device: str) -> str:
    """What torch calls the device's hardware."""
    return torch.cuda.get_device_name(device) if device.startswith("cuda") else device


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""  # not installed, so not part of the environment
