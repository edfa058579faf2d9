"""Files are written whole or not at all."""

from __future__ import annotations

import os
import signal
import stat
from pathlib import Path

import pytest
import typer

from resnet_dsl.cli.output import (
    _signals_held,
    check_destination,
    would_change,
    write_atomic,
    write_folder,
    write_new,
)

POSIX = pytest.mark.skipif(os.name != "posix", reason="links and modes are POSIX")


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


class DiskFull:
    """Stands in for `os.fsync`; refuses from the given call on."""

    def __init__(self, from_call: int) -> None:
        self.left = from_call - 1

    def __call__(self, descriptor: int) -> None:
        self.left -= 1
        if self.left < 0:
            raise OSError(28, "No space left on device")


def test_a_file_is_written_and_left_alone_when_equal(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    assert write_atomic(path, "é\n")
    assert path.read_bytes() == "é\n".encode()
    before = path.stat().st_mtime_ns
    assert not write_atomic(path, "é\n")
    assert path.stat().st_mtime_ns == before
    assert write_atomic(path, b"other")
    assert names(tmp_path) == {"a.txt"}


def test_a_failure_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    monkeypatch.setattr(os, "fsync", DiskFull(from_call=1))
    with pytest.raises(OSError, match="No space"):
        write_atomic(path, "new")
    assert contents(tmp_path) == {"a.txt": "old"}


def test_missing_folders_are_made(tmp_path: Path) -> None:
    assert write_atomic(tmp_path / "not" / "there" / "a.txt", "x")
    assert contents(tmp_path / "not" / "there") == {"a.txt": "x"}


def test_what_is_no_folder_is_said(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("x")
    for path in (taken / "a.txt", taken / "deep" / "a.txt"):
        with pytest.raises(NotADirectoryError, match="is in the way, and is no folder") as caught:
            write_atomic(path, "x")
        assert caught.value.filename == str(taken)
    with pytest.raises(NotADirectoryError, match="is in the way, and is no folder"):
        write_folder(taken / "folder", {"a.txt": "x"})


def test_neither_a_spec_nor_an_input_is_written_over(tmp_path: Path) -> None:
    read, link, other = tmp_path / "read.txt", tmp_path / "link.txt", tmp_path / "other.txt"
    read.write_text("x")
    link.symlink_to(read)
    check_destination(other, [read, tmp_path / "missing.txt"])
    for out in (read, link, tmp_path / "." / "read.txt"):
        with pytest.raises(typer.BadParameter, match="is what this command reads"):
            check_destination(out, [tmp_path / "missing.txt", read])
    for name in ("new.rdl", "NEW.RDL"):
        with pytest.raises(typer.BadParameter, match="would be a spec"):
            check_destination(tmp_path / name, [])


@POSIX
def test_links_and_devices_are_refused(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("precious")
    link = tmp_path / "link.txt"
    link.symlink_to(outside)
    with pytest.raises(FileExistsError, match="no regular file"):
        write_atomic(link, "x")
    with pytest.raises(FileExistsError, match="no regular file"):
        write_atomic(Path(os.devnull), "x")
    assert outside.read_text() == "precious"


@POSIX
def test_the_mode_of_a_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    path.chmod(0o640)
    write_atomic(path, "new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_new_files_only(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_new(path, "one")
    with pytest.raises(FileExistsError):
        write_new(path, "two")
    assert contents(tmp_path) == {"a.txt": "one"}


def test_a_new_folder(tmp_path: Path) -> None:
    folder = tmp_path / "out" / "net"
    assert write_folder(folder, {"a": "1", "b": b"2"}) == ["a", "b"]
    assert contents(folder) == {"a": "1", "b": "2"}
    assert names(folder.parent) == {"net"}


def test_an_existing_folder_keeps_what_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("mine")
    (tmp_path / "old.svg").write_text("stale")
    (tmp_path / "a").write_text("1")
    assert write_folder(tmp_path, {"a": "1", "b": "2"}, remove=["old.svg", "absent"]) == ["b", "old.svg"]
    assert contents(tmp_path) == {"a": "1", "b": "2", "notes.md": "mine"}
    assert would_change(tmp_path, {"a": "1", "b": "3", "c": ""}) == ["b", "c"]


@pytest.mark.parametrize("call", [1, 2, 3])
def test_a_new_folder_appears_whole_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    monkeypatch.setattr(os, "fsync", DiskFull(from_call=call))
    if call < 3:  # the third flush is the folder's own, which may be refused
        with pytest.raises(OSError, match="No space"):
            write_folder(tmp_path / "net", {"a": "1", "b": "2"})
        assert names(tmp_path) == set()
    else:
        write_folder(tmp_path / "net", {"a": "1", "b": "2"})
        assert names(tmp_path) == {"net"}


@pytest.mark.parametrize("call", [1, 2])
def test_an_old_folder_changes_whole_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    old = {"a": "1", "b": "2"}
    write_folder(tmp_path, old)
    monkeypatch.setattr(os, "fsync", DiskFull(from_call=call))
    with pytest.raises(OSError, match="No space"):
        write_folder(tmp_path, {"a": "new", "b": "new", "c": "new"})
    assert contents(tmp_path) == old


def test_a_failure_between_renames_puts_back_what_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = {"a": "1", "b": "2", "z": "stale"}
    write_folder(tmp_path, old)
    replace, done = Path.replace, []

    def refuse_the_second(self: Path, target: Path) -> Path:
        done.append(target)
        if len(done) == 2:
            raise PermissionError(13, "Permission denied", str(target))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", refuse_the_second)
    with pytest.raises(PermissionError):
        write_folder(tmp_path, {"a": "new", "b": "new", "c": "new"}, remove=["z"])
    assert contents(tmp_path) == old


@POSIX
def test_a_linked_folder_and_a_file_in_the_way_are_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "file").write_text("x")
    for name in ("link", "file"):
        with pytest.raises(FileExistsError, match="no folder"):
            write_folder(tmp_path / name, {"a": "1"})
    assert names(tmp_path / "real") == set()


@pytest.mark.parametrize("name", ["../a", "a/b", "..", ".", "", "/a"])
def test_names_stay_in_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="no file name"):
        write_folder(tmp_path / "net", {name: "x"})
    assert names(tmp_path) == set()


def test_signals_wait_for_the_renames(tmp_path: Path) -> None:
    if not hasattr(signal, "pthread_sigmask"):
        pytest.skip("no signal masks here")
    with _signals_held():
        held = signal.pthread_sigmask(signal.SIG_BLOCK, set())
    assert {signal.SIGINT, signal.SIGTERM} <= held
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, set())
