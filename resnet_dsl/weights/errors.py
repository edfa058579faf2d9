"""What a checkpoint can be refused for."""

from __future__ import annotations

from os import PathLike, fspath
from typing import Any, NoReturn

from resnet_dsl.diagnostics.catalog import diagnose
from resnet_dsl.diagnostics.model import SpecError


class CheckpointError(SpecError):
    """A checkpoint cannot be read, or does not fit; `diagnostics` say why (codes RDL92x, RDL93x)."""


def refuse(code: str, path: str | PathLike[str], **fields: Any) -> NoReturn:
    """Raises `CheckpointError` with the one diagnostic `code` about the file at `path`."""
    raise CheckpointError([diagnose(code, None, path=fspath(path), **fields)])
