"""Tar files in the form of webdataset: `0001.jpg` and `0001.cls` beside each other are one sample.

The form is plain tar, so Python's own reader will do; an index of where each file begins gives any
sample at any time, which the order of an epoch needs and a stream cannot give.
"""

from __future__ import annotations

import io
import os
import tarfile
from dataclasses import dataclass
from pathlib import Path

import torch

from resnet_dsl.semantics.recipe_sources import WebDataset
from resnet_dsl.training.data.decoding import ENDINGS, decode, require_pillow
from resnet_dsl.training.data.images import (
    TEST,
    TRAINING,
    VALIDATION,
    arranged,
    check_numbers,
    classes_in,
    existing_folder,
    measured_dataset,
)
from resnet_dsl.training.data.parts import BadSamples, Dataset
from resnet_dsl.training.data.reading import BadSampleError, ReadPart, Sample, as_label
from resnet_dsl.training.errors import TrainingError, first_line

_CLASS = (".cls", ".label")
LARGEST = torch.iinfo(torch.int64).max  # a file may hold a longer number, which is no class either


@dataclass(frozen=True, slots=True)
class _Entry:
    """An image inside a tar file: where its bytes are, and its class."""

    tar: Path
    name: str
    start: int
    size: int
    label: int


def load_tars(source: WebDataset, bad_samples: BadSamples) -> Dataset:
    """Images (N, 3, size, size). Files whose names begin with `train`, `val` or `test` are those parts.

    Classes are whole numbers from 0. RDL970, RDL971 where a file is damaged, RDL972, RDL979.
    """
    require_pillow()
    root = existing_folder(source.folder, source.kind)
    tars = sorted(root.glob("*.tar"))
    if not tars:
        raise TrainingError("RDL970", data=source.kind, path=source.folder, reason="it has no .tar files")
    groups = {names: [tar for tar in tars if tar.name.startswith(names)] for names in (VALIDATION, TEST)}
    named = [tar for tar in tars if tar.name.startswith(TRAINING)]
    has_parts = bool(named)
    entries = [entry for tar in (named if has_parts else tars) for entry in _entries(tar)]
    labels = _labels(entries)
    if not entries:
        raise TrainingError("RDL979", data=source.kind, images=0, validation=0, test=0)
    classes = classes_in(labels, source.kind, source.folder)
    missing = (labels.bincount(minlength=classes) == 0).nonzero().flatten()
    if len(missing):
        endings = ", ".join(sorted(ENDINGS))
        raise TrainingError("RDL972", name=str(int(missing[0])), path=source.folder, endings=endings)
    others = [
        _other_part(found, classes, source.size, bad_samples) if found and has_parts else None
        for found in groups.values()
    ]
    whole = _part(entries, source.size, bad_samples)
    parts = arranged(whole, labels, others[0], others[1], has_parts)
    return measured_dataset(source.kind, tuple(f"class {number}" for number in range(classes)), parts)


def _labels(entries: list[_Entry]) -> torch.Tensor:
    return torch.tensor([min(entry.label, LARGEST) for entry in entries], dtype=torch.int64)


def _other_part(tars: list[Path], classes: int, size: int, bad_samples: BadSamples) -> ReadPart:
    """The part that is in `tars`; RDL973 where it has a class that the training part has not."""
    entries = []
    for tar in tars:
        found = _entries(tar)
        check_numbers(_labels(found), classes, str(tar))
        entries += found
    return _part(entries, size, bad_samples)


def _part(entries: list[_Entry], size: int, bad_samples: BadSamples) -> ReadPart:
    def read(index: int) -> Sample:
        entry = entries[index]
        try:
            with entry.tar.open("rb") as file:
                file.seek(entry.start)
                content = file.read(entry.size)
        except OSError as error:
            raise BadSampleError(error.strerror or str(error)) from error
        return decode(io.BytesIO(content), size), as_label(entry.label)

    return ReadPart(
        len(entries), read, lambda index: f"`{entries[index].name}` in `{entries[index].tar}`", bad_samples
    )


def _entries(tar: Path) -> list[_Entry]:
    """Every image of a tar file that has a class beside it; RDL971 where the file is damaged."""
    images: dict[str, tarfile.TarInfo] = {}
    labels: dict[str, int] = {}
    try:
        _require_end(tar)
        with tarfile.open(tar, "r:") as archive:
            for member in archive:
                stem, ending = _split(member.name)
                if not member.isfile():
                    continue
                if ending in ENDINGS:
                    images[stem] = member
                elif ending in _CLASS:
                    content = archive.extractfile(member)
                    labels[stem] = int(content.read(32)) if content else -1
    except (tarfile.TarError, OSError, ValueError) as error:
        raise TrainingError("RDL971", path=str(tar), data="webdataset", reason=first_line(error)) from error
    orphan = next((stem for stem in images if labels.get(stem, -1) < 0), None)
    if orphan is not None:
        reason = f"`{images[orphan].name}` has no class beside it, as `{orphan}.cls`"
        raise TrainingError("RDL971", path=str(tar), data="webdataset", reason=reason)
    return [
        _Entry(tar, member.name, member.offset_data, member.size, labels[stem])
        for stem, member in images.items()
    ]


def _require_end(tar: Path) -> None:
    """A tar file ends with empty blocks; one that was cut off does not, and reads as a shorter one."""
    with tar.open("rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - tarfile.BLOCKSIZE))
        if file.read() != tarfile.NUL * tarfile.BLOCKSIZE:
            raise tarfile.ReadError("it is cut off")


def _split(name: str) -> tuple[str, str]:
    """A sample's key and the rest: webdataset cuts at the first dot of the file's own name."""
    folder, slash, last = name.rpartition("/")
    stem, dot, rest = last.partition(".")
    ending = f".{rest.rpartition('.')[2].lower()}" if dot else ""
    return f"{folder}{slash}{stem}", ending
