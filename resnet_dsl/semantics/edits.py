"""Edits of a network: shortcuts left out, blocks deleted, for plain twins and ablations.

An edit is made while a model is elaborated, where every shape and number history is derived anyway,
so whatever reads the network sees nothing special. A `shortcut` statement that is left out binds an
*absent* tensor. What absence means further on stands here:

- its pipeline is not elaborated, so projections go with the shortcut;
- a merge of any number of operands (`add`, `concat`) does without absent ones, and hands on a single
  one that is left;
- whatever else takes an absent tensor yields one: a product with nothing is nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from resnet_dsl.ir.contract import Category
from resnet_dsl.ops.record import Operator
from resnet_dsl.semantics.values import ABSENT, Tensor
from resnet_dsl.source import Span


@dataclass(frozen=True, slots=True)
class Edits:
    """What to leave out: all `shortcut` statements, and the blocks at the paths `deleted`."""

    without_shortcuts: bool = False
    deleted: tuple[str, ...] = ()

    @classmethod
    def of(cls, without_shortcuts: bool, delete_blocks: Iterable[str]) -> Self:
        """The edits asked for; a path given twice counts once."""
        return cls(without_shortcuts, tuple(dict.fromkeys(delete_blocks)))

    def __bool__(self) -> bool:
        return self.without_shortcuts or bool(self.deleted)

    def __str__(self) -> str:
        """For headings: ``without shortcuts``, ``without layer3.2 and layer3.3``."""
        parts = [*(["shortcuts"] if self.without_shortcuts else []), *self.deleted]
        if not parts:
            return ""
        listed = f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else parts[0]
        return f"without {listed}"


NO_EDITS = Edits()


def absent(name: str | None, origin: Span) -> Tensor:
    """The tensor that a statement binds when what it says is left out."""
    return Tensor(-1, None, name, ABSENT, origin)


def without_absent(
    op: Operator, operands: Sequence[tuple[Tensor, Span]], span: Span
) -> list[tuple[Tensor, Span]] | Tensor:
    """The operands that an operator is left with, or the tensor that stands for its result."""
    present = [entry for entry in operands if not entry[0].is_absent]
    takes_any_number = op.category is Category.MERGE and op.arity[1] is None
    if not takes_any_number or not present:
        return absent(None, span)
    return present if len(present) > 1 else present[0][0]
