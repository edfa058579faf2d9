"""What the templates are filled with: a recipe's values, and the shapes that follow from them."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

from resnet_dsl.semantics.recipe_choices import Constant, DiceCrossEntropy, Plateau
from resnet_dsl.semantics.recipe_sources import Cifar10, Cifar100, ImageFolder, Synthetic
from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.training.data.cifar import find_files
from resnet_dsl.training.data.images import TEST, TRAINING, VALIDATION, existing_folder, first_inside
from resnet_dsl.training.data.loading import check_targets
from resnet_dsl.training.data.synthetic import TASKS, USUAL_CLASSES
from resnet_dsl.training.eject import schedules
from resnet_dsl.training.eject.literals import literal
from resnet_dsl.training.eject.variations import middle_of, steps_of
from resnet_dsl.training.errors import TrainingError, wrong_output


@dataclass(frozen=True, slots=True)
class Form:
    """Shapes without the batch: of the network's input, its output, and its auxiliary outputs."""

    image: tuple[int, ...]
    output: tuple[int, ...]
    heads: tuple[tuple[int, ...], ...] = ()


def facts_of(recipe: Recipe, form: Form) -> dict[str, Any]:
    """Everything but the network. Raises `TrainingError`: RDL907, RDL956, RDL970, and where the network
    does not take the data RDL903, RDL904 or RDL976, as a run would."""
    facts = _data(recipe)
    _check(recipe, form, facts)
    size, maps = (facts["rows"], facts["columns"]), facts.get("maps", (0, 0))
    steps = list(steps_of(recipe, size, maps))
    seen = (steps[-1]["height"], steps[-1]["width"]) if steps else size
    task = facts["task"]
    labels = {"classification": (), "segmentation": seen, "keypoints": maps}[task]
    if steps and task == "keypoints":
        labels = (steps[-1]["map_rows"], steps[-1]["map_columns"])
    outputs = form.output[0]
    loss = recipe.loss.kind if isinstance(recipe.loss, DiceCrossEntropy) else recipe.loss
    in_parts = task == "segmentation" and recipe.accumulate > 1 and loss != "mse"
    return {
        "classes": outputs,
        **facts,
        "steps": [step for step in steps if facts["channels"] == 3 or step["kind"] != "lighting"],
        "middle": middle_of(recipe, size),
        "outputs": outputs,
        "kinds": max(outputs, 2),
        "predicted": "output.argmax(1)" if outputs > 1 else "(output.squeeze(1) > 0).long()",
        "fits": any(tuple(each[1:]) != tuple(labels) for each in (form.output, *form.heads) if labels),
        "loss": loss,
        "dice_weight": recipe.loss.dice_weight if isinstance(recipe.loss, DiceCrossEntropy) else 0.0,
        "smoothing": ", label_smoothing=LABEL_SMOOTHING" if recipe.label_smoothing else "",
        "heads": schedules.heads(recipe.aux_weights, in_parts=in_parts) if form.heads else "",
        "loss_call": "loss_with_heads" if form.heads else "loss_of",
        "learning_rate": schedules.learning_rate(recipe),
        "optimizer": schedules.optimizer(recipe),
        "rate": _rate(recipe),
        "plateau": recipe.schedule if isinstance(recipe.schedule, Plateau) else None,
        "mixup": recipe.mixup,
        "cutmix": recipe.cutmix,
        "mixing": bool(recipe.mixup or recipe.cutmix),
        "ema": recipe.ema,
        "clip": recipe.clip_norm,
        "accumulate": recipe.accumulate,
        "in_parts": in_parts,
        "constants": schedules.constants(
            recipe, prod((facts["channels"], *size)), ignores=task == "segmentation"
        ),
    }


