"""From an `import` to a file: which one is meant, and whether it may be read.

Imports stay in the folders allowed: the spec's own, the library, and those the user names; neither
`..` nor links lead out of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import NamedTuple

from resnet_dsl.diagnostics.catalog import diagnose
from resnet_dsl.diagnostics.model import DiagnosticBag
from resnet_dsl.diagnostics.suggest import closest, did_you_mean
from resnet_dsl.source import Span
from resnet_dsl.syntax import tree

LIBRARY = "std"
_NEIGHBOURS = 200  # files beside a spec among which a name is looked for that was mistyped


class Found(NamedTuple):
    """A file to read: where it is, the name that messages show, the folder its imports stay in."""

    path: Path
    shown: str
    root: Path


def library_folder() -> Path:
    return Path(__file__).resolve().parent.parent / LIBRARY


class Finder:
    """Finds imported files; `include` are folders that the user opens to imports."""

    def __init__(self, bag: DiagnosticBag, include: Iterable[str | PathLike[str]] = ()) -> None:
        self.bag = bag
        self.include = {Path(folder).resolve(): Path(folder) for folder in include}
        self.library = library_folder().resolve()

    def find(self, node: tree.Import, importer: Path, shown: str, root: Path | None) -> Found | None:
        """The file that an import in `importer` names; None after a mistake.

        `shown` is the importing file's name in messages, `root` the folder it may import from;
        a text without a file has none.
        """
        span, text = node.module_span, node.module
        if not node.is_file:
            return self._in_library(text, span)
        if "\0" in text or "\\" in text or not text.endswith(".rdl"):
            advice = f'a file\'s name ends in `.rdl`: "{text}.rdl"' if text.isidentifier() else ""
            self._refuse(span, text, "a file's name ends in .rdl and has `/` between folders", advice)
            return None
        if Path(text).is_absolute():
            advice = "write it relative to the spec's folder, or to one named with `--include DIR`"
            self.bag.add(diagnose("RDL211", span, name=text, help=advice))
            return None
        beside = {importer.parent: Path(shown).parent} if root is not None else {}
        allowed = [*([root] if root is not None else []), *self.include]
        outside = False
        for folder, name in {**beside, **self.include}.items():
            try:
                candidate = (folder / text).resolve()
                if not any(candidate.is_relative_to(entry) for entry in allowed):
                    outside = True
                elif candidate.exists():
                    return Found(candidate, str(name / text), root or folder)
            except (OSError, RuntimeError):
                continue  # a circle of links, or a name too long for the file system
        if outside:
            self.bag.add(diagnose("RDL211", span, name=text))
        else:
            self._missing(span, text, importer, root, allowed)
        return None

    def own_name(self, node: tree.Import) -> tree.Name:
        """The name of a file that is imported whole: its own, without folders and ending."""
        stem = node.module.rsplit("/", 1)[-1].removesuffix(".rdl").rsplit(".", 1)[-1]
        if stem and not stem.isidentifier():
            advice = f'give it another: `import "{node.module}" as {re.sub(r"[^A-Za-z0-9]", "_", stem)}`'
            why = "it is not made of letters, digits and `_`"
            self.bag.add(diagnose("RDL207", node.module_span, name=stem, reason=why, help=advice))
        return tree.Name(stem, node.module_span)

    def _in_library(self, name: str, span: Span) -> Found | None:
        parts = name.split(".")
        path = self.library.joinpath(*parts[1:-1], parts[-1] + ".rdl")
        if parts[0] == LIBRARY and len(parts) > 1 and path.is_file():
            return Found(path.resolve(), name, self.library)
        known = [f"{LIBRARY}.{file.stem}" for file in sorted(self.library.glob("*.rdl"))]
        if parts[0] == LIBRARY:
            self._refuse(span, name, "the library has no such file", did_you_mean(name, known))
        elif parts[-1] == "rdl":
            advice = f'write `"{"/".join(parts[:-1])}.rdl"`'
            self._refuse(span, name, "a file stands between quotes", advice)
        else:
            self._refuse(span, name, "the library's files are named `std.NAME`", did_you_mean(name, known))
        return None

    def _missing(self, span: Span, text: str, importer: Path, root: Path | None, allowed: list[Path]) -> None:
        near = {file.stem for folder in allowed[:1] for file in islice(folder.glob("*.rdl"), _NEIGHBOURS)}
        match = closest(text.removesuffix(".rdl"), near - {importer.stem})
        place = "beside the spec" if root is not None else "in the folders to include"
        advice = f"did you mean `{match}.rdl`?" if match else ""
        self._refuse(span, text, f"there is no such file {place}", advice)

    def _refuse(self, span: Span, name: str, why: str, advice: str) -> None:
        self.bag.add(diagnose("RDL210", span, name=name, reason=why, help=advice))
