"""Files and imports: from a path to a file's names.

Purpose: `load` reads a spec and, once each, the files it imports. Holds after: every module's
`names` maps what its body sees; mistakes are in the bag. Non-goals: `imports` finds the files, and
keeps to the folders allowed.
"""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from pathlib import Path

from resnet_dsl.diagnostics.catalog import diagnose
from resnet_dsl.diagnostics.model import DiagnosticBag, Label
from resnet_dsl.diagnostics.suggest import did_you_mean
from resnet_dsl.semantics.imports import Finder
from resnet_dsl.semantics.names import refusal
from resnet_dsl.semantics.reading import MAX_FILE_BYTES, NotReadable, read_file, reason
from resnet_dsl.semantics.values import (
    BlockDefinition,
    BrokenDefinition,
    ConstDefinition,
    Entity,
    FunctionDefinition,
    ModelDefinition,
)
from resnet_dsl.source import Source, Span
from resnet_dsl.syntax import tree
from resnet_dsl.syntax.parser import parse

MAX_FILES = 200
MAX_DEPTH = 30  # files that import one another in a row
MAX_BYTES = 2 * MAX_FILE_BYTES  # of all files together


class Module:
    """One file: its tree and the names its declarations see."""

    def __init__(self, source: Source, parsed: tree.SyntaxTree, path: Path, *, is_library: bool) -> None:
        self.source = source
        self.tree = parsed
        self.path = path
        self.names: dict[str, Entity] = {}
        self.is_library = is_library

    @property
    def name(self) -> str:
        return self.source.name


