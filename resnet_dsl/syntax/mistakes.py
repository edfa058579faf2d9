"""From what the parser met to what a person needs to read."""

from __future__ import annotations

import re
from typing import cast

from lark import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from resnet_dsl.diagnostics.catalog import diagnose
from resnet_dsl.diagnostics.model import Diagnostic, Label
from resnet_dsl.syntax.advice import CHARACTERS, DOC_ADVICE, advice, arrow
from resnet_dsl.syntax.brackets import CLOSING, MAX_DEPTH, PARTNERS, BracketError
from resnet_dsl.syntax.expected import STATEMENTS, expectation
from resnet_dsl.syntax.lalr import Token
from resnet_dsl.syntax.site import Site

_WORD = re.compile(r"\w+")
_NUMBER_BEFORE = re.compile(r"(?<![\w.])\d[\w.]*\Z")
_REST = re.compile(r"[\w.]*")
_DOC_AT_THE_END = re.compile(r"///[^\n]*\s*\Z")

Mistake = tuple[list[Diagnostic], int]

_WITH_UNIT = re.compile(r"(\d{1,15}(?:\.\d{1,15})?)([kKMGT]?)(i?)B")


def describe(error: UnexpectedInput | BracketError, site: Site, open_brackets: list[Token]) -> Mistake:
    """The diagnostics for a failed parse, and the offset of the statement at fault.

    `open_brackets` are those still open, outermost first.
    """
    inner = open_brackets[-1] if open_brackets else None
    if isinstance(error, BracketError):
        return _bracket(error, site)
    if isinstance(error, UnexpectedCharacters):
        return _character(site, error.pos_in_stream or 0), _fault(error.pos_in_stream or 0, inner)
    unexpected = cast(UnexpectedToken, error)
    token = cast(Token, unexpected.token)  # Lark's have all that ours have
    accepted = set(unexpected.accepts or unexpected.expected or ())
    if token.type == "$END":
        return _end(site, accepted, inner)
    closes = token.type in CLOSING
    if closes and (inner is None or PARTNERS[inner.type] != str(token)):
        begin = (inner.start_pos or 0) + 1 if inner is not None else 0
        # The lexer may have paired it already, with a bracket that is open no longer.
        if not site.is_partner(token.start_pos or 0, begin):
            return _no_partner(site, token, inner)
    return _token(site, token, accepted, inner)


def _fault(offset: int, inner: Token | None) -> int:
    """Inside parentheses a statement goes on over line ends: it starts where they open."""
    if inner is not None and inner.type != "LBRACE":
        return inner.start_pos or 0
    return offset


# --- brackets ------------------------------------------------------------------------------------


def _bracket(error: BracketError, site: Site) -> Mistake:
    token = error.token
    if error.code == "RDL804":
        return [diagnose("RDL804", site.of(token), what="this", limit=MAX_DEPTH)], token.start_pos or 0
    if error.code == "RDL103":
        return [_open(site, token, len(site.text))], token.start_pos or 0
    return _no_partner(site, token, error.opening)


def _open(site: Site, opening: Token, reached: int) -> Diagnostic:
    """`opening` has no partner; the text makes no sense from offset `reached` on."""
    closing = PARTNERS[opening.type]
    end = site.end_before(reached)
    line = site.line_number(max(0, end - 1))
    if opening.type == "LBRACE":
        advice = f"add `{closing}` after line {line}"
    elif line != site.line_number(reached) or reached >= len(site.text):
        advice = f"add `{closing}` at the end of line {line}"
    else:
        following = re.match(r"->|\w+|.", site.text[reached:])
        advice = f"add `{closing}` before `{following[0] if following else ''}`"
    return diagnose("RDL103", site.of(opening), bracket=str(opening), help=advice)


def _no_partner(site: Site, token: Token, opening: Token | None) -> Mistake:
    """A closing bracket; `opening` is the innermost one open, of another kind."""
    if opening is None or opening.type == "LBRACE":
        return [diagnose("RDL104", site.of(token), bracket=str(token))], token.start_pos or 0
    if token.type == "RBRACE":  # a body ends: what is open inside it was forgotten
        return [_open(site, opening, token.start_pos or 0)], opening.start_pos or 0
    related = (Label(site.of(opening), "opened here"),)
    wanted = PARTNERS[opening.type]
    found = diagnose(
        "RDL108", site.of(token), bracket=str(opening), closing=str(token), wanted=wanted, related=related
    )
    return [found], token.start_pos or 0


# --- characters and tokens -----------------------------------------------------------------------


def _character(site: Site, fault: int) -> list[Diagnostic]:
    character = site.text[fault : fault + 1]
    if character == '"':
        end = site.text.find("\n", fault)
        return [diagnose("RDL105", site.span(fault, len(site.text) if end < 0 else end))]
    span = site.span(fault, fault + 1)
    help_line = CHARACTERS.get(character, "")
    if not help_line and (character.isalpha() or character.isdigit()):
        help_line = "names are letters from a to z, digits and `_`"
    return [diagnose("RDL102", span, found=f"`{character}`", help=help_line)]


