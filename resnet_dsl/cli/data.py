"""``resnet-dsl data``: images made ready for training."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from resnet_dsl.cli.faults import WRONG_INPUT, guarded
from resnet_dsl.cli.running import not_nan
from resnet_dsl.cli.terminal import put, tell, tell_diagnostics, wants_color

if TYPE_CHECKING:
    from resnet_dsl.semantics.recipe_sources import DataSource

LEAST_SIDE, MOST_SIDE = 8, 4_096
_EXTRA = {"torch", "safetensors", "rich"}  # what the extra `train` brings, as modules


class Kind(StrEnum):
    """What a folder holds, where its files do not tell."""

    IMAGES = "images"
    COCO = "coco"
    COCO_KEYPOINTS = "coco_keypoints"
    WEBDATASET = "webdataset"
    HF_DATASETS = "hf_datasets"
    CIFAR10 = "cifar10"
    CIFAR100 = "cifar100"


class OnBadSample(StrEnum):
    """What an image that cannot be read does."""

    SKIP = "skip"
    STOP = "stop"


def register(app: typer.Typer) -> None:
    group = typer.Typer(
        no_args_is_help=True,
        help="Make images ready for training.",
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    # With a callback the group keeps its one command as a word of its own.
    group.callback()(_group)
    group.command("prepare")(guarded(prepare))
    app.add_typer(group, name="data")


def _group() -> None:
    """Make images ready for training."""


def _sides(text: str) -> tuple[int, int]:
    """Height and width of `256` or `256x192`."""
    words = text.split("x")
    sides = [int(word) for word in words if word.isdecimal() and word.isascii() and len(word) <= 4]
    if len(words) > 2 or len(sides) != len(words):
        raise typer.BadParameter(
            f"'{text[:64]}' is neither a side, as 256, nor height and width, as 256x192", param_hint="--size"
        )
    if not all(LEAST_SIDE <= side <= MOST_SIDE for side in sides):
        raise typer.BadParameter(
            f"{text} is not in the range {LEAST_SIDE} to {MOST_SIDE:,}", param_hint="--size"
        )
    return sides[0], sides[-1]


def _check_for(source: DataSource, sides: tuple[int, int], given: dict[str, float | None]) -> None:
    """Refuses what only key points can have, and sides that have no whole number of places of a heat map."""
    from resnet_dsl.semantics.recipe_sources import CocoKeypoints

    if isinstance(source, CocoKeypoints):
        if any(side % source.stride for side in sides):
            raise typer.BadParameter(
                f"{sides[0]}x{sides[1]} pixels have no whole number of strides of {source.stride}",
                param_hint="--size",
            )
        return
    option = next((option for option, value in given.items() if value is not None), None)
    if option is not None:
        raise typer.BadParameter(f"`{source.kind}` has no key points, which alone take it", param_hint=option)
    if sides[0] != sides[1]:
        raise typer.BadParameter(
            f"`{source.kind}` is read in squares; one side will do: `--size {sides[0]}`", param_hint="--size"
        )


def prepare(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="A folder of images.", show_default=False)],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A new folder.", show_default=False)],
    size: Annotated[
        str,
        typer.Option(
            "--size", metavar="PIXELS", help="Side of the squares that are kept; of key points HxW will do."
        ),
    ] = "256",
    kind: Annotated[
        Kind | None, typer.Option("--kind", help="What SOURCE holds; default: as its files tell.")
    ] = None,
    stride: Annotated[
        int | None,
        typer.Option(
            "--stride",
            metavar="PIXELS",
            min=1,
            max=64,
            help="Of key points: pixels to one of a heat map; default 4.",
            show_default=False,
        ),
    ] = None,
    margin: Annotated[
        float | None,
        typer.Option(
            "--margin",
            metavar="TIMES",
            min=1,
            max=10,
            callback=not_nan,
            help="Of key points: side of what is cut out, in sides of the box; default 1.25.",
            show_default=False,
        ),
    ] = None,
    on_bad_sample: Annotated[
        OnBadSample, typer.Option("--on-bad-sample", help="What an image that cannot be read does.")
    ] = OnBadSample.SKIP,
) -> None:
    """Read every image once and write the pixels, so that training reads them fast.

    Goes on where an earlier call was stopped. Train with `data = shards(folder = "OUT")`.
    """
    from resnet_dsl.training.errors import TrainingError, missing_package

    sides = _sides(size)
    try:
        from resnet_dsl.training.data.loading import open_source
        from resnet_dsl.training.data.parts import BadSamples
        from resnet_dsl.training.data.prepare import USUAL_MARGIN, USUAL_STRIDE, source_in
        from resnet_dsl.training.data.prepare import prepare as write
        from resnet_dsl.training.data.watching import watched

        bad_samples = BadSamples(stop=on_bad_sample is OnBadSample.STOP)
        found = source_in(source, kind, sides, stride or USUAL_STRIDE, margin or USUAL_MARGIN)
        _check_for(found, sides, {"--stride": stride, "--margin": margin})
        data = open_source(found, bad_samples)
        with watched(sys.stderr, color=wants_color(sys.stderr)) as hear:
            written = write(data, found, out, hear)
    except TrainingError as error:
        found_wrong = error.diagnostic
        if error.code == "RDL970":
            found_wrong = found_wrong._replace(help="name the folder that holds the images as SOURCE")
        tell_diagnostics([found_wrong])
        raise typer.Exit(WRONG_INPUT) from None
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in _EXTRA:
            raise
        tell_diagnostics([missing_package(package).diagnostic])
        raise typer.Exit(WRONG_INPUT) from None
    parts = ", ".join(f"{count:,} {name}" for name, count in written.items())
    what = "joints" if data.task == "keypoints" else "classes"
    put(f"{out}: {parts} images of {found.kind}, {data.classes:,} {what}")
    if bad_samples.count:
        from resnet_dsl.cli.judgement import left_out_text

        tell(left_out_text(bad_samples.names))
