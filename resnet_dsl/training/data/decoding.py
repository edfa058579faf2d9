"""From an image file to a square of pixels, with Pillow."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from math import ceil, floor
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor

from resnet_dsl.training.data.reading import BadSampleError
from resnet_dsl.training.errors import first_line, missing_package

if TYPE_CHECKING:
    from typing import IO

    from PIL import Image

ENDINGS = frozenset(".bmp .gif .jpeg .jpg .pgm .png .ppm .tif .tiff .webp".split())
MOST_PIXELS = 178_956_970  # Pillow's own line between large and hostile; also of all images decoded at once
_UNKNOWN_WHITE = {"I": "whole numbers of 32 bits", "F": "floating-point numbers"}


class _Room:
    """Pixels that all reading threads together may have decoded at a time; one image always may."""

    def __init__(self, most: int) -> None:
        self._most, self._taken = most, 0
        self._changed = threading.Condition()

    @contextmanager
    def taken(self, count: int) -> Iterator[None]:
        """Waits until there is room for `count` pixels, and holds it."""
        with self._changed:
            self._changed.wait_for(lambda: not self._taken or self._taken + count <= self._most)
            self._taken += count
        try:
            yield
        finally:
            with self._changed:
                self._taken -= count
                self._changed.notify_all()


_ROOM = _Room(MOST_PIXELS)


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
            with room_for(image):
                return pixels(fitted(in_colour(orient.exif_transpose(image), image.format), size))
    except BadSampleError:
        raise
    except Exception as error:  # damaged bytes raise whatever they happen to mean
        raise BadSampleError(first_line(error)) from error


def check_file(path: Path) -> None:
    """Refuses folders, and pipes and devices, which may keep a reader waiting for ever."""
    try:
        if path.is_file():
            return
        reason = "it is no file" if path.exists() else "there is no such file"
    except (OSError, ValueError) as error:  # a name that is too long, or that no file can have
        reason = (error.strerror if isinstance(error, OSError) else None) or "it is no name of a file"
    raise BadSampleError(reason)


def check_pixels(image: Image.Image) -> None:
    """Refuses what would fill the memory before anything is decoded."""
    if image.width * image.height > MOST_PIXELS:
        raise BadSampleError(f"{image.width:,} x {image.height:,} pixels are too many")


def room_for(image: Image.Image) -> AbstractContextManager[None]:
    """Around what decodes `image`: large ones wait for each other, however many threads read."""
    return _ROOM.taken(image.width * image.height)


def in_colour(image: Image.Image, form: str | None = None) -> Image.Image:
    """In RGB. Grey of 16 bits goes from 0 to 65535 and is brought to bytes.

    `form` is Pillow's word for the file's format, where `image` itself has lost it. `BadSampleError` for wider
    grey, in which nothing says what is white.
    """
    # Pillow gives 16 bits of a PGM file 32, whose white is 65535 whatever the file calls it.
    is_wide_pgm = image.mode == "I" and (form or image.format) == "PPM"
    if image.mode in _UNKNOWN_WHITE and not is_wide_pgm:
        raise BadSampleError(
            f"its grey is in {_UNKNOWN_WHITE[image.mode]} (mode {image.mode}), of which none is known to be white"
        )
    if image.mode.startswith("I"):
        image = image.convert("I").point(lambda value: value / 257 + 0.5).convert("L")
    return image.convert("RGB")


def fitted(image: Image.Image, size: int, *, nearest: bool = False) -> Image.Image:
    """The middle square of an image, resized to `size` by `size`; `nearest` is for masks.

    Nothing but the square is resized: a long strip takes no more memory than any other image.
    """
    pillow = require_pillow()
    width, height = image.size
    short = min(width, height)
    left, top = (width - short) // 2, (height - short) // 2
    how = pillow.Resampling.NEAREST if nearest else pillow.Resampling.BILINEAR
    return image.resize((size, size), how, box=(left, top, left + short, top + short))


def framed(
    image: Image.Image, left: float, top: float, width: float, height: float, size: tuple[int, int]
) -> Image.Image:
    """A frame of an image, in its pixels, resized to `size`, (H, W); black where it reaches beyond the image.

    Nothing but what is kept is made: a frame of any size takes no more memory than another. `BadSampleError`
    where nothing of the image lies inside.
    """
    pillow = require_pillow()
    rows, columns = size
    across, down = width / columns, height / rows  # pixels of the image to one of what comes out
    first, last = _covered(left, across, image.width, columns)
    upper, lower = _covered(top, down, image.height, rows)
    if first >= last or upper >= lower:
        raise BadSampleError("no pixel of the image lies in its box")
    box = (
        max(0.0, left + first * across),
        max(0.0, top + upper * down),
        min(float(image.width), left + last * across),
        min(float(image.height), top + lower * down),
    )
    whole = pillow.new(image.mode, (columns, rows))
    whole.paste(
        image.resize((last - first, lower - upper), pillow.Resampling.BILINEAR, box=box), (first, upper)
    )
    return cast("Image.Image", whole)


def _covered(start: float, step: float, length: int, count: int) -> tuple[int, int]:
    """Of `count` pixels of `step` from `start` on, the first inside an image of `length`, and the one after the last."""
    slack = 1e-6  # of a pixel, which rounding may take from the outermost ones
    return max(0, ceil(-start / step - slack)), min(count, floor((length - start) / step + slack))


def pixels(image: Image.Image) -> Tensor:
    """(C, H, W), uint8, of an image in RGB; (H, W) of one in L."""
    raw = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
    if image.mode == "L":
        return raw.view(image.height, image.width)
    return raw.view(image.height, image.width, 3).permute(2, 0, 1).contiguous()