def _check(recipe: Recipe, form: Form, facts: dict[str, Any]) -> None:
    name, outputs = str(recipe.data), form.output[0]
    check_targets(recipe, name, facts["task"])
    if form.image[0] != facts["channels"]:
        shape = "x".join(str(facts[each]) for each in ("channels", "rows", "columns"))
        reason = f"the network takes images of {form.image[0]} channels"
        raise TrainingError("RDL903", data=name, shape=shape, reason=reason)
    classes = facts.get("classes", outputs)  # how many folders there are is seen when the script runs
    alone = outputs == 1 and classes == 2 and recipe.loss == "binary_cross_entropy"
    if len(form.output) != (1 if facts["task"] == "classification" else 3) or (
        outputs != classes and not alone
    ):
        raise wrong_output(str(list(form.output)), name, facts["task"], classes)


def _rate(recipe: Recipe) -> str:
    """The learning rate of a step, in the body of the loop; empty where the optimizer has it for good."""
    is_fixed = isinstance(recipe.schedule, Constant | Plateau) and recipe.warmup is None
    rate = "LEARNING_RATE" if is_fixed else "learning_rate(epoch * steps + step, steps)"
    if isinstance(recipe.schedule, Plateau):
        return f"{rate} * {recipe.schedule.factor!r}**drops"
    return "" if is_fixed else rate


def _data(recipe: Recipe) -> dict[str, Any]:
    match recipe.data:
        case None:
            raise TrainingError("RDL907", recipe=recipe.name)
        case "digits":
            return _shape("digits", (1, 8, 8)) | {"of_labels": "their classes", "classes": 10}
        case Synthetic() as source:
            return _synthetic(source)
        case Cifar10() | Cifar100() as source:
            return _cifar(source)
        case ImageFolder() as source:
            return _images(source)
        case source:
            raise TrainingError("RDL956", what=f"`data = {source}`")


def _shape(data: str, size: tuple[int, ...], task: str = "classification") -> dict[str, Any]:
    channels, rows, columns = size
    return {
        "data": data,
        "task": task,
        "channels": channels,
        "rows": rows,
        "columns": columns,
        "cifar": False,
    }


def _synthetic(source: Synthetic) -> dict[str, Any]:
    task = TASKS.get(source.task, "keypoints")
    classes = source.classes or USUAL_CLASSES[source.task]
    channels, height, width = source.size
    shorter = min(height, width)
    return _shape(source.task, source.size, task) | {
        "of_labels": {"segmentation": "masks", "keypoints": "heat maps"}.get(task, "their classes"),
        "of_data": {"noise": "Random pixels", "keypoints": "Rings of dots"}.get(
            source.task, source.task.title()
        ),
        "classes": classes,
        "images": source.images,
        "data_seed": source.seed,
        "noise": source.noise,
        "stride": source.stride,
        "maps": (-(-height // source.stride), -(-width // source.stride)),
        "shorter": shorter,
        "radius_squared": max(1.0, shorter / 20) ** 2,
        "base": next(base for base in range(2, classes + 2) if base**channels > classes),
        "split_by": "labels" if task == "classification" else "torch.zeros(len(labels))",
    }


def _cifar(source: Cifar10 | Cifar100) -> dict[str, Any]:
    fine = isinstance(source, Cifar100)
    form, folder, _, _ = find_files(source)
    return _shape(source.kind, (3, 32, 32)) | {
        "cifar": True,
        "of_labels": "their classes",
        "classes": 100 if fine else 10,
        "binary": form == "binary",
        "folder": literal(str(folder)),
        "fine": fine,
        "ending": ".bin" if form == "binary" else "",
        "validation_images": source.validation_images,
        "label_bytes": 2 if fine else 1,
        "head": "a byte for the coarse class, one for the fine" if fine else "a byte for the class",
        "labels_key": "fine_labels" if fine else "labels",
    }


def _images(source: ImageFolder) -> dict[str, Any]:
    root = existing_folder(source.folder, source.kind)
    found = {
        name: first_inside(root, names)
        for name, names in (("training", TRAINING), ("validation", VALIDATION), ("test", TEST))
    }
    places = {
        name: f'FOLDER / "{place.name}"' if place and found["training"] else ""
        for name, place in found.items()
    }
    return _shape("images", (3, source.size, source.size)) | {
        **places,
        "training": places["training"] or "FOLDER",
        "home": f"({places['training']})" if places["training"] else "FOLDER",
        "folder": literal(str(root)),
    }
