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
class _Cifar(_Named):
    """CIFAR from a folder that holds its binary or its Python form."""

    folder: str
    validation_images: int


class Cifar10(_Cifar):
    """CIFAR-10."""

    kind: ClassVar[str] = "cifar10"
    __slots__ = ()


class Cifar100(_Cifar):
    """CIFAR-100, with its 100 fine classes."""

    kind: ClassVar[str] = "cifar100"
    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Shards(_Named):
    """Memory-mapped pixels that `resnet-dsl data prepare` wrote."""

    kind: ClassVar[str] = "shards"
    folder: str


@dataclass(frozen=True, slots=True)
class _Squares(_Named):
    """Image files in `folder`, read as squares of `size` pixels."""

    folder: str
    size: int


class ImageFolder(_Squares):
    """A folder a class, perhaps inside folders `train`, `val` and `test`."""

    kind: ClassVar[str] = "images"
    __slots__ = ()


class WebDataset(_Squares):
    """Tar files of images and classes, as the package webdataset reads them."""

    kind: ClassVar[str] = "webdataset"
    __slots__ = ()


class CocoMasks(_Squares):
    """Images with segmentation masks in COCO's format: class 0 is the background."""

    kind: ClassVar[str] = "coco"
    __slots__ = ()


@dataclass(frozen=True, slots=True)
class CocoKeypoints(_Named):
    """People, or whatever has joints, in COCO's format: `size` is (height, width) of what is cut out for one.

    A frame is its box, `margin` times as large, and widened to the aspect of `size`; heat maps have a place for
    `stride` x `stride` pixels.
    """

    kind: ClassVar[str] = "coco_keypoints"
    folder: str
    size: tuple[int, ...]
    stride: int
    margin: float


@dataclass(frozen=True, slots=True)
class HubFolder(_Squares):
    """What `save_to_disk` of the package datasets wrote."""

    kind: ClassVar[str] = "hf_datasets"
    image_column: str
    label_column: str


DataSource = (
    Synthetic | Cifar10 | Cifar100 | ImageFolder | Shards | WebDataset | HubFolder | CocoMasks | CocoKeypoints
)
