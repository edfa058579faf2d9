"""Values given on the command line, ``--set depths=[3, 4, 6, 3]``, in the language's own notation."""

from __future__ import annotations

import re
from typing import NoReturn

Value = int | float | bool | str | list["Value"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>[0-9][0-9_]*(?:\.[0-9][0-9_]*)?(?:[eE][+-]?[0-9]+)?[kMGT]?(?![A-Za-z0-9_.]))
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<string>"(?:\\.|[^"\\\r\n])*")
      | (?P<sign>[][,-])
    )""",
    re.VERBOSE,
)
# A recipe's folders are paths, which shells make hard to quote.
_PATH = re.compile(r"""[^\s"\[\],]*[/\\.~][^\s"\[\],]*""")
_NUMBER = re.compile(r"-?[0-9][0-9_]*(?:\.[0-9][0-9_]*)?(?:[eE][+-]?[0-9]+)?[kMGT]?")
_BOOLEANS = {"true": True, "false": False}
_DEEPEST = 16


def parse_assignment(text: str) -> tuple[str, Value]:
    """``name=value`` as a pair. Raises `ValueError`, whose text says what was expected."""
    name, equals, value = text.partition("=")
    name = name.strip()
    if not equals:
        raise ValueError(f"`{text}` has no `=`; write it as `classes=10`")
    if not _NAME.fullmatch(name):
        raise ValueError(f"`{name}` is no name of a parameter; write it as `classes=10`")
    if name.startswith("train.") and _PATH.fullmatch(value.strip()) and not _NUMBER.fullmatch(value.strip()):
        return name, value.strip()
    return name, parse_value(value)


def parse_value(text: str) -> Value:
    """A literal: number, ``true``, ``false``, word, ``"text"``, or a list of these."""
    reader = _Reader(text)
    value = reader.value()
    if not reader.ended:
        reader.fail()
    return value


class _Reader:
    """One pass over the text of a value, left to right."""

    def __init__(self, text: str) -> None:
        self.text = text.rstrip()
        self.at = 0

    @property
    def ended(self) -> bool:
        return self.at == len(self.text)

    def value(self, depth: int = 0) -> Value:
        match self.take():
            case "number", digits:
                return self.number(digits)
            case "word", word:
                return _BOOLEANS.get(word, word)
            case "string", quoted:
                from resnet_dsl.syntax.literals import unescape

                return unescape(quoted[1:-1])
            case "sign", "[" if depth < _DEEPEST:
                return self.items(depth + 1)
            case "sign", "-":
                kind, digits = self.take()
                return -self.number(digits) if kind == "number" else self.fail()
            case _:
                return self.fail()

    def items(self, depth: int) -> list[Value]:
        """The rest of a list; a comma may stand before the bracket that closes it."""
        values: list[Value] = []
        while not self.skip("]"):
            values.append(self.value(depth))
            if not self.skip(","):
                if not self.skip("]"):
                    self.fail()
                break
        return values

    def number(self, digits: str) -> int | float:
        from resnet_dsl.syntax.literals import number

        value = number(digits)
        if value is None:
            raise ValueError(f"`{digits}` is too large")
        return value

    def take(self) -> tuple[str, str]:
        match = _TOKEN.match(self.text, self.at)
        if match is None or match.lastgroup is None:
            self.fail()
        self.at = match.end()
        return match.lastgroup, match[match.lastgroup]

    def skip(self, sign: str) -> bool:
        match = _TOKEN.match(self.text, self.at)
        if match is None or match["sign"] != sign:
            return False
        self.at = match.end()
        return True

    def fail(self) -> NoReturn:
        raise ValueError(
            f"`{self.text.strip()}` is no value; "
            'write a number, `true`, `false`, a word, `"text"` or a list such as `[3, 4, 6, 3]`'
        )
