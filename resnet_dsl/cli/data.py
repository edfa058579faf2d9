"""``resnet-dsl data``: images made ready for training."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from resnet_dsl.cli.faults import WRONG_INPUT, guarded
from resnet_dsl.cli.terminal import put, tell, tell_diagnostics, wants_color

_EXTRA = {"torch", "safetensors", "rich"}  # what the extra `train` brings, as modules


class Kind(StrEnum):
    """What a folder holds, where its files do not tell."""

    IMAGES = "images"
    COCO = "coco"
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


def prepare(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="A folder of images.", show_default=False)],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A new folder.", show_default=False)],
    size: Annotated[
        int,
        typer.Option("--size", metavar="PIXELS", min=8, max=4_096, help="Side of the squares that are kept."),
    ] = 256,
    kind: Annotated[
        Kind | None, typer.Option("--kind", help="What SOURCE holds; default: as its files tell.")
    ] = None,
    on_bad_sample: Annotated[
        OnBadSample, typer.Option("--on-bad-sample", help="What an image that cannot be read does.")
    ] = OnBadSample.SKIP,
) -> None:
    """Read every image once and write the pixels, so that training reads them fast.

    Goes on where an earlier call was stopped. Train with `data = shards(folder = "OUT")`.
    """
    from resnet_dsl.training.errors import TrainingError, missing_package

    try:
        from resnet_dsl.training.data.loading import open_source
        from resnet_dsl.training.data.parts import BadSamples
        from resnet_dsl.training.data.prepare import prepare as write
        from resnet_dsl.training.data.prepare import source_in
        from resnet_dsl.training.data.watching import watched

        bad_samples = BadSamples(stop=on_bad_sample is OnBadSample.STOP)
        found = source_in(source, kind, size)
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
    put(f"{out}: {parts} images of {found.kind}, {data.classes:,} classes")
    if bad_samples.count:
        first = ", ".join(sorted(bad_samples.names)[:3])
        count = bad_samples.count
        which = (
            "1 image could not be read and was"
            if count == 1
            else f"{count:,} images could not be read and were"
        )
        tell(f"{which} left out: {first}")
