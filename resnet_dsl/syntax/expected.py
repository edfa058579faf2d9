"""What could have stood there: from Lark's sets of terminals to a phrase for people.

Terminals that start an expression are told as one thing, and what merely could go on (an operator
behind a value, an argument list behind a name) is left out where something must come.
"""

from __future__ import annotations

_VALUE = frozenset("NUMBER STRING TRUE FALSE LSQB LPAR MINUS NOT NAME".split())
_STEP = frozenset("NUMBER STRING NAME REPEAT SEQ".split())
_GOING_ON = frozenset(
    "OR AND IF EQ NE LE GE LT GT PLUS MINUS TIMES SLASH FLOORDIV PERCENT POWER DOT LPAR LSQB".split()
)
DECLARATIONS = frozenset("IMPORT FROM CONST FN BLOCK STAGE MODEL TRAIN".split())
STATEMENTS = frozenset("RETURN SHORTCUT AUX LET IF ASSERT EXPECT INPUT REGISTER".split())
_END = "the end of the line"

# In the order they are told.
_WORDS = {
    "NAME": "a name",
    "NUMBER": "a number",
    "STRING": "a string",
    "ARROW": "`->`",
    "COLON": "`:`",
    "EQUAL": "`=`",
    "COMMA": "`,`",
    "LPAR": "`(`",
    "LSQB": "`[`",
    "LBRACE": "`{`",
    "RPAR": "`)`",
    "RSQB": "`]`",
    "RBRACE": "`}`",
    "DOT": "`.`",
    "PERCENT": "`%`",
    "PLUS": "`+`",
    "MINUS": "`-`",
    "_NL": _END,
    "$END": _END,
}


def expectation(accepted: set[str]) -> str:
    """A phrase for the terminals that could have stood there."""
    if accepted >= DECLARATIONS:
        return "a declaration (`model`, `block`, `stage`, `fn`, `const`, `train`, `import` or `from`)"
    words: list[str] = []
    rest = set(accepted) - {"DOC"}
    if rest >= STATEMENTS:
        words.append("a statement")
        rest -= STATEMENTS | {"NAME"}
    if rest >= {"NUMBER", "TRUE", "LPAR"}:
        words.append("a value")
        rest -= _VALUE
    elif rest >= {"REPEAT", "SEQ"}:
        words.append("a block or operator")
        rest -= _STEP
    else:
        rest = rest - _GOING_ON or rest
    if "ARROW" in rest:
        rest.discard("COLON")
    if rest & {"_NL", "$END"} and "RBRACE" in rest and not words:
        rest.discard("RBRACE")  # it may stand on the same line, and rarely does
    told = [word for name, word in _WORDS.items() if name in rest]
    told += [f"`{name.lower()}`" for name in sorted(rest - _WORDS.keys())]
    words += list(dict.fromkeys(told))
    if len(words) > 1 and words[0] in {"a statement", "a value"}:
        words = [word for word in words if word != _END]
    if not words:
        return "something else"
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]
