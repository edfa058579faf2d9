"""The parser's tables: kept in the user's cache, and built again where they cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from resnet_dsl.source import Source
from resnet_dsl.syntax import parser, tables

SPEC = Source("spec", "block f(x) { return x -> relu }\n")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "resnet-dsl"


def _parses() -> bool:
    value, mistakes, _ = parser.Parser().run(SPEC, SPEC.text, 0, "start")
    return value is not None and not mistakes


def test_tables_are_kept_and_read(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _parses()
    (kept,) = cache.iterdir()
    assert cache.stat().st_mode & 0o077 == 0
    before = kept.read_bytes()
    monkeypatch.setattr(tables, "_keep", lambda file, write: pytest.fail("the tables were built again"))
    assert _parses()
    assert kept.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"no tables", b"\x80\x04N.", b"\x80\x04}."])
def test_a_file_that_holds_no_tables_is_replaced(
    cache: Path, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _parses()
    (kept,) = cache.iterdir()
    kept.write_bytes(content)
    assert _parses()
    assert kept.stat().st_size > 10_000
    monkeypatch.setattr(tables, "_keep", lambda file, write: pytest.fail("the tables were built again"))
    assert _parses()


def test_without_a_place_for_them_they_are_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert tables.cache_file("tables", "grammar") is None
    assert _parses()
