"""Writing files: whole or not at all.

Data goes to a hidden file in the same folder, is flushed to the disk, and takes the name only then.
Nothing is written through a symbolic link, a device or a pipe: what stands under the name is a file
of ours or it is refused.
"""

from __future__ import annotations

import errno
import os
import secrets
import signal
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import typer

Data = bytes | str


def write_atomic(path: Path, data: Data) -> bool:
    """Writes a file whole; False where it held the same bytes already and was left alone.

    Folders that are missing are made. Raises `OSError` where a name is taken by something that is
    no folder or no regular file, or the disk refuses; the old file is then as it was.
    """
    content = _bytes(data)
    _make_folder(path.parent)
    if _holds(path, content):
        return False
    staged = _stage(path, content)
    try:
        staged.replace(path)
    except BaseException:
        staged.unlink(missing_ok=True)
        raise
    _flush_folder(path.parent)
    return True


def write_new(path: Path, data: Data) -> None:
    """Writes a file that must not be there yet. Raises `FileExistsError` where it is."""
    _write(path, _bytes(data), mode=None)


def write_folder(folder: Path, files: Mapping[str, Data], remove: Collection[str] = ()) -> list[str]:
    """Writes all of a folder's `files`, by name, or none; returns the names that changed.

    Files named in `remove` go, other files of the folder stay. A new folder appears in one step.
    In one that is there, every file is on the disk before the first takes its name, and a failure
    puts back those that did; only a hard kill between two renames can leave old beside new.
    """
    contents = {name: _bytes(data) for name, data in files.items()}
    for name in (*contents, *remove):
        if name in {"", ".", ".."} or Path(name).name != name:
            raise ValueError(f"{name!r} is no file name")
    _make_folder(folder.parent)
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise FileExistsError(errno.EEXIST, "is in the way, and is no folder", str(folder))
    if not folder.exists():
        _write_new_folder(folder, contents)
        return list(contents)

    changed = [name for name, content in contents.items() if not _holds(folder / name, content)]
    gone = [name for name in remove if (folder / name).is_file()]
    _replace_files(folder, {name: contents[name] for name in changed}, gone)
    return [*changed, *gone]


def would_change(folder: Path, files: Mapping[str, Data]) -> list[str]:
    """The names among `files` whose content in `folder` is another, or missing."""
    return [name for name, data in files.items() if not _holds(folder / name, _bytes(data))]


def check_destination(out: Path, inputs: Iterable[Path], hint: str = "--out") -> None:
    """A usage error where a file that a command is to write is a spec, or one that it reads.

    `hint` is the option that names the file.
    """
    if out.suffix.lower() == ".rdl":
        raise typer.BadParameter(
            f"`{out}` would be a spec, and this is none: give another suffix", param_hint=hint
        )
    for path in inputs:
        with suppress(OSError):  # one that is not there, which whoever reads it tells
            if out.samefile(path):
                raise typer.BadParameter(
                    f"`{out}` is what this command reads: give another name", param_hint=hint
                )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        taken = next(
            place for place in (folder, *folder.parents) if os.path.lexists(place) and not place.is_dir()
        )
        raise NotADirectoryError(errno.ENOTDIR, "is in the way, and is no folder", str(taken)) from None


def _write_new_folder(folder: Path, contents: Mapping[str, bytes]) -> None:
    staging = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.tmp")
    staging.mkdir()
    try:
        for name, content in contents.items():
            _write(staging / name, content, mode=None)
        _flush_folder(staging)
        staging.rename(folder)
    except BaseException:
        for name in contents:
            (staging / name).unlink(missing_ok=True)
        staging.rmdir()
        raise
    _flush_folder(folder.parent)


def _replace_files(folder: Path, contents: Mapping[str, bytes], gone: Collection[str]) -> None:
    before = {name: _content(folder / name) for name in (*contents, *gone)}
    staged: dict[str, Path] = {}
    try:
        for name, content in contents.items():
            staged[name] = _stage(folder / name, content)
        with _signals_held():
            try:
                for name, path in staged.items():
                    path.replace(folder / name)
                for name in gone:
                    (folder / name).unlink()
            except OSError:
                _restore(folder, before)
                raise
    finally:
        for path in staged.values():
            path.unlink(missing_ok=True)
    _flush_folder(folder)


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _restore(folder: Path, before: Mapping[str, bytes | None]) -> None:
    for name, content in before.items():
        if content is None:
            (folder / name).unlink(missing_ok=True)
        else:
            write_atomic(folder / name, content)


def _stage(path: Path, content: bytes) -> Path:
    """The content on the disk beside `path`, under a hidden name, with the mode of what it replaces."""
    mode = None
    with suppress(FileNotFoundError):
        there = path.lstat()
        if not stat.S_ISREG(there.st_mode):
            raise FileExistsError(errno.EEXIST, "is in the way, and is no regular file", str(path))
        mode = stat.S_IMODE(there.st_mode)
    staged = _hidden(path)
    try:
        _write(staged, content, mode)
    except OSError as error:  # told of the name that was asked for, and not of the hidden one
        raise OSError(error.errno, error.strerror, str(path)) from error
    return staged


def _hidden(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")


def _write(path: Path, content: bytes, mode: int | None) -> None:
    """A new file, flushed to the disk; removed again where that fails."""
    try:
        with path.open("xb") as file:
            if mode is not None and hasattr(os, "fchmod"):
                os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException as error:
        if not isinstance(error, FileExistsError):
            path.unlink(missing_ok=True)
        raise


def _holds(path: Path, content: bytes) -> bool:
    try:
        there = path.lstat()
        return stat.S_ISREG(there.st_mode) and there.st_size == len(content) and path.read_bytes() == content
    except FileNotFoundError:
        return False


def _bytes(data: Data) -> bytes:
    return data.encode("utf-8") if isinstance(data, str) else data


def _flush_folder(folder: Path) -> None:
    """Makes renames durable, where the system can flush a folder."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network file systems cannot, and the files are there
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _signals_held() -> Iterator[None]:
    """Ctrl-C and a polite kill wait until the files have their names."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
