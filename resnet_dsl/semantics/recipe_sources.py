"""Where a recipe's data comes from: one class for each word that takes arguments.

Folders are paths as the recipe writes them, from where the command runs. `size` is in pixels: what
lies on the disk is resized to a short side of `size` and cut to a square of it, in the middle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


class _Named:
    """Prints as its word."""

    kind: ClassVar[str]
    __slots__ = ()

    def __str__(self) -> str:
        return self.kind


@dataclass(frozen=True, slots=True)
class Synthetic(_Named):
    """Images drawn by the program: (channels, height, width) is `size`."""

    kind: ClassVar[str] = "synthetic"
    task: str
    images: int
    size: tuple[int, ...]
    classes: int
    noise: float
    stride: int
    seed: int

    def __str__(self) -> str:
        return f"synthetic {self.task}"


@dataclass(frozen=True, slots=True)
class Cifar10(_Named):
    """CIFAR-10 from a folder that holds its binary or its Python form."""

    kind: ClassVar[str] = "cifar10"
    folder: str
    validation_images: int


@dataclass(frozen=True, slots=True)
class Cifar100(_Named):
    """CIFAR-100, with its 100 fine classes, from a folder with its binary or its Python form."""

    kind: ClassVar[str] = "cifar100"
    folder: str
    validation_images: int


@dataclass(frozen=True, slots=True)
class ImageFolder(_Named):
    """A folder a class, perhaps inside folders `train`, `val` and `test`."""

    kind: ClassVar[str] = "images"
    folder: str
    size: int


@dataclass(frozen=True, slots=True)
class Shards(_Named):
    """Memory-mapped pixels that `resnet-dsl data prepare` wrote."""

    kind: ClassVar[str] = "shards"
    folder: str


@dataclass(frozen=True, slots=True)
class WebDataset(_Named):
    """Tar files of images and classes, as the package webdataset reads them."""

    kind: ClassVar[str] = "webdataset"
    folder: str
    size: int


@dataclass(frozen=True, slots=True)
class HubFolder(_Named):
    """What `save_to_disk` of the package datasets wrote."""

    kind: ClassVar[str] = "hf_datasets"
    folder: str
    size: int
    image_column: str
    label_column: str


@dataclass(frozen=True, slots=True)
class CocoMasks(_Named):
    """Images with segmentation masks in COCO's format: class 0 is the background."""

    kind: ClassVar[str] = "coco"
    folder: str
    size: int


DataSource = Synthetic | Cifar10 | Cifar100 | ImageFolder | Shards | WebDataset | HubFolder | CocoMasks
