"""``_init_weights``: how the weights start, by type of module where all of a type start alike."""

from __future__ import annotations

from collections import Counter, defaultdict

from resnet_dsl.backends.pytorch.code import BODY, METHOD, Call, layout
from resnet_dsl.backends.pytorch.plan import Plan
from resnet_dsl.backends.pytorch.units import Unit
from resnet_dsl.ops.emission import CallCode, Initialiser


class InitialWeights:
    """Writes the method that starts the weights of one network."""

    def __init__(self, plan: Plan, root: Unit) -> None:
        self.plan = plan
        self.root = root

    def lines(self) -> list[str]:
        """``_init_weights``: by type of module where all of a type start alike, else by class."""
        modules = list(weighted(self.root))
        usual: dict[str, tuple[Initialiser, ...]] = {}
        for callee in dict.fromkeys(callee for callee, _, _, _ in modules):
            starts = Counter(found for word, found, _, _ in modules if word == callee)
            usual[callee] = starts.most_common(1)[0][0]
        pad = " " * BODY
        lines: list[str] = []
        general: dict[tuple[Initialiser, ...], list[str]] = {}
        for callee, found in usual.items():
            if found:
                general.setdefault(found, []).append(callee)
        if general:
            lines.append(f"{pad}for module in self.modules():")
            for position, (found, callees) in enumerate(general.items()):
                word = "if" if position == 0 else "elif"
                lines.append(f"{pad}    {word} isinstance(module, {' | '.join(callees)}):")
                for entry in found:
                    lines += _start(entry, "module", BODY + 8)
        lines += self._exceptions(modules, usual)
        if not lines:
            return []
        return [
            f"{' ' * METHOD}def _init_weights(self) -> None:",
            f'{pad}"""Starts the weights as the spec says; others start as torch starts them."""',
            *lines,
        ]

    def _exceptions(
        self,
        modules: list[tuple[str, tuple[Initialiser, ...], Unit, str]],
        usual: dict[str, tuple[Initialiser, ...]],
    ) -> list[str]:
        """Modules that start unlike the others of their type, told by the class that holds them."""
        by_class: dict[str, dict[tuple[str, Initialiser], None]] = defaultdict(dict)
        named: dict[str, tuple[Initialiser, ...]] = {}
        for callee, found, unit, local in modules:
            if found == usual[callee]:
                continue
            group = self.plan.group_of[id(unit)]
            alike = all(
                other_found == found
                for _, other_found, other, other_local in modules
                if self.plan.group_of[id(other)] is group and other_local == local
            )
            # What all of the type do is done already, unless a weight is to start as torch has it.
            again = {entry.weight for entry in found} >= {entry.weight for entry in usual[callee]}
            starts = tuple([entry for entry in found if not again or entry not in usual[callee]])
            if group.form == "class" and unit.parent is not None and alike:
                for entry in starts or (_RESET,):
                    by_class[group.name][local, entry] = None
            else:
                path = f"{unit.scope.path}.{local}".lstrip(".")
                named[path] = starts or (_RESET,)
        pad = " " * BODY
        lines: list[str] = []
        if by_class:
            lines.append(f"{pad}for module in self.modules():")
            together: dict[tuple[tuple[str, Initialiser], ...], list[str]] = {}
            for name, starting in by_class.items():
                together.setdefault(tuple(starting), []).append(name)
            for position, (entries, names) in enumerate(together.items()):
                word = "if" if position == 0 else "elif"
                lines.append(f"{pad}    {word} isinstance(module, {' | '.join(names)}):")
                for local, entry in entries:
                    lines += _start(entry, _reach("module", local), BODY + 8)
        for path, found in named.items():
            for entry in found:
                lines += _start(entry, _reach("self", path), BODY)
        return lines


_RESET = Initialiser("", "")  # torch's own start again, after a rule for all of a type


def _start(entry: Initialiser, module: str, indent: int) -> list[str]:
    if entry is _RESET:
        return [f"{' ' * indent}{module}.reset_parameters()"]
    arguments = [f"{module}.{entry.weight}", *entry.arguments]
    return layout("", Call(entry.function, tuple([("", text) for text in arguments])), "", indent)


def _reach(base: str, path: str) -> str:
    if all(part.isidentifier() for part in path.split(".")):
        return f"{base}.{path}"
    return f'{base}.get_submodule("{path}")'


def weighted(root: Unit) -> list[tuple[str, tuple[Initialiser, ...], Unit, str]]:
    """Every operator with weights: torch class, how it starts, the unit and its path inside."""
    found = []
    for unit in root.walk():
        for step in unit.steps:
            if step.emission is not None and isinstance(step.emission.module, CallCode):
                operator = step.node.op if step.node is not None else None
                if operator is not None and getattr(operator, "has_weights", False):
                    path = ".".join(step.attribute)
                    found.append((step.emission.module.callee, step.emission.initialisers, unit, path))
    return found
