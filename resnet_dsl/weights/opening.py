"""Opening a file that may be a checkpoint, or anything else.

What a file is shows in its first bytes, not in its name. One exception is strict: a file that is
named `.safetensors` promises that no pickle is opened.
"""

from __future__ import annotations

import stat
from os import PathLike
from pathlib import Path

from resnet_dsl.weights.checkpoint import Checkpoint
from resnet_dsl.weights.errors import refuse
from resnet_dsl.weights.safetensors_file import LENGTH_BYTES, read_safetensors

_ZIP = b"PK\x03\x04"
_PICKLE = b"\x80"


def open_checkpoint(path: str | PathLike[str], entry: str | None = None) -> Checkpoint:
    """What the file at `path` holds; `entry` names the state dict inside a torch file that has several.

    Reads keys, shapes and dtypes; elements are read when they are asked for. Raises
    `CheckpointError` for a file that is missing, damaged, over a limit, or wants to run code.
    """
    path = Path(path)
    start, size = _beginning(path)
    is_torch = start.startswith((_ZIP, _PICKLE))
    if is_torch and path.suffix.lower() == ".safetensors":
        refuse("RDL922", path)
    if is_torch:
        from resnet_dsl.weights.torch_file import read_torch

        return read_torch(path, entry, is_archive=start.startswith(_ZIP))
    if path.suffix.lower() != ".safetensors" and start[LENGTH_BYTES : LENGTH_BYTES + 1] != b"{":
        refuse("RDL921", path, what=_described(start))
    if entry is not None:
        refuse("RDL927", path, what=f"has no entry `{entry}`: a safetensors file is flat")
    return read_safetensors(path, size)


def _beginning(path: Path) -> tuple[bytes, int]:
    """The first bytes of a regular file, and its size."""
    try:
        status = path.stat()  # before it is opened: to open a pipe is to wait for its writer
        if stat.S_ISDIR(status.st_mode):
            refuse("RDL920", path, reason="it is a folder")
        if not stat.S_ISREG(status.st_mode):
            refuse("RDL920", path, reason="it is no regular file")
        with path.open("rb") as file:
            start = file.read(64)
    except OSError as error:
        refuse("RDL920", path, reason=(error.strerror or str(error)).lower())
    except ValueError as error:  # a null byte in the name
        refuse("RDL920", path, reason=str(error))
    if not start:
        refuse("RDL920", path, reason="it is empty")
    return start, status.st_size


_KINDS = (
    (b"\x1f\x8b", "gzip data"),
    (b"\x89HDF", "HDF5, as Keras writes it"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"GGUF", "GGUF"),
    (b"version https://git-lfs", "a Git LFS pointer: `git lfs pull` fetches the file itself"),
    (b"<", "HTML or XML: perhaps the page of a failed download"),
)


def _described(start: bytes) -> str:
    for magic, what in _KINDS:
        if start.startswith(magic):
            return what
    if all(byte in b"\t\n\r" or 32 <= byte < 127 for byte in start):
        return "text"
    return "something unknown"
