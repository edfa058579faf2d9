"""A spec as it was in an earlier revision: its files, read from git into a folder.

Git is run without a shell, on a commit's hash, with plumbing that applies no filter of the
repository and asks nobody anything.
"""

from __future__ import annotations

import os
import posixpath
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, NoReturn

import typer

from resnet_dsl.diagnostics.catalog import diagnose
from resnet_dsl.diagnostics.model import SpecError
from resnet_dsl.semantics.modules import MAX_FILES
from resnet_dsl.semantics.reading import MAX_FILE_BYTES
from resnet_dsl.source import Source
from resnet_dsl.syntax import tree
from resnet_dsl.syntax.parser import parse

_LONGEST = 200
_SECONDS = 60
# Nothing is fetched and nobody is asked for a password.
_ENVIRONMENT = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
}

_PLACES = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY"}

PREFIX = "git#"


class Past(NamedTuple):
    """What a command line names of an earlier revision; without a file it is the spec compared."""

    revision: str
    file: Path | None = None
    model: str | None = None


def past(text: str) -> Past | None:
    """``git#REV``, ``git#REV:FILE``, ``git#REV:MODEL`` or ``git#REV:FILE:MODEL``; None is no revision.

    A file's path is from the current folder, as everywhere on a command line. Git allows no colon
    in names of branches and tags.
    """
    if not text.startswith(PREFIX):
        return None
    revision, colon, rest = text.removeprefix(PREFIX).partition(":")
    if not colon:
        return Past(revision)
    if rest.isidentifier():
        return Past(revision, None, rest)
    path, colon, model = rest.rpartition(":")
    if colon and path and model.isidentifier():
        return Past(revision, Path(path), model)
    return Past(revision, Path(rest))


def check_file(text: str, hint: str) -> None:
    """A usage error for a word that is no file, and so may be a revision's name."""
    if not text.endswith(".rdl") and not os.path.lexists(text):
        raise typer.BadParameter(
            f"there is no file `{text}`; the spec in a revision is `{PREFIX}{text}`", param_hint=hint
        )


@contextmanager
def restored(spec: Path, revision: str) -> Iterator[Path]:
    """The file of `spec` in a revision, while the context lasts; what it does not compile for is RDL984."""
    with TemporaryDirectory(prefix="resnet-dsl-") as folder:
        file = restore(spec, revision, Path(folder))
        try:
            yield file
        except SpecError as error:
            first = next(entry for entry in error.diagnostics if entry.is_error)
            line = f" (line {first.span.start_position.line})" if first.span is not None else ""
            reason = (first.message + line).replace(folder, ".")
            raise SpecError(
                [diagnose("RDL984", None, path=str(spec), revision=revision, reason=reason)]
            ) from None


def restore(spec: Path, revision: str, folder: Path) -> Path:
    """Writes `spec` of a revision into an empty folder, and what it imports by a path.

    Returns the spec's file there. Raises `SpecError` (RDL981, RDL982, RDL983, RDL985). Imports that
    the revision has not, or that lead out of the spec's folder, are left to the compiler to report.
    """
    git = _Git(spec, revision)
    main = spec.resolve().name
    pending, done = [main], set[str]()
    while pending and len(done) < MAX_FILES:
        name = pending.pop()
        if name in done:
            continue
        done.add(name)
        data = git.file(name)
        if data is None:
            if name == main:
                git.refuse("RDL983")
            continue
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        parsed, _ = parse(Source(name, data.decode("utf-8", errors="replace")))
        for declaration in parsed.declarations:
            if isinstance(declaration, tree.Import) and declaration.is_file:
                imported = _inside(name, declaration.module)
                if imported is not None:
                    pending.append(imported)
    return folder / main


def _inside(importer: str, text: str) -> str | None:
    """The imported file's path below the spec's folder; None for one that is not there."""
    if posixpath.isabs(text) or not text.endswith(".rdl") or not text.isprintable() or "\\" in text:
        return None
    path = posixpath.normpath(posixpath.join(posixpath.dirname(importer), text))
    parts = path.split("/")
    return None if parts[0] == ".." or ":" in path or ".git" in parts else path


class _Git:
    """One commit of the repository that a spec lies in."""

    def __init__(self, spec: Path, revision: str) -> None:
        self.spec, self.revision = spec, revision
        # In a hook git names its repository; which one is meant here, the spec's folder says.
        kept = {name: value for name, value in os.environ.items() if name not in _PLACES}
        self.environment = kept | _ENVIRONMENT
        self.folder = spec.resolve().parent  # a link leads to where its file is
        if not self.folder.is_dir():
            self.refuse("RDL983")
        if not 0 < len(revision) <= _LONGEST or revision[0] == "-" or not revision.isprintable():
            self.refuse("RDL982")
        inside = self._run("rev-parse", "--show-prefix")
        if inside.returncode != 0:
            said = inside.stderr.decode("utf-8", errors="replace").strip()
            if "not a git repository" in said:
                self.refuse("RDL981")
            self.refuse("RDL985", reason=said.partition("\n")[0])
        self.prefix = os.fsdecode(inside.stdout.removesuffix(b"\n"))
        found = self._run("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        if found.returncode != 0:
            self.refuse("RDL982")
        self.commit = found.stdout.decode("ascii").strip()

    def file(self, name: str) -> bytes | None:
        """The bytes of a file below the spec's folder; None where the commit has none."""
        place = f"{self.commit}:{self.prefix}{name}"
        size = self._run("cat-file", "-s", place)
        if size.returncode != 0:
            return None
        if int(size.stdout) > MAX_FILE_BYTES:
            self.refuse("RDL985", reason=f"`{name}` is larger than {MAX_FILE_BYTES:,} bytes")
        blob = self._run("cat-file", "blob", place)
        return blob.stdout if blob.returncode == 0 else None

    def refuse(self, code: str, **fields: Any) -> NoReturn:
        known = {"path": str(self.spec), "revision": self.revision} | fields
        raise SpecError([diagnose(code, None, **known)])

    def _run(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        try:
            return subprocess.run(  # noqa: S603 - no shell, and no word of a spec
                ["git", "-C", str(self.folder), *words],  # noqa: S607 - the user's own git
                capture_output=True,
                check=False,
                timeout=_SECONDS,
                env=self.environment,
                stdin=subprocess.DEVNULL,
            )
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            self.refuse("RDL985", reason=reason)
