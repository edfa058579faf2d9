"""What Lark makes of the grammar, built once and kept in the user's cache.

`machine_tables` are for every text, `lark_for` is Lark itself, for those with a mistake. Building
either takes about 0.1 s, reading the first 1 ms and the second 10. Lark has a cache of its own; it
hashes the grammar at every start with OpenSSL, whose import alone takes as long as reading the tables.
"""

from __future__ import annotations

import os
import pickle
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from zlib import crc32

from resnet_dsl.syntax.lalr import NAME, Rule, Tables

if TYPE_CHECKING:
    from lark import Lark

GRAMMAR = Path(__file__).with_name("grammar.lark")
OPTIONS: dict[str, Any] = {
    "parser": "lalr",
    "lexer": "contextual",
    "start": ["start", "expression"],
    "keep_all_tokens": True,
    "maybe_placeholders": False,
}

# What belongs to one run of the parser and not to the tables.
_LIVE = ("transformer", "postlex")


def machine_tables() -> Tables:
    """The tables of `lalr.Machine`: from the cache where it holds them, else built and kept."""
    grammar = GRAMMAR.read_text(encoding="utf-8")
    file = cache_file("machine", f"{Tables._fields}\n{Rule._fields}\n{grammar}")
    if file is not None:
        # Anything can be in a file; tables that cannot be read are built again.
        with suppress(Exception):
            kept = pickle.loads(file.read_bytes())  # noqa: S301 - the user's own folder, made private
            if isinstance(kept, Tables):
                return kept
    tables = _tables(grammar)
    if file is not None:
        _keep(file, lambda target: pickle.dump(tables, target))
    return tables


def _tables(grammar: str) -> Tables:
    from lark import Lark
    from lark.lexer import PatternStr

    # Its tables have no types; its texts are tokens, which would bring Lark back when they are read.
    lark: Any = Lark(grammar, **OPTIONS)
    table = lark.parser.parser._parse_table  # noqa: SLF001
    terminals = lark.parser.lexer.root_lexer.terminals  # in the order in which they are tried
    name = next(terminal for terminal in terminals if terminal.name == NAME)
    words = {
        str(terminal.pattern.value): str(terminal.name)
        for terminal in terminals
        if isinstance(terminal.pattern, PatternStr)
        and re.fullmatch(name.pattern.to_regexp(), terminal.pattern.value)
    }
    numbers = {rule: number for number, rule in enumerate(lark.rules)}
    return Tables(
        pattern="|".join(
            f"(?P<{terminal.name}>{terminal.pattern.to_regexp()})"
            for terminal in terminals
            if terminal.name not in words.values()
        ),
        words=words,
        ignored=frozenset(map(str, lark.ignore_tokens)),
        actions=tuple(
            {
                str(symbol): -1 - numbers[value] if str(action) == "Reduce" else value
                for symbol, (action, value) in table.states[state].items()
            }
            for state in range(len(table.states))
        ),
        first=dict(table.start_states),
        last=dict(table.end_states),
        rules=tuple(_rule(rule) for rule in lark.rules),
    )


def _rule(rule: Any) -> Rule:
    origin = str(rule.origin.name)
    return Rule(
        origin=origin,
        length=len(rule.expansion),
        method=str(rule.alias or origin),
        spliced=tuple(
            position
            for position, symbol in enumerate(rule.expansion)
            if not symbol.is_term and symbol.name.startswith("_")
        ),
        passes=bool(rule.options.expand1 and not rule.alias),
        is_list=origin.startswith("_"),
    )


def lark_for(**live: Any) -> Lark:
    """Lark with its tables from the cache where it holds them, else built and kept.

    `live` are the transformer and the post-lexer.
    """
    from lark import Lark, __version__

    grammar = GRAMMAR.read_text(encoding="utf-8")
    file = cache_file("tables", f"{__version__}\n{grammar}")
    if file is not None:
        with suppress(Exception):
            kept = pickle.loads(file.read_bytes())  # noqa: S301 - as above
            # What Lark's own standalone parsers call; it has no types.
            load: Any = Lark._load_from_dict  # noqa: SLF001
            return cast("Lark", load(kept["data"], kept["memo"], **live))
    built = Lark(grammar, **OPTIONS, **live)
    if file is not None:
        _keep(file, lambda target: built.save(target, _LIVE))
    return built


def cache_file(kind: str, made_from: str) -> Path | None:
    """Where tables are kept: the user's cache, by all that they are made from, and by Python.

    None where there is no writable place of the user's own.
    """
    try:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "resnet-dsl"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK) or folder.stat().st_uid != os.getuid():
            return None
    except (OSError, AttributeError, RuntimeError):
        return None
    text = f"{sys.version_info[:2]}\n{made_from}"
    return folder / f"{kind}-{crc32(text.encode()):08x}-{len(text)}.pickle"


def _keep(file: Path, write: Callable[[Any], object]) -> None:
    """Writes tables whole; a cache that cannot be written is none."""
    staged = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        with staged.open("wb") as target:
            write(target)
        staged.replace(file)
    except OSError:
        staged.unlink(missing_ok=True)
