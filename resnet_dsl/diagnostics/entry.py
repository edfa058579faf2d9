"""The form of a catalog entry."""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """Everything said about one code.

    `message`, `help` and `label` are `str.format` templates over the fields of a report;
    `explanation` is what `resnet-dsl explain CODE` prints below them.
    """

    title: str
    message: str
    help: str = ""
    label: str = ""
    explanation: str = ""
    severity: str = "error"
