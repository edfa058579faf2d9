"""Text to syntax tree, with every mistake reported in one run.

Purpose: `parse` turns a source into a `SyntaxTree`. Holds before: text of limited size. Holds after:
every declaration is a tree value, or `Broken` when it has a syntax error of its own. Non-goals: it
knows no operator, checks no name.

Recovery: when the file does not parse whole, each declaration is parsed by itself; inside a broken
one the statement at fault is blanked out and the rest parsed again. Statements end at newlines, so
one mistake does not cascade.
"""

from __future__ import annotations

import re
from functools import cache, cached_property
from itertools import pairwise
from threading import RLock
from typing import TYPE_CHECKING, Any

from resnet_dsl.diagnostics.catalog import diagnose
from resnet_dsl.diagnostics.model import Diagnostic
from resnet_dsl.source import Source, Span
from resnet_dsl.syntax import tree
from resnet_dsl.syntax.brackets import BracketError, Brackets
from resnet_dsl.syntax.builder import Builder
from resnet_dsl.syntax.lalr import Machine, Mismatch
from resnet_dsl.syntax.tables import lark_for, machine_tables

if TYPE_CHECKING:
    from lark import Lark

MAX_LINE = 100_000  # characters
MAX_IDLE_LINES = 10_000  # in a row
_IDLE = re.compile(r"[ \t\r]*(?:#|\n|\Z)")
_LOCK = RLock()  # one parser serves all threads; a quoted label parses inside a parse


class Parser:
    """The two parsers with the builder and the post-lexer they drive.

    The machine reads what is well formed, which is nearly every text; Lark knows what to say of the
    rest. They run the same tables, so a text means the same to both.
    """

    def __init__(self) -> None:
        self.builder = Builder()
        self.builder.parse_expression = self._parse_piece
        self.brackets = Brackets()
        self.machine = Machine(machine_tables(), self.builder, self.brackets.always_accept)

    @cached_property
    def lark(self) -> Lark:
        return lark_for(transformer=self.builder, postlex=self.brackets)

    def run(self, source: Source, text: str, base: int, start: str) -> tuple[Any, list[Diagnostic], int]:
        """Parses `text`, which stands at offset `base` of `source`.

        Returns the value (None on a mistake), the diagnostics, and the offset in `text` of the
        statement at fault.
        """
        saved = (self.builder.source, self.builder.base, self.builder.problems, self.brackets.open)
        self.builder.source, self.builder.base, self.builder.problems = source, base, []
        try:
            try:
                value = self.machine.run(text, start, self.brackets.process)
            except (Mismatch, BracketError):
                self.builder.problems = []
                return self._ask_lark(source, text, base, start)
            return value, self.builder.problems, 0
        finally:
            self.builder.source, self.builder.base, self.builder.problems, self.brackets.open = saved

    def _ask_lark(
        self, source: Source, text: str, base: int, start: str
    ) -> tuple[Any, list[Diagnostic], int]:
        from lark import UnexpectedCharacters, UnexpectedToken  # only a mistake pays for it

        try:
            return self.lark.parse(text, start=start), self.builder.problems, 0
        except (UnexpectedToken, UnexpectedCharacters, BracketError) as error:
            from resnet_dsl.syntax.mistakes import describe
            from resnet_dsl.syntax.site import Site

            site = Site(source, text, base, is_piece=start == "expression")
            return None, *describe(error, site, [entry.token for entry in self.brackets.open])

    def _parse_piece(self, text: str, offset: int) -> tuple[tree.Expression | None, list[Diagnostic]]:
        value, problems, _ = self.run(self.builder.source, text, offset, "expression")
        return value, problems


@cache
def _parser() -> Parser:
    return Parser()


def parse(source: Source) -> tuple[tree.SyntaxTree, list[Diagnostic]]:
    """The tree of a source and every syntax mistake in it; never raises for any text."""
    overlong = _overlong(source)
    if overlong is not None:
        return tree.SyntaxTree(source, ()), [overlong]
    with _LOCK:
        value, problems, _ = _parser().run(source, source.text, 0, "start")
        if value is not None and not problems:
            if value.declarations:
                return value, []
            return value, [diagnose("RDL110", Span(source, 0, 0), name=source.name)]
        from resnet_dsl.syntax.recovery import recover  # only a mistake pays for it

        declarations, diagnostics = recover(source, _parser().run)
        if not diagnostics:
            # Each declaration is fine by itself, so what stands between them is not.
            diagnostics = list(problems)
        return tree.SyntaxTree(source, tuple(declarations)), diagnostics


def _overlong(source: Source) -> Diagnostic | None:
    """A line, or a run of lines without code, that would cost the lexer memory beyond measure."""
    starts = [*source.line_starts, len(source.text) + 1]
    if len(source.text) <= MAX_LINE and len(starts) <= MAX_IDLE_LINES:
        return None
    idle = 0
    for start, end in pairwise(starts):
        if end - start > MAX_LINE:
            span = Span(source, start, end - 1)
            return diagnose("RDL811", span, what="this line", limit=MAX_LINE, unit="characters")
        idle = idle + 1 if _IDLE.match(source.text, start, end) else 0
        if idle > MAX_IDLE_LINES:
            span = Span(source, start, start)
            what = "this run of comments and empty lines"
            return diagnose("RDL811", span, what=what, limit=MAX_IDLE_LINES, unit="lines")
    return None


def parse_expression(source: Source) -> tuple[tree.Expression | None, list[Diagnostic]]:
    """One expression by itself, as in ``--set depths=[2,2,2,2]``."""
    with _LOCK:
        value, problems, _ = _parser().run(source, source.text, 0, "expression")
        return value, list(problems)
