"""The closed schema of a recipe: one table for checking, defaults, messages and documentation.

`SETTINGS` lists every key of a ``train`` block. A key takes a plain value or one of a few
`Choice`s, each with arguments of its own.
"""

from __future__ import annotations

from resnet_dsl.semantics.recipe_augmentations import AUGMENTATIONS
from resnet_dsl.semantics.recipe_choices import Constant, DiceCrossEntropy
from resnet_dsl.semantics.recipe_data import DATA
from resnet_dsl.semantics.recipe_optimizers import OPTIMIZERS, SCHEDULES, WARM_UPS
from resnet_dsl.semantics.recipe_schema import BELOW_ONE, Bounds, Choice, Field, FieldKind, number

LOSSES = (
    Choice("cross_entropy", "cross-entropy of the softmax over classes, of images or of pixels"),
    Choice("binary_cross_entropy", "cross-entropy of a sigmoid for every class on its own"),
    Choice("mse", "mean squared error: of heat maps, or of numbers"),
    Choice(
        "dice_cross_entropy",
        "cross-entropy of every pixel plus one minus the soft Dice overlap",
        (
            number(
                "dice", "weight of the Dice term", 1.0, Bounds(0, 1_000), attribute="dice_weight", default=1.0
            ),
        ),
        DiceCrossEntropy,
        "Milletari et al. 2016, arXiv 1606.04797",
    ),
)

SETTINGS = (
    Field(
        "data",
        FieldKind.CHOICE,
        "what to train on; a recipe without it describes a run and cannot start one",
        "data = digits",
        None,
        choices=DATA,
    ),
    Field(
        "optimizer",
        FieldKind.CHOICE,
        "the rule that moves the weights",
        "optimizer = sgd(lr = 0.1, momentum = 0.9)",
        choices=OPTIMIZERS,
    ),
    Field(
        "schedule",
        FieldKind.CHOICE,
        "how the learning rate changes",
        "schedule = cosine",
        Constant(),
        choices=SCHEDULES,
    ),
    Field(
        "warmup",
        FieldKind.CHOICE,
        "how the learning rate begins, before any schedule but `onecycle`",
        "warmup = linear(epochs = 5)",
        None,
        choices=WARM_UPS,
    ),
    Field(
        "epochs",
        FieldKind.WHOLE,
        "passes over the training images",
        "epochs = 20",
        bounds=Bounds(1, 100_000),
    ),
    Field(
        "batch",
        FieldKind.WHOLE,
        "images in one step",
        "batch = 64",
        bounds=Bounds(1, 1_048_576),
        attribute="batch_size",
    ),
    Field(
        "accumulate",
        FieldKind.WHOLE,
        "equal parts in which a batch goes through the network, to need less memory",
        "accumulate = 4",
        1,
        Bounds(1, 65_536),
    ),
    Field(
        "loss",
        FieldKind.CHOICE,
        "what is made small",
        "loss = cross_entropy",
        "cross_entropy",
        choices=LOSSES,
    ),
    Field(
        "aux_weights",
        FieldKind.NUMBERS,
        "weights of the auxiliary outputs' losses; the last stands for all that follow",
        "aux_weights = [1.0]",
        (0.3,),
        Bounds(0, 1_000),
    ),
    number(
        "label_smoothing",
        "share of the target spread over all classes",
        0.1,
        BELOW_ONE,
        default=0.0,
    ),
    number(
        "clip",
        "largest norm of all gradients together; 0 is no limit",
        1.0,
        Bounds(0, 1e6),
        "clip_norm",
        default=0.0,
    ),
    Field(
        "decay_norms",
        FieldKind.FLAG,
        "whether weight decay pulls norms and biases too",
        "decay_norms = false",
        True,
    ),
    number(
        "ema",
        "decay of a moving average of the weights, which is then what is judged; 0 is none",
        0.999,
        BELOW_ONE,
        default=0.0,
    ),
    Field(
        "augment",
        FieldKind.CHOICES,
        "how training images are varied",
        "augment = [crop(pad = 4), flip]",
        (),
        choices=AUGMENTATIONS,
    ),
    number(
        "mixup",
        "images and targets of a batch are blended in pairs: alpha of the Beta distribution; 0 is none",
        0.2,
        Bounds(0, 100),
        default=0.0,
    ),
    number(
        "cutmix",
        "a box of each image comes from another: alpha of the Beta distribution; 0 is none",
        1.0,
        Bounds(0, 100),
        default=0.0,
    ),
    Field(
        "seed",
        FieldKind.WHOLE,
        "fixes the first weights, the order and the augmentation",
        "seed = 0",
        0,
        Bounds(0, 2**32 - 1),
    ),
)


def setting(name: str) -> Field | None:
    """The table's row for a key of a ``train`` block."""
    return next((entry for entry in SETTINGS if entry.name == name), None)


def shorthand(name: str) -> bool:
    """Whether a word that is no key is an optimizer's argument: ``lr`` is short for ``optimizer.lr``."""
    return any(row.name == name for choice in OPTIMIZERS for row in choice.fields)


WORDS = frozenset(
    choice.name
    for row in SETTINGS
    for entry in (row, *(inner for choice in row.choices for inner in choice.fields))
    for choice in entry.choices
)
