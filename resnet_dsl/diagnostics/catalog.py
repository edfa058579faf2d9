"""Every message the compiler can give, by code; the only place where message text stands.

Families: RDL1xx syntax, 2xx names, 3xx arguments and types, 4xx shapes, 5xx parameter names,
6xx expectations, 7xx lints, 8xx limits, 9xx training runs, checkpoints, exports
and earlier versions of a spec.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from resnet_dsl.diagnostics.entry import Entry
from resnet_dsl.diagnostics.model import Diagnostic, InternalError, Label, Severity
from resnet_dsl.source import Span


@cache
def entries() -> dict[str, Entry]:
    """Every entry by code, in order."""
    # Only a mistake pays for the texts.
    from resnet_dsl.diagnostics import (
        catalog_after,
        catalog_arguments,
        catalog_changes,
        catalog_data,
        catalog_edits,
        catalog_limits,
        catalog_names,
        catalog_operators,
        catalog_runs,
        catalog_shapes,
        catalog_syntax,
        catalog_training,
        catalog_weights,
    )

    table: dict[str, Entry] = {}
    for part in (
        catalog_syntax,
        catalog_names,
        catalog_arguments,
        catalog_edits,
        catalog_training,
        catalog_data,
        catalog_runs,
        catalog_shapes,
        catalog_operators,
        catalog_limits,
        catalog_weights,
        catalog_after,
        catalog_changes,
    ):
        for code, entry in part.ENTRIES.items():
            if code in table:
                raise InternalError(f"{code} stands twice in the catalog")
            table[code] = entry
    return dict(sorted(table.items()))


def diagnose(
    code: str,
    span: Span | None,
    *,
    help: str | None = None,
    related: tuple[Label, ...] = (),
    where: str = "",
    **fields: Any,
) -> Diagnostic:
    """The diagnostic for `code` at `span`, its text filled with `fields`.

    `help` replaces the catalog's help line where the caller knows the very edit.
    """
    entry = entries().get(code)
    if entry is None:
        raise InternalError(f"no catalog entry for {code}")
    # What an argument means is told where the callee says it.
    shown = {"meaning": ""} | {name: _brief(value) for name, value in fields.items()}
    return Diagnostic(
        code=code,
        message=entry.message.format(**shown),
        span=span,
        severity=Severity(entry.severity),
        label=entry.label.format(**shown),
        help=entry.help.format(**shown) if help is None else help,
        related=related,
        where=where,
    )


def _brief(value: Any) -> Any:
    """Text from a spec is hostile: a megabyte of name must not become a megabyte of message."""
    if isinstance(value, str) and len(value) > 200:
        return value[:197] + "..."
    if isinstance(value, int) and not isinstance(value, bool):
        if abs(value) >= 10**30:
            return f"about 10^{len(str(abs(value))) - 1}" if abs(value) < 10**4000 else "a huge number"
        return f"{int(value):,}" if abs(value) >= 10_000 else value
    return value
