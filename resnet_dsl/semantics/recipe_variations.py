"""What a recipe's `augment` can say, as values: each class is one word with its arguments, checked.

`kind` is that word. Angles are in degrees, lengths in pixels; everything else is a fraction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Shift:
    """Move each training image by up to `pixels` along both axes; zeros come in at the edge."""

    kind: ClassVar[str] = "shift"
    pixels: int


@dataclass(frozen=True, slots=True)
class Crop:
    """A square of `size` pixels at random from the image with `pad` pixels of zeros around it.

    A size of 0 is the image's own.
    """

    kind: ClassVar[str] = "crop"
    pad: int
    size: int


@dataclass(frozen=True, slots=True)
class RandomResizedCrop:
    """A box of random area and aspect ratio, resized to `size` x `size` pixels."""

    kind: ClassVar[str] = "random_resized_crop"
    size: int
    area_fractions: tuple[float, ...]
    aspect_ratios: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Flip:
    """Mirror left and right, or with `vertical` up and down, with `probability`."""

    kind: ClassVar[str] = "flip"
    probability: float
    vertical: bool


@dataclass(frozen=True, slots=True)
class Rotation:
    """Turn by up to `degrees` either way and zoom by a factor of 1 - `zoom` to 1 + `zoom`."""

    kind: ClassVar[str] = "rotation"
    degrees: float
    zoom: float


@dataclass(frozen=True, slots=True)
class Elastic:
    """Bend: random displacements of a `grid` x `grid` mesh, `deviation_pixels` strong, smooth between."""

    kind: ClassVar[str] = "elastic"
    grid: int
    deviation_pixels: float


@dataclass(frozen=True, slots=True)
class ColorJitter:
    """Brightness, contrast and saturation times 1 - x to 1 + x; hue turned by up to x of a circle."""

    kind: ClassVar[str] = "color_jitter"
    brightness: float
    contrast: float
    saturation: float
    hue: float


@dataclass(frozen=True, slots=True)
class Lighting:
    """Add ImageNet's principal components of colour, each times a normal draw of `deviation`."""

    kind: ClassVar[str] = "lighting"
    deviation: float


@dataclass(frozen=True, slots=True)
class Erase:
    """With `probability`, set a box of random area and aspect ratio to the image's mean colour."""

    kind: ClassVar[str] = "erase"
    probability: float
    area_fractions: tuple[float, ...]
    aspect_ratios: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class TrivialAugment:
    """One operation an image, at a strength drawn evenly from `bins` levels."""

    kind: ClassVar[str] = "trivial_augment"
    bins: int


@dataclass(frozen=True, slots=True)
class RandAugment:
    """`operations` operations an image, one after the other, at strength `magnitude` of 30."""

    kind: ClassVar[str] = "rand_augment"
    operations: int
    magnitude: int


Augmentation = (
    Shift
    | Crop
    | RandomResizedCrop
    | Flip
    | Rotation
    | Elastic
    | ColorJitter
    | Lighting
    | Erase
    | TrivialAugment
    | RandAugment
)
