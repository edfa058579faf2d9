"""The schema's data: what a recipe can train on."""

from __future__ import annotations

from typing import Any

from resnet_dsl.semantics.recipe_schema import Bounds, Choice, Field, FieldKind, number
from resnet_dsl.semantics.recipe_sources import (
    Cifar10,
    Cifar100,
    CocoKeypoints,
    CocoMasks,
    HubFolder,
    ImageFolder,
    Shards,
    Synthetic,
    WebDataset,
)

TASKS = (
    Choice("noise", "random pixels and labels; nothing can be learnt, so it measures speed"),
    Choice("gratings", "stripes; the class is their direction"),
    Choice("shapes", "discs, squares and triangles, with a mask that says which pixel is which"),
    Choice("keypoints", "a figure of coloured dots, with a heat map for each"),
)

MOST_CLASSES = {"noise": 1_000, "gratings": 180, "shapes": 4, "keypoints": 16}


def _sized(values: dict[str, Any]) -> tuple[str, str] | None:
    if len(values["size"]) != 3:
        return "`size` is channels, height and width", "size = [3, 32, 32]"
    most = MOST_CLASSES[values["task"]]
    if values["classes"] == 1 or values["classes"] > most:
        return (
            f"`{values['task']}` has 2 to {most} classes, and `classes` is {values['classes']}",
            "classes = 0",
        )
    if values["task"] == "keypoints" and any(side % values["stride"] for side in values["size"][1:]):
        return "`stride` must divide height and width", "stride = 1"
    return None


def _framed(values: dict[str, Any]) -> tuple[str, str] | None:
    size, stride = values["size"], values["stride"]
    if len(size) != 2 or (any(size) and not all(size)):
        return "`size` is height and width", "size = [256, 256]"
    if any(side % stride for side in size):
        return "`stride` must divide height and width", "stride = 1"
    return None


def _folder(example: str, meaning: str) -> Field:
    return Field("folder", FieldKind.TEXT, meaning, f'folder = "{example}"', bounds=Bounds(1, 4_096))


_CIFAR = "folder that holds the unpacked files, or the folder of them"
_SIZE = Field(
    "size",
    FieldKind.WHOLE,
    "short side of the images as they are read, in pixels; the middle square is taken; 0 is by crop and model",
    "size = 256",
    0,
    Bounds(0, 4_096),
)
_VALIDATION = Field(
    "validation",
    FieldKind.WHOLE,
    "training images set aside to pick the best weights",
    "validation = 5000",
    5_000,
    Bounds(10, 40_000),
    attribute="validation_images",
)


def _column(kind: str) -> Field:
    attribute = f"{kind}_column"
    meaning = f"name of the column with the {kind}"
    return Field(kind, FieldKind.TEXT, meaning, f'{kind} = "{kind}"', kind, Bounds(1, 200), (), attribute)


def _counted(name: str, meaning: str, default: int, least: int, most: int) -> Field:
    return Field(name, FieldKind.WHOLE, meaning, f"{name} = {default}", default, Bounds(least, most))


DATA = (
    Choice("digits", "scikit-learn's 1,797 handwritten digits, 8x8 pixels, 10 classes"),
    Choice(
        "synthetic",
        "images that the program draws; needs no files",
        (
            Field(
                "task",
                FieldKind.CHOICE,
                "what is drawn, and what is to be learnt",
                "task = gratings",
                "noise",
                choices=TASKS,
            ),
            _counted("images", "how many, all three parts together", 2_000, 10, 10_000_000),
            Field(
                "size",
                FieldKind.WHOLES,
                "channels, height and width",
                "size = [3, 32, 32]",
                (3, 32, 32),
                Bounds(1, 4_096),
            ),
            _counted(
                "classes",
                "classes, with the background, or joints; 0 is the task's usual number",
                0,
                0,
                1_000,
            ),
            number(
                "noise", "standard deviation of what is added to each pixel", 0.2, Bounds(0, 10), default=0.2
            ),
            _counted("stride", "of keypoints: pixels of the image to one of a heat map", 4, 1, 64),
            _counted("seed", "fixes the images; no part of the run's seed", 0, 0, 2**32 - 1),
        ),
        Synthetic,
        contradiction=_sized,
    ),
    Choice(
        "cifar10",
        "60,000 images, 32x32, 10 classes",
        (_folder("data/cifar10", _CIFAR), _VALIDATION),
        Cifar10,
        "Krizhevsky 2009",
    ),
    Choice(
        "cifar100",
        "60,000 images, 32x32, 100 classes",
        (_folder("data/cifar100", _CIFAR), _VALIDATION),
        Cifar100,
        "Krizhevsky 2009",
    ),
    Choice(
        "images",
        "a folder of images for each class, perhaps in folders `train`, `val` and `test`",
        (_folder("data/flowers", "folder of the folders"), _SIZE),
        ImageFolder,
    ),
    Choice(
        "shards",
        "pixels in memory-mapped files, as `resnet-dsl data prepare` writes them",
        (_folder("data/flowers-256", "folder that was written"),),
        Shards,
    ),
    Choice(
        "webdataset",
        "tar files of images and classes, as the package webdataset writes them",
        (_folder("data/tars", "folder of the tar files"), _SIZE),
        WebDataset,
    ),
    Choice(
        "hf_datasets",
        "what `save_to_disk` of Hugging Face's datasets wrote; needs the extra `hf`",
        (_folder("data/beans", "folder that was written"), _SIZE, _column("image"), _column("label")),
        HubFolder,
    ),
    Choice(
        "coco",
        "images with a class for every pixel, in COCO's format; class 0 is the background",
        (_folder("data/coco", "folder that holds `annotations` and the images' folders"), _SIZE),
        CocoMasks,
        "Lin et al. 2014, arXiv 1405.0312",
    ),
    Choice(
        "coco_keypoints",
        "one image a person with a heat map a joint, in COCO's format",
        (
            _folder("data/coco", "folder that holds `annotations` and the images' folders"),
            Field(
                "size",
                FieldKind.WHOLES,
                "height and width in pixels of what is cut out around a person; [0, 0] is by crop and model",
                "size = [256, 256]",
                (0, 0),
                Bounds(0, 4_096),
            ),
            _counted("stride", "pixels of the image to one of a heat map", 4, 1, 64),
            number(
                "margin",
                "side of what is cut out, in sides of the person's box",
                1.25,
                Bounds(1, 10),
                default=1.25,
            ),
        ),
        CocoKeypoints,
        "Lin et al. 2014, arXiv 1405.0312",
        contradiction=_framed,
    ),
)
