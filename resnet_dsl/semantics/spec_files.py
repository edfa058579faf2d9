"""The files of a spec as texts, so that a copy of it can go along with trained weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from resnet_dsl.diagnostics.model import DiagnosticBag
from resnet_dsl.semantics.modules import Loader


class SpecFiles(NamedTuple):
    """Texts by their places in a folder: `main` is the spec, `include` the folders to include."""

    main: str
    files: Mapping[str, str]
    include: tuple[str, ...]


def spec_files(path: Path, include: Iterable[Path] = ()) -> SpecFiles:
    """A spec without mistakes and what it imports, but for the library, which every copy finds.

    Folders to include become ``include-0``, ``include-1``; imports in the copy lead where they led.
    """
    folders = list(include)
    loader = Loader(DiagnosticBag(), folders)
    loader.load(path)
    main = path.resolve()
    roots = {main.parent: PurePosixPath()}
    roots |= {folder.resolve(): PurePosixPath(f"include-{number}") for number, folder in enumerate(folders)}
    files: dict[str, str] = {}
    for file, module in loader.modules.items():
        if module.is_library:
            continue
        for root, place in roots.items():
            if file.is_relative_to(root):
                files[(place / file.relative_to(root).as_posix()).as_posix()] = module.source.text
                break
    used = tuple(f"include-{number}" for number in range(len(folders)))
    return SpecFiles(main.name, dict(sorted(files.items())), used)
