"""A run's folder belongs to one run at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from resnet_dsl.training.checkpoint import writing
from resnet_dsl.training.errors import TrainingError

_LOCKS = Path("/proc/locks")
HAS_LOCKS = os.name == "posix"  # Windows knows none of this kind


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Makes the folder and keeps other runs out of it; RDL902 where another one is at work there.

    The folder itself is locked, so nothing is left behind, and the system lets go of it when the process
    ends, however it ends. File systems that know no locks are used without.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    if not HAS_LOCKS:
        yield
        return
    import fcntl

    with writing(folder):
        handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = _holder(handle)
            who = f"another run, process {holder}," if holder else "another run"
            reason = f"{who} is writing into this folder"
            stop = f", stop it with `kill {holder}`, which saves it," if holder else ""
            advice = f"wait until it ends{stop} or choose another folder with `--out DIR`"
            raise TrainingError("RDL902", path=str(folder), reason=reason, help=advice) from error
        except OSError:
            pass  # this file system has no locks
        yield
    finally:
        os.close(handle)


def _holder(handle: int) -> int:
    """The process that has locked the file of `handle`, as Linux lists it; 0 where nobody says.

    A process of another container has no number here, and other systems keep no such list.
    """
    status = os.fstat(handle)
    file = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    try:
        lines = _LOCKS.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        return 0
    for line in lines:  # 2: FLOCK ADVISORY WRITE 5412 fe:00:3679583 0 EOF
        words = line.split()
        if len(words) > 5 and (words[1], words[5]) == ("FLOCK", file) and words[4].isdigit():
            return int(words[4])
    return 0
