"""Files and imports: from a path to a file's names.

Purpose: `load` reads a spec and, once each, the files it imports. Holds after: every module's
`names` maps what its body sees; mistakes are in the bag. Imports stay in the folders allowed: the
spec's own, the library, and those the user names; links do not lead out of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from resnet_dsl.diagnostics.catalog import diagnose
from resnet_dsl.diagnostics.model import DiagnosticBag, Label
from resnet_dsl.diagnostics.suggest import did_you_mean
from resnet_dsl.semantics.names import refusal
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

MAX_FILE_BYTES = 4_000_000
MAX_FILES = 200
LIBRARY = "std"


@dataclass(slots=True, eq=False)
class Module:
    """One file: its tree and the names its declarations see."""

    source: Source
    tree: tree.SyntaxTree
    path: Path
    names: dict[str, Entity] = field(default_factory=dict)
    is_library: bool = False

    @property
    def name(self) -> str:
        return self.source.name


def library_folder() -> Path:
    return Path(str(files("resnet_dsl").joinpath(LIBRARY)))


class Loader:
    """Reads a spec and everything it imports, once each."""

    def __init__(self, bag: DiagnosticBag, include: Iterable[Path] = ()) -> None:
        self.bag = bag
        self.include = [Path(folder).resolve() for folder in include]
        self.library = library_folder().resolve()
        self.modules: dict[Path, Module] = {}
        self.reading: list[Path] = []

    def load(self, path: Path) -> Module | None:
        """The module of a file the user named; None when it cannot be read."""
        return self._read(Path(path), str(path), None, root=Path(path).resolve().parent)

    def load_text(self, text: str, name: str) -> Module:
        """The module of a text that has no file; its imports reach the library and `include`."""
        return self._module(Source(name, text), Path(name), root=None)

    def _read(self, path: Path, shown: str, span: Span | None, root: Path) -> Module | None:
        resolved = path.resolve()
        if resolved in self.reading:
            names = [entry.name for entry in self.reading[self.reading.index(resolved) :]]
            self.bag.add(diagnose("RDL212", span, cycle=" -> ".join([*names, resolved.name])))
            return None
        if resolved in self.modules:
            return self.modules[resolved]
        if len(self.modules) + len(self.reading) >= MAX_FILES:
            self.bag.add(diagnose("RDL810", span, limit=MAX_FILES))
            return None
        source = self._source(resolved, shown, span)
        if source is None:
            return None
        self.reading.append(resolved)
        module = self._module(source, resolved, root)
        self.reading.pop()
        self.modules[resolved] = module
        return module

    def _source(self, path: Path, shown: str, span: Span | None) -> Source | None:
        try:
            if not path.is_file():
                reason = "it is a folder" if path.is_dir() else "there is no such file"
                self.bag.add(diagnose("RDL107", span, name=shown, reason=reason))
                return None
            size = path.stat().st_size
            if size > MAX_FILE_BYTES:
                self.bag.add(diagnose("RDL807", span, name=shown, size=size, limit=MAX_FILE_BYTES))
                return None
            data = path.read_bytes()
        except OSError as error:
            self.bag.add(diagnose("RDL107", span, name=shown, reason=error.strerror or "it cannot be opened"))
            return None
        try:
            return Source(shown, data.decode("utf-8"))
        except UnicodeDecodeError as error:
            good = Source(shown, data[: error.start].decode("utf-8"))
            at = Span(good, len(good.text), len(good.text))
            byte = f"0x{data[error.start]:02x}"
            self.bag.add(diagnose("RDL106", at, name=shown, byte=byte, offset=error.start))
            return None

    def _module(self, source: Source, path: Path, root: Path | None) -> Module:
        parsed, mistakes = parse(source)
        self.bag.extend(mistakes)
        module = Module(source, parsed, path, is_library=self._inside(path, self.library))
        declared: dict[str, Span] = {}
        for declaration in parsed.declarations:
            if isinstance(declaration, tree.Import):
                self._import(module, declaration, declared, root)
            elif not isinstance(declaration, tree.Train):
                entity = _entity(declaration, module)
                self._declare(module, declaration.name, entity, declared)
        return module

    def _declare(
        self, module: Module, name: tree.Name, entity: Entity, declared: dict[str, Span]
    ) -> None:
        reason = refusal(name.text)
        if reason is not None:
            self.bag.add(diagnose(reason[0], name.span, name=name.text, what=reason[1], reason=reason[1]))
        elif name.text in declared:
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
            name = node.alias or _own_name(node)
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
        span = node.module_span
        if not node.is_file:
            parts = node.module.split(".")
            if parts[0] != LIBRARY or len(parts) < 2:
                known = [f"{LIBRARY}.{file.stem}" for file in sorted(self.library.glob("*.rdl"))]
                self._refuse(span, node.module, "the library's files are named `std.NAME`", known)
                return None
            path = self.library.joinpath(*parts[1:-1], parts[-1] + ".rdl")
            if not path.is_file():
                known = [f"{LIBRARY}.{file.stem}" for file in sorted(self.library.glob("*.rdl"))]
                self._refuse(span, node.module, "the library has no such file", known)
                return None
            return self._read(path, node.module, span, self.library)
        text = node.module
        if "\0" in text or "\\" in text or not text.strip() or not text.endswith(".rdl"):
            self._refuse(span, text, "a file's name ends in .rdl and uses `/` between folders", [])
            return None
        if Path(text).is_absolute():
            self.bag.add(diagnose("RDL211", span, name=text))
            return None
        return self._imported_file(module, text, span, root)

    def _imported_file(self, module: Module, text: str, span: Span, root: Path | None) -> Module | None:
        allowed = [*([root] if root is not None else []), *self.include]
        folders = [*([module.path.parent] if root is not None else []), *self.include]
        outside = False
        for folder in folders:
            try:
                candidate = (folder / text).resolve()
                inside = any(self._inside(candidate, entry) for entry in allowed)
                if not inside:
                    outside = True
                elif candidate.is_file():
                    shown = str(Path(module.source.name).parent / text)
                    return self._read(candidate, shown, span, root or folder)
            except (OSError, RuntimeError):
                continue  # a circle of links, or a name too long for the file system
        if outside:
            self.bag.add(diagnose("RDL211", span, name=text))
        else:
            self._refuse(span, text, "there is no such file beside the spec", [])
        return None

    def _refuse(self, span: Span, name: str, reason: str, known: list[str]) -> None:
        self.bag.add(diagnose("RDL210", span, name=name, reason=reason, help=did_you_mean(name, known)))

    @staticmethod
    def _inside(path: Path, folder: Path) -> bool:
        return path.is_relative_to(folder)


def _own_name(node: tree.Import) -> tree.Name:
    stem = node.module.rsplit("/", 1)[-1].removesuffix(".rdl").rsplit(".", 1)[-1]
    return tree.Name(stem, node.module_span)


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
