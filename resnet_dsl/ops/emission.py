"""How an operator is written in PyTorch: calls and expressions as data. Nothing here needs torch."""

from __future__ import annotations

from typing import Any, NamedTuple

from resnet_dsl.ops.parameter import REQUIRED


class Slot(NamedTuple):
    """In emitted code: the place of an operand."""

    position: int


class Argument(NamedTuple):
    """An argument of emitted code: a value or a `Slot`; omitted where it equals torch's default.

    `name` is its keyword, empty by position; `hint` is torch's word for a positional one.
    """

    value: Any
    name: str = ""
    default: Any = REQUIRED
    hint: str = ""

    @property
    def key(self) -> str:
        return self.name or self.hint


class CallCode(NamedTuple):
    """``callee(arguments)``: a torch module's constructor, or a function on operands."""

    callee: str
    arguments: tuple[Argument, ...] = ()


class TextCode(NamedTuple):
    """An expression with holes: ``{0}`` one operand, ``{name}`` a value.

    ``{+}``, ``{*}`` and ``{,}`` are all operands joined by that sign.

    `precedence` orders ``+`` (1), ``*`` (2) and everything that needs no parentheses (9).
    """

    template: str
    values: tuple[tuple[str, Any], ...] = ()
    precedence: int = 9


class Initialiser(NamedTuple):
    """How one weight starts: a function called on it, with further arguments as text."""

    weight: str
    function: str
    arguments: tuple[str, ...] = ()


class Support(NamedTuple):
    """A class or function that emitted code calls and torch does not have.

    Its whole text, formatted, is written once into each module that needs it.
    """

    name: str
    text: str


class Emission(NamedTuple):
    """How an operator is written in PyTorch: as a module, as a function, or either.

    With `held`, the operator is no module but a bare tensor: `held` is the expression that makes
    it, kept on the module around it under the operator's name (so the key is the path itself, with
    nothing behind), and `function` says ``{self}`` where it reads it. It may use sizes of the
    operands, so it takes values like any template.

    Where torch has no such module, `support` brings the text of one along.
    """

    module: CallCode | None = None
    function: CallCode | TextCode | None = None
    initialisers: tuple[Initialiser, ...] = ()
    held: TextCode | None = None
    support: Support | None = None
