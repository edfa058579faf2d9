"""The table of operators: every record that a file of this package lists under `OPERATORS`.

A new file is found by being there; nothing else has to change.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

import resnet_dsl.ops as package
from resnet_dsl.diagnostics.model import InternalError
from resnet_dsl.ops.record import Operator


@cache
def operators() -> MappingProxyType[str, Operator]:
    """Every operator by its name in the language, in alphabetical order."""
    table: dict[str, Operator] = {}
    for module in iter_modules(package.__path__):
        family = import_module(f"{package.__name__}.{module.name}")
        for record in getattr(family, "OPERATORS", ()):  # the others hold what families share
            if record.name in table:
                raise InternalError(f"operator {record.name!r} is listed twice")
            table[record.name] = record
    return MappingProxyType(dict(sorted(table.items())))
