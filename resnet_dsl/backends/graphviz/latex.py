"""Text of a spec made safe for LaTeX: ASCII that prints as what it says, with any engine and font."""

from __future__ import annotations

import re
import unicodedata

from resnet_dsl.backends.graphviz.markup import cleaned

_MACROS = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "`": r"\textquoteleft{}",
    '"': r"\textquotedblright{}",
    "[": "{[}",  # after a line's end it would begin an argument, as a star would
    "]": "{]}",
    "*": "{*}",
    "–": "--",
    "—": "---",
    "…": r"\ldots{}",
    "×": r"\by{}",  # a macro of ours, since it is in every other word
    "→": r"\ensuremath{\rightarrow}",
    "−": r"\ensuremath{-}",
    "·": r"\ensuremath{\cdot}",
    "ß": r"\ss{}",
    "æ": r"\ae{}",
    "Æ": r"\AE{}",
    "ø": r"\o{}",
    "Ø": r"\O{}",
}
_ACCENTS = {
    "\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0304": "=", "\u0306": "u",
    "\u0307": ".", "\u0308": '"', "\u030a": "r", "\u030b": "H", "\u030c": "v", "\u0327": "c",
}  # fmt: skip
_PAIRS = re.compile(r"([-,'?!`])(?=[-,'`])")
_GAP = "\0"  # which no cleaned text holds
_GREEK = re.compile(r"GREEK (SMALL|CAPITAL) LETTER (\w+)")
_SAME_AS_LATIN = frozenset("ALPHA BETA EPSILON ZETA ETA IOTA KAPPA MU NU OMICRON RHO TAU CHI".split())


def latex(text: str) -> str:
    """One line of text; what no macro of LaTeX itself prints is told by its number."""
    # Some pairs would join: two hyphens to a dash, two commas or quotes to a quote.
    apart = _PAIRS.sub(r"\1" + _GAP, cleaned(text))
    return "".join("{}" if character == _GAP else _character(character) for character in apart)


def _character(character: str) -> str:
    if character in _MACROS:
        return _MACROS[character]
    if character.isascii():
        return character
    parts = unicodedata.normalize("NFD", character)
    base, marks = parts[0], parts[1:]
    if len(marks) == 1 and marks[0] in _ACCENTS and base.isascii() and base.isalpha():
        return rf"\{_ACCENTS[marks[0]]}{{{base}}}"
    greek = _GREEK.fullmatch(unicodedata.name(character, ""))
    if greek is not None and (greek[1] == "SMALL" or greek[2] not in _SAME_AS_LATIN):
        name = greek[2].replace("LAMDA", "LAMBDA")
        if name not in ("OMICRON", "FINAL"):
            return rf"\ensuremath{{\{name.lower() if greek[1] == 'SMALL' else name.capitalize()}}}"
    return f"{{[}}U+{ord(character):04X}{{]}}"
