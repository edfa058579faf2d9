"""Recipes that `test_eject` writes scripts of: together they use every part that a script can have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from tests.training.sources import write_cifar_binary, write_cifar_python, write_folders

CLASSES = "image -> conv(6, 3) -> bn -> relu -> gap -> flatten -> fc: linear({classes})"
MAPS = "image -> conv(6, 3) -> bn -> relu -> head: conv({classes}, 3, bias = true)"


@dataclass(frozen=True)
class Case:
    """`recipe` without data, epochs and batch; `body` is the network's, of an image of `size`."""

    recipe: str = "optimizer = sgd(lr = 0.05)"
    data: str = "digits"
    size: tuple[int, int, int] = (1, 8, 8)
    classes: int = 10
    body: str = CLASSES
    batch: int = 128
    epochs: int = 2
    files: Callable[[], object] | None = None


def write(case: Case) -> Path:
    if case.files is not None and not Path("data").exists():
        case.files()
    body = case.body.format(classes=case.classes)
    body = body if "\n" in body else f"return {body}"
    Path("tiny.rdl").write_text(
        f"model tiny {{\n  input image {list(case.size)}\n  {body}\n}}\n\n"
        f"train quick for tiny {{\n  data = {case.data}\n  epochs = {case.epochs}\n"
        f"  batch = {case.batch}\n  {case.recipe}\n}}\n"
    )
    return Path("tiny.rdl")


def drawn(task: str, size: tuple[int, int, int], more: str = "", images: int = 80) -> str:
    return f"synthetic(task = {task}, images = {images}, size = {list(size)}{more})"


HEADS = """x = image -> conv(4, 3) -> bn -> relu
  aux side = x -> gap -> flatten -> head: linear({classes})
  aux other = x -> gap -> flatten -> second: linear({classes})
  return x -> conv(8, 3) -> bn -> relu -> dropout(0.2) -> gap -> flatten -> fc: linear({classes})"""
SGD = "optimizer = sgd(lr = 0.05, momentum = 0.9)\n  "
RGB = (3, 16, 12)
SQUARE = (3, 16, 16)
GRATINGS = Case(data=drawn("gratings", RGB), size=RGB, batch=16)
SHAPES = Case(
    data=drawn("shapes", SQUARE),
    size=SQUARE,
    classes=4,
    body=MAPS,
    batch=16,
)
POINTS = Case(
    data=drawn("keypoints", SQUARE, ", classes = 3, stride = 2"),
    size=SQUARE,
    classes=3,
    body="image -> conv(6, 3, stride = 2) -> bn -> relu -> head: conv({classes}, 3, bias = true)",
    batch=16,
)
EVERY = """augment = [flip(probability = 0.4), random_resized_crop(size = 12), rotation(degrees = 20),
    elastic(grid = 4, deviation = 1.5), crop(pad = 2)]"""
COLOURS = "augment = [color_jitter(hue = 0.1), lighting, erase(probability = 0.8), flip(vertical = true)]"

