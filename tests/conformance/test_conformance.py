"""Every reference entry has a spec, which passes every check that the entry has figures for."""

from __future__ import annotations

import pytest

from .entries import Entry, checks, entries, network

ENTRIES = entries()


@pytest.mark.parametrize("entry", ENTRIES, ids=str)
def test_entry(entry: Entry) -> None:
    net = network(entry)
    assert net is not None, "a spec has this model"
    failed = [name for name, check in checks(entry, net) if not check()]
    assert not failed
