"""Batches made ahead of time: a thread reads and augments the next ones while the device works."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, nullcontext
from queue import Full, Queue

import torch

from resnet_dsl.training.data.parts import Part

BATCHES_AHEAD = 3


def prefetched(batches: Iterator[Part], device: torch.device, ahead: int = BATCHES_AHEAD) -> Iterator[Part]:
    """The same batches in the same order, up to `ahead` of them made in advance.

    An error met while making one is raised where it would have come. On a GPU the thread copies and
    augments on a stream of its own, so that the copy runs beside the step.
    """
    with closing(_Ahead(batches, device, ahead)) as source:
        yield from source


class _Ahead:
    def __init__(self, batches: Iterator[Part], device: torch.device, ahead: int) -> None:
        self._batches = batches
        self._stream: torch.cuda.Stream | None = None
        if device.type == "cuda":
            self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]  # torch has no types here
        self._ready: Queue[tuple[Part | None, torch.cuda.Event | None, BaseException | None]] = Queue(ahead)
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._fill, name="batches", daemon=True)
        self._thread.start()

    def _fill(self) -> None:
        try:
            with torch.cuda.stream(self._stream) if self._stream else nullcontext():
                for batch in self._batches:
                    event = self._stream.record_event() if self._stream else None
                    if not self._hand_over((batch, event, None)):
                        return
            self._hand_over((None, None, None))
        except BaseException as error:  # noqa: BLE001 - raised again, where the batch was asked for
            self._hand_over((None, None, error))

    def _hand_over(self, item: tuple[Part | None, torch.cuda.Event | None, BaseException | None]) -> bool:
        """False once nobody wants it any more."""
        while not self._closed.is_set():
            try:
                self._ready.put(item, timeout=0.1)
                return True
            except Full:
                continue
        return False

    def __iter__(self) -> Iterator[Part]:
        while True:
            batch, event, error = self._ready.get()
            if error is not None:
                raise error
            if batch is None:
                return
            if event is not None:
                current = torch.cuda.current_stream(batch.images.device)
                current.wait_event(event)
                for tensor in (batch.images, batch.labels):
                    tensor.record_stream(current)  # its memory is not given away before the step has read it
            yield batch

    def close(self) -> None:
        self._closed.set()
        self._thread.join()
