"""From an image file to a square of pixels, with Pillow."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from resnet_dsl.training.data.reading import BadSampleError
from resnet_dsl.training.errors import first_line, missing_package

if TYPE_CHECKING:
    from typing import IO

    from PIL import Image

ENDINGS = frozenset(".bmp .gif .jpeg .jpg .pgm .png .ppm .tif .tiff .webp".split())
MOST_PIXELS = 178_956_970  # Pillow's own line between large and hostile


def require_pillow() -> Any:
    """The module PIL.Image; RDL901 where Pillow is missing."""
    try:
        return import_module("PIL.Image")
    except ModuleNotFoundError as error:
        raise missing_package("pillow") from error


def decode(file: Path | IO[bytes], size: int) -> Tensor:
    """(3, size, size), uint8: the short side resized to `size`, the middle square, upright as EXIF says.

    Raises `BadSampleError` for whatever Pillow cannot read.
    """
    pillow, orient = require_pillow(), import_module("PIL.ImageOps")
    if isinstance(file, Path):
        check_file(file)
    try:
        with pillow.open(file) as image:
            check_pixels(image)
            image.draft(
                "RGB", (size, size)
            )  # JPEG: decodes at a half, a quarter or an eighth where that will do
            return pixels(fitted(orient.exif_transpose(image).convert("RGB"), size))
    except BadSampleError:
        raise
    except Exception as error:  # damaged bytes raise whatever they happen to mean
        raise BadSampleError(first_line(error)) from error


def check_file(path: Path) -> None:
    """Refuses folders, and pipes and devices, which may keep a reader waiting for ever."""
    if not path.is_file():
        raise BadSampleError("it is no file" if path.exists() else "there is no such file")


def check_pixels(image: Image.Image) -> None:
    """Refuses what would fill the memory before anything is decoded."""
    if image.width * image.height > MOST_PIXELS:
        raise BadSampleError(f"{image.width:,} x {image.height:,} pixels are too many")


def fitted(image: Image.Image, size: int, *, nearest: bool = False) -> Image.Image:
    """Resized to a short side of `size`, cut to a square of it in the middle; `nearest` is for masks."""
    pillow = require_pillow()
    width, height = image.size
    short = min(width, height)
    wide, high = max(size, round(width * size / short)), max(size, round(height * size / short))
    if (wide, high) != (width, height):
        how = pillow.Resampling.NEAREST if nearest else pillow.Resampling.BILINEAR
        image = image.resize((wide, high), how)
    left, top = (wide - size) // 2, (high - size) // 2
    return image.crop((left, top, left + size, top + size))


def pixels(image: Image.Image) -> Tensor:
    """(C, H, W), uint8, of an image in RGB; (H, W) of one in L."""
    raw = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
    if image.mode == "L":
        return raw.view(image.height, image.width)
    return raw.view(image.height, image.width, 3).permute(2, 0, 1).contiguous()
