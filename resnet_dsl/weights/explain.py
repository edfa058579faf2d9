"""What is said about a checkpoint beside a network: diagnostics with the place and the rule that mends it."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import NamedTuple

from resnet_dsl.diagnostics.catalog import diagnose
from resnet_dsl.diagnostics.model import Diagnostic, Severity
from resnet_dsl.ir.graph import Network
from resnet_dsl.weights.checkpoint import Checkpoint
from resnet_dsl.weights.compare import Comparison
from resnet_dsl.weights.difference import Difference, settings
from resnet_dsl.weights.propose import Proposal
from resnet_dsl.weights.rename import Renamer, Rule

_SHOWN = 3  # keys in one message
_WIDTH = 90  # columns of a help line


class Nonfinite(NamedTuple):
    """A tensor of the network with elements that are NaN or infinite, and how many those are."""

    key: str
    elements: int


def explain(
    network: Network,
    checkpoint: Checkpoint,
    found: Comparison,
    rules: Sequence[Rule],
    proposal: Proposal | None,
    difference: Difference | None,
    nonfinite: Sequence[Nonfinite],
    *,
    partial: bool,
    allow_nonfinite: bool,
) -> Iterator[Diagnostic]:
    """Everything to say, worst first in reading order."""
    path = str(checkpoint.path)
    for rule in found.idle_rules:
        yield diagnose("RDL935", None, path=path, rule=str(rule))
    yield from _collisions(path, checkpoint, found, rules)
    yield from _conversions(path, found)
    if found.filled:
        yield diagnose("RDL937", None, path=path, count=len(found.filled), key=found.filled[0].key)
    if nonfinite:
        keys = _listed([f"{entry.key} ({entry.elements:,})" for entry in nonfinite])
        said = diagnose("RDL934", None, path=path, tensors=_tensors(len(nonfinite)), keys=keys)
        yield said._replace(severity=Severity.WARNING, help="") if allow_nonfinite else said
    if difference is not None:
        yield _misfit(network, path, found, proposal, difference, partial=partial)


def _misfit(
    network: Network,
    path: str,
    found: Comparison,
    proposal: Proposal | None,
    difference: Difference,
    *,
    partial: bool,
) -> Diagnostic:
    loaded = len(found.fitting)
    keys_agree = not (found.missing or found.unexpected or found.collisions)
    code = "RDL931" if keys_agree else "RDL930"
    if partial:
        code = "RDL938" if loaded else "RDL939"
    advice = _rename_help(proposal, len(found.entries))
    if advice is None and found.misshaped and (values := settings(network, found)):
        given = " ".join(f"--set {name}={value}" for name, value in values.items())
        advice = f"perhaps the checkpoint is of the network with `{given}`" + (
            "" if partial else "; `resnet-dsl weights --partial` leaves what differs at its start"
        )
    if advice is None and not partial and loaded:
        advice = f"`resnet-dsl weights --partial` loads the {loaded:,} tensors that fit, and leaves {found.left:,} at their start"
    return diagnose(
        code,
        difference.span,
        where=difference.where,
        help=advice or "",
        path=path,
        model=network.name,
        counts=counts(found),
        difference=difference.text,
        loaded=loaded,
        total=len(found.entries),
        left=found.left,
    )


def counts(found: Comparison) -> str:
    """``2 missing, 2 unexpected``."""
    named = (
        (found.missing, "missing"),
        (found.unexpected, "unexpected"),
        (found.misshaped, "of another shape"),
        (found.mistyped, "of another dtype"),
        (found.collisions, "of a key that is taken"),
    )
    return ", ".join(f"{len(entries):,} {what}" for entries, what in named if entries)


def _rename_help(proposal: Proposal | None, total: int) -> str | None:
    if proposal is None:
        return None
    options = " ".join(f"--rename {shlex.quote(str(rule))}" for rule in proposal.rules)
    fit = (
        f"all {total:,} tensors fit"
        if proposal.complete
        else f"{proposal.loading:,} of {total:,} tensors fit"
    )
    source = " (found by order and shape: compare an output)" if proposal.by_shape else ""
    lines = wrap(options, _WIDTH, break_long_words=False, break_on_hyphens=False)
    return "\n".join([*lines, f"with this {fit}{source}"])


def _collisions(
    path: str, checkpoint: Checkpoint, found: Comparison, rules: Sequence[Rule]
) -> Iterator[Diagnostic]:
    if not found.collisions:
        return
    rename = Renamer(rules)
    first: dict[str, str] = {}
    for tensor in checkpoint.tensors:
        first.setdefault(rename(tensor.key)[0], tensor.key)
    for key, tensor in found.collisions[:_SHOWN]:
        yield diagnose("RDL936", None, path=path, first=first[key], second=tensor.key, key=key)


def _conversions(path: str, found: Comparison) -> Iterator[Diagnostic]:
    if found.mistyped:
        keys = _listed([f"{pair.entry.key} ({pair.tensor.dtype})" for pair in found.mistyped])
        yield diagnose("RDL932", None, path=path, tensors=_tensors(len(found.mistyped)), keys=keys)
    kinds = Counter((pair.tensor.dtype, pair.entry.dtype) for pair in found.converted)
    for (source, target), count in sorted(kinds.items()):
        yield diagnose("RDL933", None, path=path, tensors=_tensors(count), source=source, target=target)


def _tensors(count: int) -> str:
    return f"{count:,} tensor{'s' if count > 1 else ''}"


def _listed(names: Sequence[str]) -> str:
    """``a, b, c and 9 more``."""
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
