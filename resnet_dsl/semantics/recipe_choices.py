"""What a recipe's keys can be: optimizers, schedules, warm-ups, losses and augmentations.

Each class is one word of the language with its arguments, checked; `kind` is that word. Learning
rates are in the optimizer's own unit, times in epochs or steps as the name says, angles in degrees,
lengths in pixels; everything else is a fraction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Sgd:
    """Stochastic gradient descent with momentum."""

    kind: ClassVar[str] = "sgd"
    learning_rate: float
    momentum: float
    weight_decay: float
    nesterov: bool


@dataclass(frozen=True, slots=True)
class AdamW:
    """Adam with decoupled weight decay."""

    kind: ClassVar[str] = "adamw"
    learning_rate: float
    beta1: float
    beta2: float
    epsilon: float
    weight_decay: float


@dataclass(frozen=True, slots=True)
class RmsProp:
    """Steps divided by a running root mean square of the gradient."""

    kind: ClassVar[str] = "rmsprop"
    learning_rate: float
    alpha: float
    epsilon: float
    momentum: float
    weight_decay: float


@dataclass(frozen=True, slots=True)
class Constant:
    """The optimizer's learning rate throughout."""

    kind: ClassVar[str] = "constant"


@dataclass(frozen=True, slots=True)
class Step:
    """Multiply the learning rate by `gamma` at the end of each epoch in `milestone_epochs`."""

    kind: ClassVar[str] = "step"
    milestone_epochs: tuple[int, ...]
    gamma: float


@dataclass(frozen=True, slots=True)
class Plateau:
    """Multiply the learning rate by `factor` when the validation loss stands still.

    After more than `patience_epochs` epochs in which it did not fall by the fraction `threshold`.
    """

    kind: ClassVar[str] = "plateau"
    factor: float
    patience_epochs: int
    threshold: float


@dataclass(frozen=True, slots=True)
class Cosine:
    """Half a cosine from the optimizer's learning rate down to `final_fraction` of it."""

    kind: ClassVar[str] = "cosine"
    final_fraction: float


@dataclass(frozen=True, slots=True)
class Polynomial:
    """(1 - share of the run)^`power` of the way from `final_fraction` up to the whole rate."""

    kind: ClassVar[str] = "polynomial"
    power: float
    final_fraction: float


@dataclass(frozen=True, slots=True)
class OneCycle:
    """Up along a cosine to the optimizer's learning rate, then down along another.

    `warmup_fraction` counts steps of the whole run; the other two are fractions of the peak.
    """

    kind: ClassVar[str] = "onecycle"
    warmup_fraction: float
    start_fraction: float
    final_fraction: float


@dataclass(frozen=True, slots=True)
class LinearWarmUp:
    """From `start_fraction` of the learning rate up to all of it, in a straight line."""

    kind: ClassVar[str] = "linear"
    epochs: float
    steps: int
    start_fraction: float


@dataclass(frozen=True, slots=True)
class FlatWarmUp:
    """`fraction` of the learning rate at first, then all of it at once."""

    kind: ClassVar[str] = "flat"
    epochs: float
    steps: int
    fraction: float


@dataclass(frozen=True, slots=True)
class DiceCrossEntropy:
    """Cross-entropy of every pixel plus `dice_weight` times one minus the soft Dice overlap."""

    kind: ClassVar[str] = "dice_cross_entropy"
    dice_weight: float


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


Optimizer = Sgd | AdamW | RmsProp
Schedule = Constant | Step | Plateau | Cosine | Polynomial | OneCycle
WarmUp = LinearWarmUp | FlatWarmUp
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
