"""CIFAR-10 and CIFAR-100 (Krizhevsky 2009) from the files their page offers, binary or Python.

Python's files are pickles, which could run code: `_Reader` makes lists, dictionaries and arrays of
bytes, and refuses the rest.
"""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any, NoReturn

import torch
from torch import Tensor

from resnet_dsl.semantics.recipe_sources import Cifar10, Cifar100
from resnet_dsl.training.data.images import existing_folder, measured_dataset
from resnet_dsl.training.data.parts import Dataset, Part, held_out_indices
from resnet_dsl.training.errors import TrainingError, first_line

PIXELS = 3 * 32 * 32
LARGEST_FILE = 200_000_000  # bytes; the largest real one has 160 million

_TEN = "airplane automobile bird cat deer dog frog horse ship truck".split()


def load_cifar(source: Cifar10 | Cifar100) -> Dataset:
    """Images (N, 3, 32, 32), uint8: 50,000 to train with, of which some pick the weights; 10,000 to test.

    RDL970 where the folder has no such files, RDL971 where one is cut off or damaged.
    """
    fine = isinstance(source, Cifar100)
    form, folder, training, test = find_files(source)
    read = _read_binary if form == "binary" else _read_python
    parts = [[read(folder / name, fine) for name in names] for names in (training, test)]
    return _dataset(source, *(_joined(part) for part in parts))


def find_files(source: Cifar10 | Cifar100) -> tuple[str, Path, list[str], list[str]]:
    """``binary`` or ``python``, the folder of the files, their names for training and for the test; RDL970."""
    fine = isinstance(source, Cifar100)
    root = existing_folder(source.folder, source.kind)
    known = {
        "binary": (["train.bin"], ["test.bin"])
        if fine
        else ([f"data_batch_{number}.bin" for number in range(1, 6)], ["test_batch.bin"]),
        "python": (["train"], ["test"])
        if fine
        else ([f"data_batch_{number}" for number in range(1, 6)], ["test_batch"]),
    }
    for form, (training, test) in known.items():
        for folder in (root, *(root / name for name in _usual_folders(fine))):
            if all((folder / name).is_file() for name in (*training, *test)):
                return form, folder, training, test
    wanted = " or ".join(f"`{names[0][0]}`, ..., `{names[1][0]}`" for names in known.values())
    reason = f"it has no {wanted}"
    raise TrainingError("RDL970", data=source.kind, path=source.folder, reason=reason)


def _usual_folders(fine: bool) -> tuple[str, ...]:
    if fine:
        return ("cifar-100-binary", "cifar-100-python")
    return ("cifar-10-batches-bin", "cifar-10-batches-py")


def _joined(parts: list[Part]) -> Part:
    return Part(torch.cat([part.images for part in parts]), torch.cat([part.labels for part in parts]))


def _dataset(source: Cifar10 | Cifar100, training: Part, test: Part) -> Dataset:
    kept, aside = held_out_indices(training.labels, min(source.validation_images, len(training) // 2))
    parts = (training.at(kept), training.at(aside), test)
    if isinstance(source, Cifar10):
        return measured_dataset(source.kind, tuple(_TEN), parts)
    return measured_dataset(source.kind, tuple(f"class {number}" for number in range(100)), parts)


def _read_binary(path: Path, fine: bool) -> Part:
    """Rows of a byte for the class (two for CIFAR-100, the fine one second) and 3072 for the pixels."""
    width = PIXELS + (2 if fine else 1)
    content = _bytes(path, fine)
    if not content or len(content) % width:
        rows, rest = divmod(len(content), width)
        _refuse(path, fine, f"it ends {rest} bytes after image {rows:,}" if content else "it is empty")
    table = torch.frombuffer(bytearray(content), dtype=torch.uint8).view(-1, width)
    labels = table[:, width - PIXELS - 1].long()
    return _checked(path, fine, table[:, -PIXELS:].reshape(-1, 3, 32, 32), labels)


def _read_python(path: Path, fine: bool) -> Part:
    content = _bytes(path, fine)
    try:
        found = _Reader(io.BytesIO(content), encoding="bytes").load()
        values = {key.decode() if isinstance(key, bytes) else key: value for key, value in found.items()}
        data, numbers = values["data"], values["fine_labels" if fine else "labels"]
        if not all(type(number) is int for number in numbers):
            raise pickle.UnpicklingError("the labels are no whole numbers")  # noqa: TRY301 - told as all else is
        labels = torch.tensor(numbers)
        images = torch.frombuffer(bytearray(data.content), dtype=torch.uint8)
        images, labels = images.reshape(-1, 3, 32, 32), labels.long().reshape(-1)
    except Exception as error:  # noqa: BLE001 - damaged bytes raise whatever they happen to mean
        _refuse(path, fine, f"it is damaged ({first_line(error)})")
    return _checked(path, fine, images, labels)


def _checked(path: Path, fine: bool, images: Tensor, labels: Tensor) -> Part:
    classes = 100 if fine else 10
    if len(images) != len(labels):
        _refuse(path, fine, f"it has {len(images):,} images and {len(labels):,} labels")
    if int(labels.min()) < 0 or int(labels.max()) >= classes:
        _refuse(path, fine, f"it has a class {int(labels.max())}, and there are {classes}")
    return Part(images, labels)


def _bytes(path: Path, fine: bool) -> bytes:
    try:
        if path.stat().st_size > LARGEST_FILE:
            _refuse(path, fine, f"{path.stat().st_size:,} bytes are too many")
        return path.read_bytes()
    except OSError as error:
        _refuse(path, fine, error.strerror or str(error))


def _refuse(path: Path, fine: bool, reason: str) -> NoReturn:
    raise TrainingError("RDL971", path=str(path), data="cifar100" if fine else "cifar10", reason=reason)


class _Array:
    """Stands for numpy's array: the bytes, and whether they are bytes of pixels."""

    content: bytes = b""

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, _, kind, by_column, content = state
        if by_column not in {False, "C"}:
            raise pickle.UnpicklingError("the pixels lie column by column")
        if not isinstance(kind, _Kind) or kind.code not in {"u1", b"u1", "|u1"}:
            raise pickle.UnpicklingError("the pixels are no bytes")
        self.content = content if isinstance(content, bytes) else content.encode("latin-1")


class _Kind:
    """Stands for numpy's dtype."""

    def __init__(self, code: str | bytes = "", *_: Any) -> None:
        self.code = code

    def __setstate__(self, state: object) -> None:
        """What else a dtype knows does not matter to bytes."""


def _empty_array(*_: Any) -> _Array:
    return _Array()


def _from_buffer(content: bytes, kind: _Kind, shape: object, order: object) -> _Array:
    array = _Array()
    array.__setstate__((1, shape, kind, order, bytes(content)))
    return array


def _latin_bytes(text: str, _: str) -> bytes:
    return text.encode("latin-1")


_ALLOWED = {
    "_reconstruct": _empty_array,
    "_frombuffer": _from_buffer,
    "ndarray": _Array,
    "dtype": _Kind,
}


class _Reader(pickle.Unpickler):
    """Makes what these files hold, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if module.partition(".")[0] == "numpy" and name in _ALLOWED:
            return _ALLOWED[name]
        if (module, name) == ("_codecs", "encode"):
            return _latin_bytes
        raise pickle.UnpicklingError(f"it asks for {module}.{name}"[:100])
