"""Key points in COCO's format (Lin et al. 2014, arXiv 1405.0312): a sample is a person, or what else has joints.

What is cut out for one is the middle of its box, `margin` times as large and widened to the sample's aspect, as
most use it (Xiao et al. 2018, arXiv 1804.06208, section 3). A joint that is not labelled, or lies beyond what is
cut out, counts for nothing.
"""

from __future__ import annotations

import json
from array import array
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from resnet_dsl.semantics.recipe_sources import CocoKeypoints
from resnet_dsl.training.data.coco_files import WHOLE, annotation_files, image_folder, image_in, parts_of
from resnet_dsl.training.data.decoding import (
    check_file,
    check_pixels,
    framed,
    in_colour,
    pixels,
    require_pillow,
    room_for,
)
from resnet_dsl.training.data.images import arranged, existing_folder, measured_dataset
from resnet_dsl.training.data.parts import BadSamples, Dataset
from resnet_dsl.training.data.reading import BadSampleError, ReadPart, Sample
from resnet_dsl.training.errors import TrainingError, first_line
from resnet_dsl.training.key_points import joints_named, without_those_outside

MOST_JOINTS = 1_000  # each is a map of its own; whole bodies with hands and faces have 133
LEAST_SIDE = 1e-3  # of a box, in pixels; what is cut out about less shows nothing, and its places are huge
FARTHEST = 1e6  # pixels; beyond, coordinates are none of an image's


def _no_numbers() -> array[float]:
    return array("d")  # eight bytes a number: there are millions


@dataclass(frozen=True, slots=True)
class _Image:
    """What the file says of an image; a size of (0, 0) is not told."""

    number: int
    file: str
    size: tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Person:
    """One annotation: its box (left, top, width, height) and (x, y, visibility) of each joint, or what is wrong."""

    name: str
    image: _Image
    box: array[float] = field(default_factory=_no_numbers)
    joints: array[float] = field(default_factory=_no_numbers)
    fault: str = ""


@dataclass(frozen=True, slots=True)
class _Annotated:
    """One annotation file."""

    path: Path
    folder: Path
    joints: tuple[str, ...]
    people: list[_Person]


class _UnfitError(ValueError):
    """What a file says does not fit; the message says why."""


def load_coco_keypoints(source: CocoKeypoints, bad_samples: BadSamples) -> Dataset:
    """Images (N, 3, height, width) with key points (N, K, 3).

    Reads `annotations/*keypoints_NAME.json` with the images in `NAME` or `images/NAME`; a NAME that begins with
    `train`, `val` or `test` is that part. Where a part is split, people of one image stay together. RDL970, RDL971.
    """
    require_pillow()
    root = existing_folder(source.folder, source.kind)
    files = annotation_files(root, source.kind, "*keypoints_*.json", "keypoints_")
    found = {part: _read(root, path) for part, path in parts_of(files, root, source.kind).items()}
    first = found.get(WHOLE) or found["train"]
    others: list[ReadPart | None] = []
    for each in (found.get(name) for name in ("val", "test")):
        if each is not None and each.joints != first.joints:
            reason = f"its joints are not those of `{first.path.name}`"
            raise TrainingError("RDL971", path=str(each.path), data=source.kind, reason=reason)
        others.append(None if each is None else _part(each, source, bad_samples))
    images = torch.tensor([person.image.number for person in first.people], dtype=torch.int64)
    seen, images = torch.unique(images, return_inverse=True)
    whole = _part(first, source, bad_samples)
    parts = arranged(whole, torch.zeros(len(seen)), others[0], others[1], WHOLE not in found, images)
    data = measured_dataset(source.kind, first.joints, parts, "keypoints")
    return replace(data, joints=joints_named(first.joints, source.stride))


