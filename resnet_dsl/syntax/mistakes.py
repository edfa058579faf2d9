"""From what the parser met to what a person needs to read."""

from __future__ import annotations

from lark import Token, UnexpectedCharacters, UnexpectedInput

from resnet_dsl.diagnostics.catalog import diagnose
from resnet_dsl.diagnostics.model import Diagnostic, Label
from resnet_dsl.source import Source, Span
from resnet_dsl.syntax.brackets import MAX_DEPTH, BracketError, _Open

# Human words for terminals. Terminals that start an expression are told as one thing.
_EXPRESSION = frozenset({"NUMBER", "STRING", "TRUE", "FALSE", "LSQB", "LPAR", "MINUS", "NOT"})
_OPERATORS = frozenset(
    "OR AND IF EQ NE LE GE LT GT PLUS MINUS TIMES SLASH FLOORDIV PERCENT POWER DOT".split()
)
_WORDS = {
    "NAME": "a name",
    "NUMBER": "a number",
    "STRING": "a string",
    "_NL": "the end of the line",
    "$END": "the end of the file",
    "DOC": "a doc comment",
    "LPAR": "`(`",
    "RPAR": "`)`",
    "LSQB": "`[`",
    "RSQB": "`]`",
    "LBRACE": "`{`",
    "RBRACE": "`}`",
    "COMMA": "`,`",
    "COLON": "`:`",
    "EQUAL": "`=`",
    "ARROW": "`->`",
    "DOT": "`.`",
    "PERCENT": "`%`",
}
_DECLARATIONS = frozenset("IMPORT FROM CONST FN BLOCK STAGE MODEL TRAIN".split())
_STATEMENTS = frozenset("RETURN SHORTCUT AUX LET IF ASSERT EXPECT INPUT".split())


def describe(
    error: UnexpectedInput | BracketError, source: Source, text: str, base: int, open_brackets: list[_Open]
) -> tuple[list[Diagnostic], int]:
    """The diagnostics for a failed parse, and the offset in `text` of the statement at fault."""

    def span_of(token: Token) -> Span:
        start = base + (token.start_pos or 0)
        return Span(source, start, start + len(token))

    if isinstance(error, BracketError):
        return [_bracket(error, span_of)], error.token.start_pos or 0
    related: tuple[Label, ...] = ()
    fault = error.pos_in_stream if error.pos_in_stream is not None else len(text)
    inner = open_brackets[-1] if open_brackets else None
    if inner is not None and inner.closing != "}":
        related = (Label(span_of(inner.token), "opened here"),)
        fault_start = inner.token.start_pos or 0
    else:
        fault_start = fault
    if isinstance(error, UnexpectedCharacters):
        return [_character(source, text, base, fault)], fault_start
    token: Token = error.token  # type: ignore[attr-defined]  # UnexpectedToken, the only kind left
    expected = expectation(set(getattr(error, "accepts", None) or getattr(error, "expected", ())))
    if token.type == "$END":
        end = base + len(text.rstrip())
        if inner is not None:
            where = span_of(inner.token)
            return [
                diagnose("RDL103", where, bracket=str(inner.token), closing=inner.closing)
            ], inner.token.start_pos or 0
        at = Span(source, end, end)
        return [diagnose("RDL101", at, found="end of file", expected=expected)], max(0, end - base - 1)
    span = span_of(token)
    start = token.start_pos or 0
    if start and token.type == "NAME" and text[start - 1].isdigit():
        begin = start
        while begin and (text[begin - 1].isalnum() or text[begin - 1] in "._"):
            begin -= 1
        if text[begin].isdigit():
            whole = Span(source, base + begin, span.end)
            return [diagnose("RDL109", whole, text=text[begin : start + len(token)])], fault_start
    found = "the end of the line" if token.type == "_NL" else f"`{_shown(str(token))}`"
    if token.type == "_NL":
        span = Span(source, span.start, span.start)
    return [
        diagnose("RDL101", span, found=found, expected=expected, related=related, help=_advice(token, text))
    ], fault_start


def _bracket(error: BracketError, span_of: object) -> Diagnostic:
    span = span_of(error.token)  # type: ignore[operator]  # the local function of `describe`
    match error.code:
        case "RDL804":
            return diagnose("RDL804", span, what="this", limit=MAX_DEPTH)
        case "RDL103":
            return diagnose("RDL103", span, bracket=str(error.token), closing=error.wanted)
        case "RDL108" if error.opening is not None:
            opening = span_of(error.opening)  # type: ignore[operator]
            return diagnose(
                "RDL108",
                span,
                bracket=str(error.opening),
                closing=str(error.token),
                wanted=error.wanted,
                related=(Label(opening, "opened here"),),
            )
        case _:
            return diagnose("RDL104", span, bracket=str(error.token))


def _character(source: Source, text: str, base: int, fault: int) -> Diagnostic:
    span = Span(source, base + fault, base + fault + 1)
    character = text[fault : fault + 1]
    if character == '"':
        end = text.find("\n", fault)
        whole = Span(source, base + fault, base + (len(text) if end < 0 else end))
        return diagnose("RDL105", whole)
    advice = {
        "'": 'strings stand between double quotes: "..."',
        ";": "statements end at the end of the line",
        "|": "write `or`",
        "&": "write `and`",
        "!": "write `not`, or `!=`",
        "→": "write `->`",
        "×": "write `*`",
        "≥": "write `>=`",
        "≤": "write `<=`",
        "≠": "write `!=`",
        "“": 'use straight quotes: "..."',
        "”": 'use straight quotes: "..."',
        "−": "write `-`",
        "–": "write `-`",
    }.get(character, "")
    return diagnose("RDL102", span, found=f"`{_shown(character)}`", help=advice)


def _shown(text: str) -> str:
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text[:60])


def _advice(token: Token, text: str) -> str:
    start = token.start_pos or 0
    line = text[text.rfind("\n", 0, start) + 1 : start].strip()
    if token.type == "EQUAL" and re_condition(line):
        return "compare with `==`"
    if token.type == "COLON" and line.startswith(("block", "stage", "model", "if", "else")):
        return "bodies stand between braces: `{ ... }`"
    if str(token) in {"def", "class", "function", "module", "layer", "net", "network"}:
        return "declarations start with `block`, `stage`, `model`, `fn`, `const`, `train`, `import` or `from`"
    return ""


def re_condition(line: str) -> bool:
    return line.startswith(("if ", "expect ", "assert "))


def expectation(accepted: set[str]) -> str:
    """A phrase for what could have stood there, from Lark's set of terminals."""
    if accepted >= _DECLARATIONS:
        return "a declaration (`model`, `block`, `stage`, `fn`, `const`, `train`, `import` or `from`)"
    words: list[str] = []
    rest = set(accepted)
    if rest >= _STATEMENTS:
        words.append("a statement")
        rest -= _STATEMENTS | {"NAME"}
    if rest >= _EXPRESSION:
        words.append("a value")
        rest -= _EXPRESSION | {"NAME"}
    elif rest >= {"NUMBER", "STRING", "NAME"} or rest >= {"REPEAT", "SEQ"}:
        words.append("a block or operator")
        rest -= {"NUMBER", "STRING", "NAME", "REPEAT", "SEQ"}
    if len(rest & _OPERATORS) >= 8:
        rest -= _OPERATORS
    if len(rest) > 1:
        rest.discard("_NL")
    words.extend(_WORDS.get(name, f"`{name.lower()}`") for name in sorted(rest))
    if not words:
        return "something else"
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]
