"""From a file to pixels: sizes, modes, and how much memory it takes."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from resnet_dsl.semantics.recipe_sources import CocoMasks, DataSource, HubFolder, ImageFolder, WebDataset
from resnet_dsl.training.data.decoding import _Room, decode, fitted, in_colour
from resnet_dsl.training.data.reading import BadSampleError
from tests.training.sources import Table, opened, whole, with_package, write_coco, write_folders, write_tar


def test_a_strip_takes_no_more_memory_than_another_image() -> None:
    strip = Image.new("RGB", (60_000, 1), (9, 9, 9))
    strip.putpixel((29_999, 0), (250, 0, 0))
    assert fitted(strip, 256).size == (256, 256)
    assert fitted(strip, 2, nearest=True).getpixel((0, 0)) == (250, 0, 0)


def test_the_middle_square_is_what_resizing_everything_gives() -> None:
    image = Image.linear_gradient("L").resize((300, 200)).convert("RGB")
    before = image.resize((96, 64), Image.Resampling.BILINEAR).crop((16, 0, 80, 64))
    assert fitted(image, 64).tobytes() == before.tobytes()
    assert fitted(image, 200).tobytes() == image.crop((50, 0, 250, 200)).tobytes()


def test_large_images_wait_for_each_other() -> None:
    room, inside, most = _Room(100), [0], [0]
    watch = threading.Lock()

    def read(count: int) -> None:
        with room.taken(count):
            with watch:
                inside[0] += count
                most[0] = max(most[0], inside[0])
            time.sleep(0.002)
            with watch:
                inside[0] -= count

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(read, [60, 40, 50, 30, 70, 20, 100, 10] * 3))
        assert inside[0] == 0
        assert 50 <= most[0] <= 100
        pool.submit(read, 500).result(timeout=10)  # one that is larger than all the room is read alone


# Mode, the pixel's value in it, and what it is in RGB; None where it cannot be read.
MODES: list[tuple[str, Any, tuple[int, int, int] | None]] = [
    ("1", 255, (255, 255, 255)),
    ("L", 100, (100, 100, 100)),
    ("LA", (100, 20), (100, 100, 100)),
    ("RGB", (1, 2, 3), (1, 2, 3)),
    ("RGBA", (1, 2, 3, 4), (1, 2, 3)),
    ("RGBX", (1, 2, 3, 4), (1, 2, 3)),
    ("CMYK", (255, 0, 0, 0), (0, 255, 255)),
    ("YCbCr", (100, 128, 128), (100, 100, 100)),
    ("HSV", (0, 0, 100), (100, 100, 100)),
    ("I;16", 0, (0, 0, 0)),
    ("I;16", 25_700, (100, 100, 100)),
    ("I;16", 65_535, (255, 255, 255)),
    ("I;16L", 25_700, (100, 100, 100)),
    ("I;16B", 25_700, (100, 100, 100)),
    ("I", 25_700, None),
    ("F", 0.5, None),
]


@pytest.mark.parametrize(("mode", "value", "wanted"), MODES)
def test_every_mode_of_pillow(mode: str, value: Any, wanted: tuple[int, int, int] | None) -> None:
    image = Image.new(mode, (2, 2), value)
    if wanted is None:
        with pytest.raises(BadSampleError, match=f"mode {mode}"):
            in_colour(image)
    else:
        assert in_colour(image).getpixel((1, 1)) == wanted


def test_a_pgm_of_sixteen_bits_is_read_as_a_png(tmp_path: Path) -> None:
    grey = [0, 25_700, 65_535, 300]
    Image.frombytes("I;16", (4, 1), b"".join(each.to_bytes(2, "little") for each in grey)).save(
        tmp_path / "a.png"
    )
    words = b"".join(each.to_bytes(2, "big") for each in grey)
    (tmp_path / "a.pgm").write_bytes(b"P5 4 1 65535\n" + words)
    images = [in_colour(Image.open(tmp_path / name)) for name in ("a.png", "a.pgm")]
    assert images[0].tobytes() == images[1].tobytes()
    assert images[1].getpixel((1, 0)) == (100, 100, 100)
    (tmp_path / "b.pgm").write_bytes(
        b"P5 4 1 1000\n" + b"".join(each.to_bytes(2, "big") for each in (0, 392, 1000, 5))
    )
    assert in_colour(Image.open(tmp_path / "b.pgm")).getpixel((1, 0)) == (100, 100, 100)  # 1000 is its white
    decoded = [decode(tmp_path / name, 1).flatten().tolist() for name in ("a.png", "a.pgm")]
    assert decoded[0] == decoded[1]


def test_colours_of_a_palette() -> None:
    image = Image.new("RGB", (2, 2), (10, 200, 30)).convert("P", palette=Image.Palette.ADAPTIVE)
    assert in_colour(image).getpixel((0, 0)) == (10, 200, 30)


@pytest.mark.parametrize("kind", ["images", "webdataset", "coco", "hf_datasets"])
def test_grey_of_sixteen_bits_is_not_white_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    def grey(size: tuple[int, int]) -> Image.Image:
        return Image.new("I;16", size, 25_700)

    source: DataSource
    if kind == "hf_datasets":
        monkeypatch.setattr("tests.training.sources.picture", lambda *_: grey((8, 8)))
        with_package(monkeypatch, Table([0, 1] * 10))
        source = HubFolder(str(tmp_path), 8, "image", "label")
    elif kind == "coco":
        write_coco(tmp_path, 10)
        for path in tmp_path.rglob("*.png"):
            grey((12, 10)).save(path)
        source = CocoMasks(str(tmp_path), 8)
    elif kind == "webdataset":
        monkeypatch.setattr("tests.training.sources.picture", lambda *_: grey((8, 8)))
        write_tar(tmp_path / "a.tar", 20, 2)
        source = WebDataset(str(tmp_path), 8)
    else:
        write_folders(tmp_path, ["a", "b"], 10)
        for path in tmp_path.rglob("*.png"):
            grey((8, 8)).save(path)
        source = ImageFolder(str(tmp_path), 8)
    assert whole(opened(source).training).images.eq(100).all()
