"""Where the files of a set in COCO's format lie: `annotations/PREFIX_NAME.json`, images in `NAME` or `images/NAME`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from resnet_dsl.training.data.reading import BadSampleError
from resnet_dsl.training.errors import TrainingError

PARTS = ("train", "val", "test")
WHOLE = "whole"  # what is to be split


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


def parts_of(files: Mapping[str, Path], root: Path, data: str) -> dict[str, Path]:
    """The file of each part there is, `train`, `val` and `test`, with which its name begins: `train` of `train2017`.

    A file of another name, where it is the only one, is `whole`. RDL970 where several might be meant: picking one
    of `train2014` and `train2017` would leave out half of the images without a word.
    """
    parts: dict[str, Path] = {}
    for name, path in sorted(files.items()):
        part = next((each for each in PARTS if name.startswith(each)), None)
        if part in parts:
            reason = f"`{parts[part].name}` and `{path.name}` are both for the part `{part}`; keep one there"
            raise TrainingError("RDL970", data=data, path=str(root), reason=reason)
        if part is not None:
            parts[part] = path
    if PARTS[0] in parts:
        return parts
    if len(files) > 1:
        names = " and ".join(f"`{path.name}`" for path in sorted(files.values())[:2])
        reason = f"of {names} none is called `train`, so nothing says which to train on"
        raise TrainingError("RDL970", data=data, path=str(root), reason=reason)
    return {WHOLE: next(iter(files.values()))}


def image_in(folder: Path, name: str) -> Path:
    """An image by the name that a file gives it, which may lead into folders, but not out of this one."""
    place = PurePosixPath(name)
    if place.is_absolute() or ".." in place.parts:
        raise BadSampleError("its name leads out of the folder")
    return folder / place
