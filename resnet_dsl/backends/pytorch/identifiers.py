"""Names in generated code: classes, functions, parameters, locals. Every one is made here."""

from __future__ import annotations

import builtins
import keyword
import re

_WORD = re.compile(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*")


def is_identifier(name: str) -> bool:
    """Whether a module name can be written as an attribute."""
    return name.isidentifier() and not keyword.iskeyword(name)


def class_name(name: str, doc: str) -> str:
    """A class's name for a block or model: ``residual_unit`` is ``ResidualUnit``.

    Capitals inside a word come from the doc comment where it spells the word: with
    ``/// ResNet-50 for ImageNet`` the model ``resnet50`` becomes ``ResNet50``.
    """
    spelled: dict[str, str] = {}
    for word in _WORD.findall(doc):
        for form in (word.replace("-", ""), *word.split("-")):
            if form and not form.islower():
                spelled.setdefault(form.lower(), form)
    result = ""
    for part in [part for part in name.split("_") if part]:
        text = spelled.get(part.lower()) or part[0].upper() + part[1:]
        if result and result[-1].isdigit() and text[0].isdigit():
            result += "_"
        result += text
    return result if result and not result[0].isdigit() else f"Net{result}"


class Names:
    """Gives each asker a name that nobody else has."""

    def __init__(self, taken: set[str] | None = None) -> None:
        self.taken = set(taken or ())

    def take(self, wanted: str) -> str:
        """`wanted`, or with the first free number behind it."""
        name = wanted if is_identifier(wanted) else re.sub(r"\W", "_", f"m_{wanted}")
        joint = "_" if name[-1].isdigit() else ""
        number = 2
        candidate = name
        while candidate in self.taken:
            candidate = f"{name}{joint}{number}"
            number += 1
        self.taken.add(candidate)
        return candidate


# What every generated module uses at its top level, and Python's own names.
MODULE_NAMES = frozenset({"torch", "nn", "F", "Tensor", "OrderedDict", "build", *dir(builtins)})


# What the bodies of generated classes and functions use: a parameter or local of such a name would
# hide it.
CODE_NAMES = frozenset(
    "F OrderedDict Tensor enumerate getattr isinstance max min nn range self str super torch".split()
)


def docstring(text: str, indent: int) -> list[str]:
    """A docstring's lines. Text of a spec cannot end it, escape from it or hide in it."""
    pad = " " * indent
    clean = "".join(c if c.isprintable() or c == "\n" else " " for c in text)
    clean = clean.strip().replace("\\", "\\\\")
    clean = re.sub(r'"{3,}|"+\Z', lambda quotes: '\\"' * len(quotes[0]), clean)
    lines = [line.strip() for line in clean.split("\n")]
    if len(lines) == 1:
        return [f'{pad}"""{lines[0]}"""']
    return [f'{pad}"""{lines[0]}', *[(pad + line) if line else "" for line in lines[1:]], f'{pad}"""']