CASES: dict[str, Case] = {
    "plain": Case(),
    "onecycle": Case(
        "optimizer = sgd(lr = 0.1, momentum = 0.9, nesterov = true, weight_decay = 5e-4)\n"
        "  schedule = onecycle\n  label_smoothing = 0.1\n  augment = shift(pixels = 1)"
    ),
    "cosine": Case(
        "optimizer = adamw(lr = 0.01)\n  schedule = cosine(final = 0.1)\n  warmup = linear(steps = 5)\n"
        "  decay_norms = false\n  clip = 1.0\n  augment = [crop(pad = 2), flip]"
    ),
    "polynomial": Case(
        "optimizer = rmsprop(lr = 0.001, momentum = 0.9)\n  schedule = polynomial\n"
        "  warmup = flat(epochs = 0.5)\n  accumulate = 2"
    ),
    "step": Case("optimizer = sgd(lr = 0.1)\n  schedule = step(milestones = [1])\n  seed = 7"),
    "plateau": Case(
        "optimizer = sgd(lr = 0.5)\n  schedule = plateau(factor = 0.5, patience = 1)\n  warmup = linear(steps = 3)",
        epochs=6,
    ),
    "heads": Case(SGD + "aux_weights = [0.5, 0.25]\n  ema = 0.9", body=HEADS),
    "alike heads": Case(SGD + "accumulate = 4", body=HEADS),
    "mixup": replace(GRATINGS, recipe=SGD + "mixup = 0.4\n  label_smoothing = 0.1\n  ema = 0.99"),
    "cutmix": replace(GRATINGS, recipe=SGD + "cutmix = 1.0\n  loss = binary_cross_entropy"),
    "both": replace(GRATINGS, recipe=SGD + "mixup = 0.2\n  cutmix = 1.0\n  loss = mse"),
    "noise": Case(SGD + "loss = mse", data=drawn("noise", (2, 8, 8)), size=(2, 8, 8), batch=16),
    "binary": Case(
        SGD + "loss = binary_cross_entropy\n  label_smoothing = 0.1",
        data=drawn("gratings", RGB, ", classes = 2, noise = 0.0"),
        size=RGB,
        classes=1,
        batch=16,
    ),
    "yes or no": Case(
        SGD + "loss = binary_cross_entropy",
        data=drawn("noise", (1, 8, 8), ", classes = 2"),
        size=(1, 8, 8),
        classes=2,
        batch=16,
    ),
    "colours": replace(GRATINGS, recipe=SGD + COLOURS),
    "colours of one channel": Case(SGD + COLOURS),
    "moved": Case(SGD + EVERY, data=drawn("gratings", SQUARE), size=(3, 12, 12), batch=16),
    "trivial": replace(GRATINGS, recipe=SGD + "augment = trivial_augment"),
    "trivial, one channel": Case(SGD + "augment = trivial_augment"),
    "rand": replace(GRATINGS, recipe=SGD + "augment = rand_augment(operations = 3, magnitude = 12)"),
    "masks": replace(SHAPES, recipe=SGD + EVERY.replace("12", "16")),
    "masks in colours": replace(
        SHAPES, recipe=SGD + "augment = [trivial_augment, shift(pixels = 2)]\n  loss = dice_cross_entropy"
    ),
    "masks, rand": replace(
        SHAPES, recipe=SGD + "augment = [rand_augment, crop(size = 12)]\n  loss = binary_cross_entropy"
    ),
    "masks, plain": replace(SHAPES, recipe=SGD),
    "masks, in parts": replace(SHAPES, recipe=SGD + "accumulate = 4\n  augment = crop(pad = 6)"),
    "small masks, in parts": replace(
        SHAPES,
        recipe=SGD
        + "loss = dice_cross_entropy\n  accumulate = 2\n  aux_weights = [0.5, 0.25]\n  augment = crop(pad = 5)",
        body="""x = image -> conv(4, 3) -> bn -> relu
  aux side = x -> one: conv({classes}, 1)
  aux other = x -> two: conv({classes}, 3)
  return x -> head: conv({classes}, 3, pad = 0)""",
    ),
    "masks of yes or no, in parts": replace(
        SHAPES,
        recipe=SGD + "loss = binary_cross_entropy\n  accumulate = 2\n  augment = crop(pad = 6)",
        data=drawn("shapes", SQUARE, ", classes = 2"),
        classes=1,
    ),
    "smaller masks": replace(
        SHAPES,
        recipe=SGD + "loss = dice_cross_entropy(dice = 0.5)",
        body=MAPS.replace("{classes}, 3", "{classes}, 3, pad = 0"),
    ),
    "points": replace(POINTS, recipe=SGD + "loss = mse"),
    "points moved": replace(POINTS, recipe=SGD + "loss = mse\n  " + EVERY.replace("12", "16")),
    "points varied": replace(
        POINTS, recipe=SGD + "loss = mse\n  augment = [trivial_augment, shift(pixels = 2)]"
    ),
    "cifar10": Case(
        SGD + "augment = [crop(pad = 4), flip]",
        'cifar10(folder = "data", validation = 20)',
        (3, 32, 32),
        batch=20,
        files=lambda: write_cifar_binary(Path("data"), 20),
    ),
    "cifar100": Case(
        SGD,
        'cifar100(folder = "data", validation = 100)',
        (3, 32, 32),
        100,
        batch=50,
        files=lambda: write_cifar_binary(Path("data/cifar-100-binary"), 400, fine=True),
    ),
    "cifar10 for python": Case(
        SGD,
        'cifar10(folder = "data", validation = 20)',
        (3, 32, 32),
        batch=20,
        files=lambda: write_cifar_python(Path("data/cifar-10-batches-py"), 20),
    ),
    "cifar100 for python": Case(
        SGD,
        'cifar100(folder = "data", validation = 100)',
        (3, 32, 32),
        100,
        batch=50,
        files=lambda: write_cifar_python(Path("data"), 400, fine=True),
    ),
}


def folders(*parts: str) -> Callable[[], object]:
    def make() -> None:
        for part in parts or ("",):
            write_folders(
                Path("data", part), ["apple", 'pear\'s "fruit"'], 24 if part in {"", "train"} else 6
            )

    return make


PICTURES = Case(data='images(folder = "data", size = 10)', size=(3, 8, 8), classes=2, batch=10)
CASES |= {
    "pictures": replace(PICTURES, recipe=SGD + "augment = crop(size = 8)", files=folders()),
    "pictures in two parts": replace(
        PICTURES, recipe=SGD + "augment = random_resized_crop(size = 8)", files=folders("train", "val")
    ),
    "pictures in three parts": replace(
        PICTURES, recipe=SGD, size=(3, 10, 10), files=folders("train", "val", "test")
    ),
}

QUICK = ["onecycle", "mixup", "colours", "masks", "points", "cifar10", "pictures"]
SLOW = [name for name in CASES if name not in QUICK]