class Loader:
    """Reads a spec and everything it imports, once each."""

    def __init__(self, bag: DiagnosticBag, include: Iterable[str | PathLike[str]] = ()) -> None:
        self.bag = bag
        self.finder = Finder(bag, include)
        self.modules: dict[Path, Module] = {}
        self.reading: list[Path] = []
        self.bytes = 0

    def load(self, path: Path) -> Module | None:
        """The module of a file the user named; None when it cannot be read."""
        shown = str(path)
        place = Span(Source(shown, ""), 0, 0)
        try:
            resolved = path.resolve()
        except (OSError, RuntimeError, ValueError) as error:
            self.bag.add(diagnose("RDL107", place, name=shown, reason=reason(error)))
            return None
        return self._read(resolved, shown, place, root=resolved.parent)

    def load_text(self, text: str, name: str) -> Module | None:
        """The module of a text that has no file; its imports reach the library and `include`."""
        source = Source(name, text)
        if len(text) > MAX_FILE_BYTES:
            place = Span(source, 0, 0)
            self.bag.add(diagnose("RDL807", place, name=name, size=len(text), limit=MAX_FILE_BYTES))
            return None
        return self._module(source, Path(name.replace("\0", "")), root=None)

    def texts(self, module: Module) -> tuple[str, ...]:
        """The texts of a spec and of every file it imports, in the order they are read."""
        others = [entry.source.text for entry in self.modules.values() if entry is not module]
        return module.source.text, *others

    def _read(self, resolved: Path, shown: str, span: Span, root: Path) -> Module | None:
        if resolved in self.reading:
            names = [entry.name for entry in self.reading[self.reading.index(resolved) :]]
            advice = "remove the import: a file knows its own names" if len(names) == 1 else None
            self.bag.add(diagnose("RDL212", span, cycle=" -> ".join([*names, resolved.name]), help=advice))
            return None
        if resolved in self.modules:
            return self.modules[resolved]
        if len(self.modules) + len(self.reading) >= MAX_FILES:
            self.bag.add(diagnose("RDL810", span, limit=MAX_FILES, unit="files"))
            return None
        if len(self.reading) >= MAX_DEPTH:
            unit = "files in a row, each imported by the one before"
            self.bag.add(diagnose("RDL810", span, limit=MAX_DEPTH, unit=unit))
            return None
        source = self._source(resolved, shown, span)
        if source is None:
            return None
        self.reading.append(resolved)
        module = self._module(source, resolved, root)
        self.reading.pop()
        self.modules[resolved] = module
        return module

    def _source(self, path: Path, shown: str, span: Span) -> Source | None:
        try:
            data = read_file(path)
        except NotReadable as error:
            if error.size > MAX_FILE_BYTES:
                self.bag.add(diagnose("RDL807", span, name=shown, size=error.size, limit=MAX_FILE_BYTES))
            else:
                self.bag.add(diagnose("RDL107", span, name=shown, reason=error.reason))
            return None
        self.bytes += len(data)
        if self.bytes > MAX_BYTES:
            self.bag.add(diagnose("RDL810", span, limit=MAX_BYTES, unit="bytes"))
            return None
        try:
            text = data.decode("utf-8-sig")
            fault = data.find(b"\0")  # decodes, and is in no text
            if fault < 0:
                return Source(shown, text)
        except UnicodeDecodeError as error:
            fault = error.start
        good = Source(shown, data[:fault].decode("utf-8-sig", errors="replace"))
        at = Span(good, len(good.text), len(good.text))
        utf16 = data[:2] in {b"\xff\xfe", b"\xfe\xff"} or data[1:2] == b"\0"
        advice = "it looks like UTF-16: save the file as UTF-8" if utf16 else None
        byte = f"0x{data[fault]:02x}"
        self.bag.add(diagnose("RDL106", at, name=shown, byte=byte, offset=fault, help=advice))
        return None

    def _module(self, source: Source, path: Path, root: Path | None) -> Module:
        parsed, mistakes = parse(source)
        self.bag.extend(mistakes)
        module = Module(source, parsed, path, is_library=path.is_relative_to(self.finder.library))
        declared: dict[str, Span] = {}
        for declaration in parsed.declarations:
            if isinstance(declaration, tree.Import):
                self._import(module, declaration, declared, root)
            elif not isinstance(declaration, tree.Train):
                entity = _entity(declaration, module)
                self._declare(module, declaration.name, entity, declared)
        return module

    def _declare(self, module: Module, name: tree.Name, entity: Entity, declared: dict[str, Span]) -> None:
        refused = refusal(name.text, is_model=isinstance(entity, ModelDefinition))
        if refused is not None:
            code, why = refused
            self.bag.add(diagnose(code, name.span, name=name.text, what=why, reason=why))
        elif name.text in declared and not isinstance(module.names[name.text], BrokenDefinition):
            first = (Label(declared[name.text], "first bound here"),)
            self.bag.add(diagnose("RDL203", name.span, name=name.text, related=first))
            return
        declared[name.text] = name.span
        module.names[name.text] = entity

    def _import(
        self, module: Module, node: tree.Import, declared: dict[str, Span], root: Path | None
    ) -> None:
        imported = self._imported_module(module, node, root)
        if node.names is None:
            name = node.alias or self.finder.own_name(node)
            entity: Entity = imported if imported is not None else BrokenDefinition(name.text)
            self._declare(module, name, entity, declared)
            return
        for entry in node.names:
            alias = entry.alias or entry.name
            found: Entity | None = BrokenDefinition(alias.text)
            if imported is not None:
                found = imported.names.get(entry.name.text)
                if found is None:
                    advice = did_you_mean(entry.name.text, imported.names)
                    self.bag.add(
                        diagnose(
                            "RDL213", entry.name.span, module=node.module, name=entry.name.text, help=advice
                        )
                    )
                    found = BrokenDefinition(alias.text)
            if found is not None:
                self._declare(module, alias, found, declared)

    def _imported_module(self, module: Module, node: tree.Import, root: Path | None) -> Module | None:
        found = self.finder.find(node, module.path, module.source.name, root)
        return None if found is None else self._read(found.path, found.shown, node.module_span, found.root)


def _entity(declaration: tree.Declaration, module: Module) -> Entity:
    match declaration:
        case tree.Block():
            return BlockDefinition(declaration, module)
        case tree.Model() | tree.Application():
            return ModelDefinition(declaration, module)
        case tree.Function():
            return FunctionDefinition(declaration, module)
        case tree.Const():
            return ConstDefinition(declaration, module)
        case tree.Broken():
            return BrokenDefinition(declaration.name.text)
        case tree.Import() | tree.Train():
            raise AssertionError("imports and recipes declare no entity")
