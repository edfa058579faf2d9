"""Lark's tables for the grammar, built once and kept in the user's cache.

Building them takes about 0.1 s, reading them 10 ms. Lark has a cache of its own; it hashes the
grammar at every start with OpenSSL, whose import alone takes as long as reading the tables.
"""

from __future__ import annotations

import os
import pickle
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, cast
from zlib import crc32

from lark import Lark
from lark import __version__ as lark_version

GRAMMAR = Path(__file__).with_name("grammar.lark")

# What belongs to one run of the parser and not to the tables.
_LIVE = ("transformer", "postlex")


def lark_for(options: dict[str, Any], **live: Any) -> Lark:
    """A Lark with these options: from the cache where it holds the tables, else built and kept.

    `live` are the transformer and the post-lexer.
    """
    grammar = GRAMMAR.read_text(encoding="utf-8")
    file = cache_file(grammar)
    if file is not None:
        # Anything can be in a file; tables that cannot be read are built again.
        with suppress(Exception):
            kept = pickle.loads(file.read_bytes())  # noqa: S301 - the user's own folder, made private
            # What Lark's own standalone parsers call; it has no types.
            load: Any = Lark._load_from_dict  # noqa: SLF001
            return cast(Lark, load(kept["data"], kept["memo"], **live))
    built = Lark(grammar, **options, **live)
    if file is not None:
        _keep(built, file)
    return built


def cache_file(grammar: str) -> Path | None:
    """Where the tables are kept: the user's cache, by grammar and version.

    None where there is no writable place of the user's own.
    """
    try:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "resnet-dsl"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK) or folder.stat().st_uid != os.getuid():
            return None
    except (OSError, AttributeError, RuntimeError):
        return None
    text = f"{lark_version}\n{sys.version_info[:2]}\n{grammar}"
    return folder / f"tables-{crc32(text.encode()):08x}-{len(text)}.pickle"


def _keep(built: Lark, file: Path) -> None:
    """Writes the tables whole; a cache that cannot be written is none."""
    staged = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        with staged.open("wb") as target:
            built.save(target, _LIVE)
        staged.replace(file)
    except OSError:
        staged.unlink(missing_ok=True)
