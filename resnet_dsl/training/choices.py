"""What a run can be told beside its recipe, as words. Needs no torch, so that a command line is quick."""

from __future__ import annotations

from enum import StrEnum


class OnNan(StrEnum):
    """What a run does about a loss that is not finite."""

    STOP = "stop"
    SKIP = "skip"  # leave out the steps at fault, alone
    ROLLBACK = "rollback"  # take back and leave out every step since the last reading


class OnBadSample(StrEnum):
    """What a run does about an image that cannot be read."""

    SKIP = "skip"  # and count it
    STOP = "stop"


class Precision(StrEnum):
    """What convolutions and matrix products compute in."""

    AUTO = "auto"  # bfloat16 on a GPU that has it, else float32
    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"


class Parallel(StrEnum):
    """How several processes keep one network."""

    DDP = "ddp"  # each has all of it
    FSDP = "fsdp"  # each has a part of every weight


class Tracker(StrEnum):
    """Where else a run's figures go."""

    TENSORBOARD = "tensorboard"
    WANDB = "wandb"
