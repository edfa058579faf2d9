"""A run's folder belongs to one run at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from resnet_dsl.training.checkpoint import writing
from resnet_dsl.training.errors import TrainingError

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
            reason = "another run is writing into this folder"
            raise TrainingError("RDL902", path=str(folder), reason=reason) from error
        except OSError:
            pass  # this file system has no locks
        yield
    finally:
        os.close(handle)
