"""From labels to module names: who is called what, and where it hangs in the hierarchy.

A label adds a level to the path; no label adds none. Operators without a label are counted by kind
(`conv1`, `bn1`, `conv2`), members of `seq` and `repeat` are numbered from 0 as in nn.Sequential.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from resnet_dsl.diagnostics.catalog import diagnose
from resnet_dsl.diagnostics.model import Label
from resnet_dsl.ir.graph import Network, Scope, ScopeKind
from resnet_dsl.ops.record import Operator
from resnet_dsl.semantics.evaluate import Evaluator
from resnet_dsl.semantics.frames import Frame
from resnet_dsl.semantics.names import label_refusal
from resnet_dsl.semantics.types import told
from resnet_dsl.semantics.values import POISON
from resnet_dsl.source import Span
from resnet_dsl.syntax import tree

_LONGEST = 1_000  # characters of a label; text that is interpolated could double without end


@dataclass(slots=True, eq=False)
class Naming:
    """The names taken in one named scope."""

    scope: Scope
    used: dict[str, Span] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    groups: dict[str, Naming] = field(default_factory=dict)
    next_index: int = 0


class Place(NamedTuple):
    """Where a pipeline's modules go: the names they join, the scope that lists them, and the
    statement they belong to."""

    naming: Naming
    scope: Scope
    numbered: bool = False
    binding: str | None = None
    shortcut: bool = False
    statement: int = 0
    loop: int = 0


class ModuleName(NamedTuple):
    """A name given: in which naming it was taken, how it reads, and who gave it."""

    naming: Naming
    scope: Scope
    name: str
    path: str
    labelled: bool
    numbered: bool


class Namer:
    """Gives names, and reports labels that cannot be names."""

    def __init__(self, network: Network, evaluator: Evaluator) -> None:
        self.network = network
        self.evaluator = evaluator

    def operator(
        self, op: Operator, label: tree.Label | None, place: Place, frame: Frame, span: Span
    ) -> ModuleName | None:
        """The name of one operator; None after a mistake."""
        if label is not None:
            return self.labelled(label, place, frame)
        if place.numbered:
            return self._numbered(place, span, frame)
        counters, used = place.naming.counters, place.naming.used
        count = counters.get(op.name, 0) + 1
        name = f"{op.name}{count}"
        while name in used and not op.has_weights:
            count += 1  # a free operator has no key to guard: it moves aside for a label
            name = f"{op.name}{count}"
        counters[op.name] = count
        return self._take(place.naming, place.scope, name, span, frame, labelled=False)

    def scope(
        self, label: tree.Label | None, place: Place, frame: Frame, span: Span
    ) -> ModuleName | bool | None:
        """The name of a block, `seq` or `repeat`; False where it has none and adds no level."""
        if label is not None:
            return self.labelled(label, place, frame)
        if place.numbered:
            return self._numbered(place, span, frame)
        return False

    def labelled(self, label: tree.Label, place: Place, frame: Frame) -> ModuleName | None:
        """The name that a label gives; None after a mistake."""
        found = self._level(label, place, frame)
        if found is None:
            return None
        naming, scope, name = found
        if name.isdigit():
            naming.next_index = max(naming.next_index, min(int(name), 10**9) + 1)
        return self._take(naming, scope, name, label.span, frame, labelled=True)

    def reserve(self, labels: Sequence[tree.Label], place: Place, frame: Frame) -> None:
        """Keeps places among their level's modules for some that are applied further down."""
        for label in labels:
            found = self._level(label, place, frame)
            if found is None:
                continue
            naming, scope, name = found
            if name in naming.used or name in [taken for _, taken in scope.reserved]:
                self.evaluator.report("RDL503", label.span, frame, name=name)
            else:
                scope.reserved.append((len(scope.items), name))

    def _level(self, label: tree.Label, place: Place, frame: Frame) -> tuple[Naming, Scope, str] | None:
        """Where a label's last part hangs, and that part; None after a mistake."""
        parts = self._parts(label, frame)
        if parts is None:
            return None
        naming, scope = place.naming, place.scope
        for part in parts[:-1]:
            inner = self._group(naming, scope, part, label.span, frame)
            if inner is None:
                return None
            naming, scope = inner, inner.scope
        return naming, scope, parts[-1]

    def _parts(self, label: tree.Label, frame: Frame) -> list[str] | None:
        parts: list[str] = []
        for pieces in label.parts:
            text = ""
            for piece in pieces:
                if isinstance(piece, str):
                    text += piece
                    continue
                value = self.evaluator.evaluate(piece, frame)
                if value is POISON:
                    return None
                if isinstance(value, bool) or not isinstance(value, int | str):
                    why = f"`{{{piece.span.text}}}` is {told(value)}, not an int or a string"
                    self._refuse(label, label.span.text.strip('"'), why, frame)
                    return None
                text += str(value)
                if len(text) > _LONGEST:
                    break
            for part in text.split("."):  # an interpolated string may bring dots of its own
                reason = label_refusal(part)
                if reason is not None:
                    self._refuse(label, part or label.span.text, reason, frame)
                    return None
                parts.append(part)
        return parts

    def _refuse(self, label: tree.Label, name: str, reason: str, frame: Frame) -> None:
        self.evaluator.report("RDL502", label.span, frame, name=name, reason=reason)

    def _group(self, naming: Naming, scope: Scope, part: str, span: Span, frame: Frame) -> Naming | None:
        if part in naming.groups:
            return naming.groups[part]
        taken = self._take(naming, scope, part, span, frame, labelled=True)
        if taken is None:
            return None
        group = self.network.add_scope(
            Scope(
                id=len(self.network.scopes),
                parent=scope.id,
                kind=ScopeKind.GROUP,
                name=part,
                path=taken.path,
                span=span,
            )
        )
        naming.groups[part] = Naming(group)
        return naming.groups[part]

    def _numbered(self, place: Place, span: Span, frame: Frame) -> ModuleName | None:
        index = place.naming.next_index
        place.naming.next_index = index + 1
        name = self._take(place.naming, place.scope, str(index), span, frame, labelled=False)
        if name is None:
            return None
        return ModuleName(name.naming, name.scope, name.name, name.path, False, True)

    def _applied(self, scope: Scope) -> Scope | None:
        """The block without a label whose own labels are at stake; the outermost of several."""
        found = None
        while scope.name is None and scope.parent is not None:
            if scope.kind in (ScopeKind.BLOCK, ScopeKind.STAGE):
                found = scope
            scope = self.network.scope(scope.parent)
        return found

    def _take(
        self, naming: Naming, scope: Scope, name: str, span: Span, frame: Frame, *, labelled: bool
    ) -> ModuleName | None:
        base = naming.scope.path
        path = f"{base}.{name}" if base else name
        if name in naming.used:
            first, where = naming.used[name], frame.where()
            applied = self._applied(scope)
            if applied is not None:
                label = f"unit: {applied.definition}(...)"
                advice = (
                    f"`{applied.definition}` labels what it holds, so label each application of it: `{label}`"
                )
                related = (Label(first, "the first one"),) if first.source is applied.span.source else ()
                found = diagnose("RDL501", applied.span, path=path, related=related, help=advice)
            elif first == span:  # a loop, or a block without a label, makes it again
                advice = f'number it, `"{name}{{i}}": ...`, or label what it stands in'
                found = diagnose("RDL501", span, path=path, where=where, help=advice)
            else:
                related = (Label(first, "the first one"),)
                found = diagnose("RDL501", span, path=path, where=where, related=related)
            self.evaluator.budget.bag.add(found)
            return None
        naming.used[name] = span
        return ModuleName(naming, scope, name, path, labelled, False)
