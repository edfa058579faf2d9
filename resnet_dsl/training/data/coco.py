"""Segmentation masks in COCO's format (Lin et al. 2014, arXiv 1405.0312): polygons and run lengths.

The class of a pixel is its category's place in the sorted numbers, from 1; 0 is the background; 255 marks
crowds and what lies between, which counts for nothing.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from resnet_dsl.semantics.recipe_sources import CocoMasks
from resnet_dsl.training.data.coco_files import WHOLE, annotation_files, image_folder, image_in, parts_of
from resnet_dsl.training.data.decoding import (
    check_file,
    check_pixels,
    fitted,
    in_colour,
    pixels,
    require_pillow,
    room_for,
)
from resnet_dsl.training.data.images import arranged, existing_folder, measured_dataset
from resnet_dsl.training.data.parts import BadSamples, Dataset
from resnet_dsl.training.data.reading import BadSampleError, ReadPart, Sample
from resnet_dsl.training.errors import TrainingError, first_line

CROWD = 255


@dataclass(frozen=True, slots=True)
class _Annotated:
    """One annotation file: its images, and what is drawn on each."""

    folder: Path
    images: list[dict[str, Any]]
    drawn: dict[int, list[dict[str, Any]]]
    categories: dict[int, str]


def load_coco(source: CocoMasks, bad_samples: BadSamples) -> Dataset:
    """Images (N, 3, size, size) with masks (N, size, size), uint8.

    Reads `annotations/instances_NAME.json` with the images in `NAME` or `images/NAME`; a NAME that begins with
    `train`, `val` or `test` is that part. RDL970, RDL971.
    """
    require_pillow()
    root = existing_folder(source.folder, source.kind)
    files = annotation_files(root, source.kind, "instances_*.json", "instances_")
    found = {part: _read(root, path) for part, path in parts_of(files, root, source.kind).items()}
    first = found.get(WHOLE) or found["train"]
    numbers = {category: place for place, category in enumerate(sorted(first.categories), 1)}
    if len(numbers) >= CROWD:
        reason = f"it has {len(numbers)} categories, and masks of bytes hold {CROWD - 1}"
        raise TrainingError("RDL971", path=source.folder, data=source.kind, reason=reason)
    whole = _part(first, source.size, numbers, bad_samples)
    others = [
        _part(each, source.size, numbers, bad_samples) if (each := found.get(name)) is not None else None
        for name in ("val", "test")
    ]
    parts = arranged(whole, torch.zeros(len(whole)), others[0], others[1], WHOLE not in found)
    names = ("background", *(first.categories[category] for category in sorted(first.categories)))
    return measured_dataset(source.kind, names, parts, "segmentation")


def _read(root: Path, path: Path) -> _Annotated:
    folder = image_folder(root, path.stem.removeprefix("instances_"), path, "coco")
    try:
        content = json.loads(path.read_bytes())
        drawn: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for entry in content["annotations"]:
            drawn[entry["image_id"]].append(
                {
                    "category": int(entry["category_id"]),
                    "crowd": bool(entry.get("iscrowd")),
                    "outline": entry["segmentation"],
                }
            )
        categories = {int(entry["id"]): str(entry["name"]) for entry in content["categories"]}
        images = [{"id": entry["id"], "file": str(entry["file_name"])} for entry in content["images"]]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        reason = f"it is damaged ({type(error).__name__}: {first_line(error)})"
        raise TrainingError("RDL971", path=str(path), data="coco", reason=reason) from error
    return _Annotated(folder, sorted(images, key=lambda entry: str(entry["file"])), drawn, categories)


def _part(found: _Annotated, size: int, numbers: dict[int, int], bad_samples: BadSamples) -> ReadPart:
    def read(index: int) -> Sample:
        entry = found.images[index]
        path = image_in(found.folder, entry["file"])
        check_file(path)
        try:
            with require_pillow().open(path) as image:
                check_pixels(image)
                with room_for(image):
                    mask = _mask(image.size, found.drawn.get(entry["id"], []), numbers)
                    return pixels(fitted(in_colour(image), size)), pixels(fitted(mask, size, nearest=True))
        except BadSampleError:
            raise
        except Exception as error:  # damaged bytes raise whatever they happen to mean
            raise BadSampleError(first_line(error)) from error

    return ReadPart(
        len(found.images), read, lambda index: f"`{found.folder / found.images[index]['file']}`", bad_samples
    )


def _mask(size: tuple[int, int], drawn: list[dict[str, Any]], numbers: dict[int, int]) -> Any:
    """A picture of classes, of the image's (width, height); what comes later lies on top."""
    pillow, pen = require_pillow(), import_module("PIL.ImageDraw")
    mask = pillow.new("L", size)
    draw = pen.Draw(mask)
    for entry in drawn:
        value = CROWD if entry["crowd"] else numbers.get(entry["category"])
        if value is None:
            raise BadSampleError(f"category {entry['category']} is not in the list")
        outline = entry["outline"]
        if isinstance(outline, list):
            for polygon in outline:
                if len(polygon) >= 6:
                    draw.polygon([float(each) for each in polygon], fill=value)
        else:
            mask.paste(value, mask=_from_runs(outline, size))
    return mask


def _from_runs(outline: dict[str, Any], size: tuple[int, int]) -> Any:
    """A mask from run lengths: columns one after the other, runs of 0 and 1 in turn."""
    width, height = size
    counts = outline["counts"]
    runs = _decompressed(counts) if isinstance(counts, str) else [int(each) for each in counts]
    if list(outline["size"]) != [height, width] or sum(runs) != width * height or min(runs) < 0:
        raise BadSampleError("a mask's run lengths do not fit the image")
    values = torch.arange(len(runs)) % 2 * 255
    columns: Tensor = values.to(torch.uint8).repeat_interleave(torch.tensor(runs)).view(width, height)
    raw = bytes(columns.t().contiguous().flatten().tolist())
    return require_pillow().frombytes("L", (width, height), raw)


def _decompressed(text: str) -> list[int]:
    """COCO's own short form: five bits a character, least first, each run as the change from two before."""
    runs: list[int] = []
    value, shift = 0, 0
    for character in text.encode("ascii"):
        bits = character - 48
        value |= (bits & 0x1F) << shift
        shift += 5
        if bits & 0x20:
            continue
        if bits & 0x10:
            value -= 1 << shift
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
        value, shift = 0, 0
    return runs
