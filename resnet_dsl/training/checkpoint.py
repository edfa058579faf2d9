"""What a run writes so that it can be used, and gone on with.

Every file is written beside its name, flushed to the disk and renamed, so that a reader finds the
old file or the new one and never half of either. `checkpoint.pt` holds all that going on needs,
weights included: it alone is the truth; the safetensors files are for whoever uses the weights.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from resnet_dsl.training.errors import TrainingError, first_line

FORMAT = 1


def write_whole(path: Path, content: bytes) -> None:
    """Replaces `path` by `content` in one move; RDL902 where the disk refuses."""
    partial = path.with_name(path.name + ".partial")
    with writing(path):
        try:
            with partial.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
            _keep_name(path.parent)
        except OSError:
            # The reason the write failed matters, not whether the remains could be removed.
            with _ignoring_os_errors():
                partial.unlink(missing_ok=True)
            raise


def _keep_name(folder: Path) -> None:
    """Flushes a folder, so that a file's new name outlives a loss of power; not every system can."""
    with _ignoring_os_errors():
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def link_or_copy(source: Path, target: Path) -> None:
    """Another name for a file; a copy where the disk knows no second names."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        write_whole(target, source.read_bytes())


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turns a disk that is full or read-only into `TrainingError` RDL902."""
    try:
        yield
    except OSError as error:
        raise TrainingError("RDL902", path=str(path), reason=error.strerror or str(error)) from error


@contextmanager
def _ignoring_os_errors() -> Iterator[None]:
    try:
        yield
    except OSError:
        return


def save_weights(path: Path, weights: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
    """A state dict as safetensors, with `facts` as JSON under the metadata key ``resnet_dsl``.

    One key only: the format keeps several in no fixed order, and the same weights and facts are to
    give the same bytes.
    """
    tensors = {name: tensor.detach().contiguous() for name, tensor in weights.items()}
    metadata = {"resnet_dsl": json.dumps(facts, sort_keys=True)}
    write_whole(path, safetensors.torch.save(tensors, metadata))


def load_weights(path: Path) -> dict[str, Tensor]:
    """A state dict from safetensors; RDL906 where the file is missing or damaged."""
    try:
        return safetensors.torch.load(path.read_bytes())
    except (OSError, SafetensorError) as error:
        raise TrainingError("RDL906", path=str(path), reason=first_line(error)) from error


def save_checkpoint(path: Path, state: Mapping[str, Any]) -> None:
    """Tensors and plain values, as `load_checkpoint` gives them back."""
    buffer = io.BytesIO()
    torch.save({"format": FORMAT, **state}, buffer)
    write_whole(path, buffer.getvalue())


def load_checkpoint(path: Path) -> dict[str, Any]:
    """What `save_checkpoint` saved; RDL906 where it is damaged or of another version.

    Loads tensors and plain values only, so that a foreign file cannot run code.
    """
    try:
        content = path.read_bytes()
        # torch's older forms are pickles without an archive around them; those are never read.
        # Onto the CPU, wherever the tensors were: this machine, or this process, may have another device.
        archive = io.BytesIO(content) if content.startswith(b"PK") else None
        state = None if archive is None else torch.load(archive, map_location="cpu", weights_only=True)
    except Exception as error:  # damaged bytes raise whatever they happen to mean
        what = first_line(error).partition(". ")[0].rstrip(".")  # torch goes on with guesses
        raise TrainingError("RDL906", path=str(path), reason=f"it is damaged ({what})") from error
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise TrainingError("RDL906", path=str(path), reason="it is damaged, or of another version")
    return state
