"""The statements of a constructor that register modules and keep bare tensors."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from resnet_dsl.backends.pytorch.code import BODY, Call, Code, ListCode, layout
from resnet_dsl.backends.pytorch.construct import Constructor
from resnet_dsl.backends.pytorch.expressions import access, numbered_name
from resnet_dsl.backends.pytorch.fold import folded
from resnet_dsl.backends.pytorch.identifiers import Names, is_identifier
from resnet_dsl.backends.pytorch.units import Unit, counted


@dataclass(frozen=True, slots=True)
class Registering:
    """Writes them for one unit, in the order of registration.

    `unwritten` are steps without a module of their own, `segments` the runs that are registered by
    number, `taken` the names that the constructor has in use.
    """

    unit: Unit
    constructor: Constructor
    unwritten: Collection[int]
    segments: Mapping[int, range]
    taken: frozenset[str]

    def lines(self) -> list[str]:
        lines: list[str] = []
        containers: set[tuple[str, ...]] = set()
        for index in self.unit.registration:
            step = self.unit.steps[index]
            if index in self.unwritten or not (step.is_module or step.held):
                continue
            if step.unit is not None and step.unit.numbering is not None:
                lines += self._listed_modules(index, step.unit.numbering)
                continue
            if index in self.segments:
                lines += self._numbered_modules(self.segments[index])
            if any(index in segment for segment in self.segments.values()):
                continue
            if step.attribute[:-1] in self.unit.lists:
                if step.attribute[:-1] not in containers:
                    containers.add(step.attribute[:-1])
                    lines += self._module_list(step.attribute[:-1])
                continue
            for depth in range(1, len(step.attribute)):
                path = step.attribute[:depth]
                if path not in containers:
                    containers.add(path)
                    lines += _assign(path, "nn.Module()")
            if step.held:
                lines += _keep(step.attribute, self.constructor.held(index))
            else:
                lines += _assign(step.attribute, self.constructor.step(index))
        return lines

    def _module_list(self, path: tuple[str, ...]) -> list[str]:
        """Registers the numbered modules of one dotted level, which are applied one by one."""
        inside = [i for i in self.unit.registration if self.unit.steps[i].attribute[:-1] == path]
        modules = folded([self.constructor.step(i) for i in inside], self.constructor.loop_variable)
        return _assign(path, Call("nn.ModuleList", (("", ListCode(modules)),)))

    def _numbered_modules(self, segment: range) -> list[str]:
        """Registers the members of an unlabelled `repeat` under their names."""
        steps = [self.constructor.step(index) for index in segment]
        first = counted(self.unit.steps[segment.start].attribute[0])
        assert first is not None
        return self._registering(ListCode(folded(steps, self.constructor.loop_variable)), first)

    def _listed_modules(self, index: int, numbering: tuple[str, int, str]) -> list[str]:
        """The same, where the members are a unit or are handed in."""
        return self._registering(self.constructor.step(index), numbering)

    def _registering(self, modules: Code, first: tuple[str, int, str]) -> list[str]:
        pad = " " * BODY
        names = Names(set(self.taken))
        given = modules if isinstance(modules, str) else ""
        layers = given or names.take("layers")
        number = names.take("number")
        start = f", {first[1]}" if first[1] else ""
        return [
            *([] if given else layout(f"{layers} = ", modules, "", BODY)),
            f"{pad}for {number}, layer in enumerate({layers}{start}):",
            f"{pad}    self.add_module({numbered_name(first, number)}, layer)",
        ]


def _assign(path: tuple[str, ...], code: Code) -> list[str]:
    """The statement that registers a module at a path under ``self``."""
    if is_identifier(path[-1]):
        return layout(f"{access(path)} = ", code, "", BODY)
    return layout("", Call(f"{access(path[:-1])}.add_module", (("", f'"{path[-1]}"'), ("", code))), "", BODY)


def _keep(path: tuple[str, ...], code: Code) -> list[str]:
    """The statement that keeps a bare tensor at a path under ``self``."""
    if is_identifier(path[-1]):
        return layout(f"{access(path)} = ", code, "", BODY)
    holder = access(path[:-1]) if path[:-1] else "self"
    return layout("", Call("setattr", (("", holder), ("", f'"{path[-1]}"'), ("", code))), "", BODY)
