"""Reading a spec's file: regular files of limited size, and nothing that could wait or never end."""

from __future__ import annotations

import os
import stat
from pathlib import Path

MAX_FILE_BYTES = 2_000_000  # 10,000 blocks written out by hand are half of it


class NotReadable(Exception):
    """Why a file cannot be read; `size` in bytes where it is too large."""

    def __init__(self, reason: str, size: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.size = size


def read_file(path: Path) -> bytes:
    """A file's bytes. Raises `NotReadable`.

    Pipes and devices are refused without waiting for them; a file that grows, or tells a wrong
    size, is read up to the limit.
    """
    try:
        # O_NONBLOCK: opening a pipe that nobody writes to would wait for a writer.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as error:
        raise NotReadable(reason(error)) from None
    try:
        found = os.fstat(descriptor)
        if stat.S_ISDIR(found.st_mode):
            raise NotReadable("it is a folder")
        if not stat.S_ISREG(found.st_mode):
            raise NotReadable("it is not a regular file")
        if found.st_size > MAX_FILE_BYTES:
            raise NotReadable("it is too large", found.st_size)
        data = b""
        while len(data) <= MAX_FILE_BYTES and (more := os.read(descriptor, MAX_FILE_BYTES + 1)):
            data += more
    except OSError as error:
        raise NotReadable(reason(error)) from None
    finally:
        os.close(descriptor)
    if len(data) > MAX_FILE_BYTES:
        raise NotReadable("it is too large", len(data))
    return data


def reason(error: Exception) -> str:
    """Why the system refused a path, in words."""
    match error:
        case FileNotFoundError():
            return "there is no such file"
        case IsADirectoryError():
            return "it is a folder"
        case PermissionError():
            return "it may not be read"
        case RuntimeError():
            return "its links lead in a circle"
        case OSError() if error.strerror:
            return error.strerror.lower()
        case _:
            return "it is not a path"
