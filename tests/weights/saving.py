"""Weights saved as a user would save them, in every form."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import safetensors.torch
import torch

State = dict[str, torch.Tensor]
Save = Callable[[State, Path], object]


def save_torch(state: State, path: Path) -> None:
    torch.save(state, path)


def save_legacy(state: State, path: Path) -> None:
    torch.save(state, path, _use_new_zipfile_serialization=False)


FORMATS: dict[str, tuple[str, Save]] = {
    "safetensors": ("w.safetensors", safetensors.torch.save_file),
    "torch": ("w.pth", save_torch),
    "legacy torch": ("w.bin", save_legacy),
}