def _read(root: Path, path: Path) -> _Annotated:
    folder = image_folder(root, path.stem.rpartition("keypoints_")[2], path, "coco_keypoints")
    try:
        content = json.loads(path.read_bytes())
        joints, categories = _joints(content["categories"])
        images = _images(content["images"])
        people = [
            person
            for number, entry in enumerate(content["annotations"])
            if entry["category_id"] in categories and not entry.get("iscrowd")
            for person in _people(entry, number, images, len(joints))
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        why = str(error) if isinstance(error, _UnfitError) else f"it is damaged ({_told(error)})"
        raise TrainingError("RDL971", path=str(path), data="coco_keypoints", reason=why) from error
    return _Annotated(path, folder, joints, sorted(people, key=lambda person: person.image.file))


def _images(entries: list[dict[str, Any]]) -> dict[Any, _Image]:
    """The images by their ids. A file that is listed twice is one image, whose people stay together."""
    numbers: dict[str, int] = {}
    images: dict[Any, _Image] = {}
    for entry in entries:
        identity, file = entry["id"], str(entry["file_name"])
        size = int(entry.get("width") or 0), int(entry.get("height") or 0)
        image = _Image(numbers.setdefault(file, len(numbers)), file, size if all(size) else (0, 0))
        if images.setdefault(identity, image) != image:
            raise _UnfitError(f"two of its images have the id {str(identity)[:64]}")
    return images


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {first_line(error)}"


def _joints(categories: list[dict[str, Any]]) -> tuple[tuple[str, ...], set[Any]]:
    """The names of the joints, and the categories that have them."""
    with_joints = {entry["id"]: entry["keypoints"] for entry in categories if entry.get("keypoints")}
    if not with_joints:
        raise _UnfitError("none of its categories has `keypoints`, the names of the joints")
    first, *others = with_joints.values()
    if not isinstance(first, list):
        raise _UnfitError("the `keypoints` of a category are no list of names")
    if any(each != first for each in others):
        raise _UnfitError("its categories have different joints, and one network gives the same for all")
    names = tuple(str(each) for each in first)
    twice = next((each for number, each in enumerate(names) if each in names[:number]), None)
    if twice is not None:
        raise _UnfitError(f"it has two joints with the name `{twice}`")
    if len(names) > MOST_JOINTS:
        raise _UnfitError(f"it has {len(names):,} joints, and at most {MOST_JOINTS:,} can be learnt")
    return names, set(with_joints)


def _people(entry: dict[str, Any], number: int, images: dict[Any, _Image], joints: int) -> list[_Person]:
    """The person of an annotation; none where no joint is labelled."""
    identity = entry.get("id")
    name = f"annotation {identity if isinstance(identity, int) else number}"
    image = images.get(entry["image_id"])
    if image is None:
        return [_Person(name, _Image(len(images), "", (0, 0)), fault="its image is not in the list")]
    try:
        places = _numbers(entry, "keypoints", 3 * joints)
        box = _numbers(entry, "bbox", 4)
    except _UnfitError as error:
        return [_Person(name, image, fault=str(error))]
    if not set(places[2::3]) <= {0, 1, 2}:
        return [_Person(name, image, fault="a visibility in its `keypoints` is not 0, 1 or 2")]
    if min(box[2:]) < LEAST_SIDE:
        return [_Person(name, image, fault="its `bbox` has no area")]
    return [_Person(name, image, box, places)] if any(places[2::3]) else []


def _numbers(entry: dict[str, Any], key: str, count: int) -> array[float]:
    found = entry.get(key)
    if not isinstance(found, list) or len(found) != count:
        length = f"{len(found):,} numbers" if isinstance(found, list) else "no list of numbers"
        raise _UnfitError(f"its `{key}` has {length} in place of {count:,}")
    for each in found:
        is_number = isinstance(each, int | float) and not isinstance(each, bool)
        if not is_number or not abs(each) <= FARTHEST:  # NaN compares with nothing
            raise _UnfitError(f"its `{key}` has what is no place in an image")
    return array("d", found)


def _part(found: _Annotated, source: CocoKeypoints, bad_samples: BadSamples) -> ReadPart:
    people = found.people

    def read(index: int) -> Sample:
        person = people[index]
        if person.fault:
            raise BadSampleError(person.fault)
        path = image_in(found.folder, person.image.file)
        check_file(path)
        try:
            with require_pillow().open(path) as image:
                check_pixels(image)
                with room_for(image):
                    form = image.format
                    return _cut_out(in_colour(_as_told(image, person.image.size), form), person, source)
        except BadSampleError:
            raise
        except Exception as error:  # damaged bytes raise whatever they happen to mean
            raise BadSampleError(first_line(error)) from error

    def name(index: int) -> str:
        person = people[index]
        return f"`{found.folder / person.image.file}` ({person.name} of `{found.path.name}`)"

    return ReadPart(len(people), read, name, bad_samples)


def _as_told(image: Any, told: tuple[int, int]) -> Any:
    """The image as it was annotated: as it is stored, as COCO has it, or upright as EXIF says where that fits alone.

    Refuses one that was resized since: nothing says where its key points are now.
    """
    if not any(told) or told == image.size:
        return image
    if told == image.size[::-1]:  # programs that show images upright annotate them so
        upright = import_module("PIL.ImageOps").exif_transpose(image)
        if told == upright.size:
            return upright
    sizes = ["x".join(map(str, size)) for size in (image.size, told)]
    raise BadSampleError(f"it has {sizes[0]} pixels, and its annotations are for {sizes[1]}")


def _cut_out(image: Any, person: _Person, source: CocoKeypoints) -> tuple[Tensor, Tensor]:
    """(3, height, width), uint8, and its key points (K, 3)."""
    rows, columns = source.size
    left, top, width, height = person.box
    wide = source.margin * max(width, height * columns / rows)
    high = wide * rows / columns
    left, top = left + (width - wide) / 2, top + (height - high) / 2
    cut = framed(image, left, top, wide, high, (rows, columns))
    points = torch.tensor(person.joints, dtype=torch.float64).view(-1, 3)
    # COCO's whole numbers are the middles of pixels, whose edges the box is measured from.
    points[:, 0] = (points[:, 0] + 0.5 - left) * columns / wide - 0.5
    points[:, 1] = (points[:, 1] + 0.5 - top) * rows / high - 0.5
    return pixels(cut), without_those_outside(points.float(), (rows, columns))
