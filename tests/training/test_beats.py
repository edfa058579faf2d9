"""Signs of life, and what becomes of a process that nobody watches any more."""

from __future__ import annotations

import os
import signal
import time
from datetime import timedelta

import pytest
from torch.distributed import HashStore  # type: ignore[attr-defined]  # the stub lists other stores

from resnet_dsl.training import beats
from resnet_dsl.training.stopping import StopRequest


@pytest.mark.parametrize("store_is_gone", [False, True])
def test_a_process_without_its_launcher_asks_itself_to_stop(
    monkeypatch: pytest.MonkeyPatch, store_is_gone: bool
) -> None:
    class Gone(HashStore):
        def set(self, key: str, value: str) -> None:
            raise RuntimeError("connection reset by peer")

    parents = [os.getppid()] * 3
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "none")
    monkeypatch.setattr(beats, "SECONDS_BETWEEN_BEATS", 0.01)
    monkeypatch.setattr(os, "getppid", lambda: parents.pop() if parents else 1)
    store = Gone() if store_is_gone else HashStore()
    store.set_timeout(timedelta(seconds=5))
    with StopRequest() as stop:
        watched = beats.Beats(store, 0, lambda: "epoch 1")
        deadline = time.monotonic() + 20
        while stop.signal is None and time.monotonic() < deadline:
            time.sleep(0.01)
        watched.stop()
    assert stop.signal is signal.SIGTERM
