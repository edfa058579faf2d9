"""Signs of life between processes: each notes where it is, and notices when it waits in vain."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from time import monotonic, time

from torch.distributed.distributed_c10d import Store

from resnet_dsl.diagnostics.render import render_text
from resnet_dsl.training.errors import TrainingError

SECONDS_BETWEEN_BEATS = 1.0


class Beats:
    """Notes this process's place in the store now and then, and reads the others' notes.

    `place` is this process's, in words.
    """

    def __init__(self, store: Store, rank: int, place: Callable[[], str]) -> None:
        self._store, self._rank, self._place = store, rank, place
        self._launcher = os.getppid() if "TORCHELASTIC_RUN_ID" in os.environ else None
        self._over = threading.Event()
        self._waiting_since: float | None = None
        self._limit_seconds = float("inf")
        self._in_vain: Callable[[], TrainingError] | None = None
        self._thread = threading.Thread(target=self._run, daemon=True, name="beats")
        self._thread.start()

    def end_after(self, seconds: float, in_vain: Callable[[], TrainingError]) -> None:
        """Ends the process with the error of `in_vain` once it has waited that long for the others.

        For backends that do not raise when nobody answers: NCCL aborts the process with pages of
        its own, and says neither where it was nor where the others are.
        """
        self._limit_seconds, self._in_vain = seconds, in_vain

    def waiting(self, since: float | None) -> None:
        """This process waits for the others since then, by `time.monotonic`; None: no longer."""
        self._waiting_since = since

    def _run(self) -> None:
        speaks = True
        while True:
            self._look_for_the_launcher()
            try:
                if speaks:
                    self._store.set(str(self._rank), f"{time()} {self._place()}")
            except RuntimeError:
                speaks = False  # the store is gone, and with it whoever would read
            since = self._waiting_since
            if self._in_vain is not None and since is not None and monotonic() - since > self._limit_seconds:
                end_with(self._in_vain())
            if self._over.wait(SECONDS_BETWEEN_BEATS):
                return

    def _look_for_the_launcher(self) -> None:
        """Once it is gone nobody would end this process: it asks itself to stop, which saves the run."""
        if self._launcher is not None and os.getppid() != self._launcher:
            self._launcher = None
            os.kill(os.getpid(), signal.SIGTERM)

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def others(self, size: int) -> Iterator[str]:
        """Where each other process was, and how long ago it said so."""
        for rank in range(size):
            if rank == self._rank:
                continue
            try:
                key = str(rank)
                known = self._store.check([key])
                moment, _, place = self._store.get(key).decode().partition(" ") if known else ("", "", "")
            except RuntimeError:
                yield f"process {rank} cannot be asked"
                continue
            if not known:
                yield f"process {rank} was never heard of"
                continue
            ago = max(0.0, time() - float(moment))
            yield f"process {rank} was last heard of {ago:.0f} s ago, in {place}"


def end_with(error: TrainingError) -> None:
    """Says what is wrong and ends the process, whatever its other threads are stuck in."""
    if sys.__stderr__ is not None:
        print(render_text([error.diagnostic]), file=sys.__stderr__, flush=True)
    os._exit(1)
