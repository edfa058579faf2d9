"""Where the files of a set in COCO's format lie: `annotations/PREFIX_NAME.json`, images in `NAME` or `images/NAME`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import TypeVar

from resnet_dsl.training.data.reading import BadSampleError
from resnet_dsl.training.errors import TrainingError

Found = TypeVar("Found")


def annotation_files(root: Path, data: str, pattern: str, mark: str) -> dict[str, Path]:
    """The files of `annotations` that fit `pattern`, by what follows `mark` in their names.

    RDL970 where there is none, or two for the same images.
    """
    found: dict[str, Path] = {}
    for path in sorted(root.glob(f"annotations/{pattern}")):
        name = path.stem.rpartition(mark)[2]
        if name in found:
            reason = (
                f"`{found[name].name}` and `{path.name}` are both for the images of `{name}`; keep one there"
            )
            raise TrainingError("RDL970", data=data, path=str(root), reason=reason)
        found[name] = path
    if not found:
        raise TrainingError("RDL970", data=data, path=str(root), reason=f"it has no `annotations/{pattern}`")
    return found


def image_folder(root: Path, name: str, file: Path, data: str) -> Path:
    """The folder of the images that `file` is about; RDL970 where there is none."""
    folder = next((each for each in (root / name, root / "images" / name) if each.is_dir()), None)
    if folder is None:
        reason = f"there is no folder `{name}` or `images/{name}` for `{file.name}`"
        raise TrainingError("RDL970", data=data, path=str(root), reason=reason)
    return folder


def part_of(found: Mapping[str, Found], beginning: str) -> Found | None:
    """What belongs to the part whose name is the `beginning` of a file's: `train` of `train2017`."""
    return next((each for name, each in found.items() if name.startswith(beginning)), None)


def image_in(folder: Path, name: str) -> Path:
    """An image by the name that a file gives it, which may lead into folders, but not out of this one."""
    place = PurePosixPath(name)
    if place.is_absolute() or ".." in place.parts:
        raise BadSampleError("its name leads out of the folder")
    return folder / place