def _end(site: Site, accepted: set[str], inner: Token | None) -> Mistake:
    if inner is not None:
        return [_open(site, inner, len(site.text))], inner.start_pos or 0
    end = len(site.text) if site.is_piece else site.end_before(len(site.text))
    span, found, help_line = site.span(end, end), "the end of the file", ""
    doc = _DOC_AT_THE_END.search(site.text, site.line_start(len(site.text.rstrip())))
    if site.is_piece:
        found = "the end of the label's `{...}`"
    elif doc is not None:
        span, help_line = site.span(doc.start(), len(site.text.rstrip())), DOC_ADVICE
    diagnostic = diagnose("RDL101", span, expected=expectation(accepted), found=found, help=help_line)
    return [diagnostic], max(0, end - 1)


def _token(site: Site, token: Token, accepted: set[str], inner: Token | None) -> Mistake:
    start = token.start_pos or 0
    number = _malformed_number(site, start)
    if number is not None:
        return [number], _fault(start, inner)
    dangling = _dangling_arrow(site, start)
    if dangling is not None:
        return dangling
    if inner is not None and inner.type != "LBRACE" and not site.is_closed(inner.start_pos or 0):
        reached = start - 1 if _is_arrow(site, start) else start
        return [_open(site, inner, reached)], inner.start_pos or 0
    reserved = site.before(start)
    if token.type == "EQUAL" and reserved.upper() in STATEMENTS:
        begin = site.text.rfind(reserved, 0, start)
        span = site.span(begin, begin + len(reserved))
        return [diagnose("RDL206", span, name=reserved)], start
    return [_unexpected(site, token, accepted, inner)], _fault(start, inner)


def _unexpected(site: Site, token: Token, accepted: set[str], inner: Token | None) -> Diagnostic:
    start = token.start_pos or 0
    span = site.of(token)
    bracket = str(inner) if inner is not None else ""
    related: tuple[Label, ...] = ()
    if inner is not None and bracket != "{":
        opening = site.of(inner)
        if opening.start_position.line != span.start_position.line:
            related = (Label(opening, "opened here"),)
    if _is_arrow(site, start):
        expected = {"(": "`,` or `)`", "[": "`,` or `]`"}.get(bracket, "the end of the line")
        span, found, help_line = site.span(start - 1, start + 1), "`->`", arrow(site, start - 1, bracket)
    else:
        expected, help_line = expectation(accepted), advice(site, token, accepted, inner)
        found = f"`{token}`"
        if token.type == "_NL":
            span, found = site.span(start, start), "the end of the line"
        elif token.type == "DOC":
            found = "a doc comment"
    return diagnose("RDL101", span, expected=expected, found=found, help=help_line, related=related)


def _is_arrow(site: Site, start: int) -> bool:
    """Where only values stand the lexer reads `->` as two signs."""
    return site.text[start - 1 : start + 1] == "->" and start > 0


def _malformed_number(site: Site, start: int) -> Diagnostic | None:
    """``64x``, ``1.5.2``, ``5.``, ``.5``: the whole of what stands there as a number."""
    head = _NUMBER_BEFORE.search(site.text[site.line_start(start) : start])
    tail = _REST.match(site.text, start)
    before, after = head[0] if head else "", tail[0] if tail else ""
    text = before + after
    if not (before and (after or before.endswith("."))) and not re.match(r"\.\d", after):
        return None
    if re.fullmatch(r"\.\d+", text):
        return diagnose("RDL109", site.span(start, start + len(text)), text=text, help=f"write `0{text}`")
    span = site.span(start - len(before), start + len(after))
    if re.fullmatch(r"\d+\.", text):
        return diagnose("RDL109", span, text=text, help=f"write `{text}0`")
    if re.match(r"\s*:(?!\s*=)", site.text[start + len(after) :]):
        quoted = f'labels that start with a digit are quoted: `"{text}": ...`'
        return diagnose("RDL109", span, text=text, help=quoted)
    unit = _WITH_UNIT.fullmatch(text)
    if unit is not None:
        return diagnose("RDL109", span, text=text, help=_without_unit(*unit.groups()))
    return diagnose("RDL109", span, text=text)


def _without_unit(number: str, scale: str, binary: str) -> str:
    """``20MB`` as the language writes it."""
    if binary and scale:
        exact = round(float(number) * 1024 ** ("KMGT".index(scale.upper()) + 1))
        return f"write `{exact:_}`: numbers have no units, and facts in bytes say so"
    return (
        f"write `{number}{'k' if scale == 'K' else scale}`: numbers have no units, and facts in bytes say so"
    )


def _dangling_arrow(site: Site, start: int) -> Mistake | None:
    """A line that ends in `->` swallows the first word of the next statement."""
    line, before = site.line_start(start), site.before(start)
    if before and not _WORD.fullmatch(before):
        return None
    end = site.end_before(line)
    if not site.text[:end].endswith("->"):
        return None
    diagnostic = diagnose(
        "RDL101",
        site.span(end - 2, end),
        expected="a block or operator after `->`",
        found="the end of the line",
        help="remove the `->`, or go on with the pipeline",
    )
    return [diagnostic], end - 2
