"""Settings of a recipe as a spec gives them, each with its place in the text, and what is built of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from resnet_dsl.diagnostics.model import Diagnostic, DiagnosticBag
from resnet_dsl.semantics.recipe import Invocation, Recipe, Setting, Word, build_recipe
from resnet_dsl.source import Source, Span

TEXT = Source("spec.rdl", "train quick for net { " + " " * 200)
WHOLE = Span(TEXT, 6, 11)


class Places:
    """Gives every value a place of its own, as a spec does."""

    def __init__(self) -> None:
        self.at = 20

    def next(self) -> Span:
        self.at += 2
        return Span(TEXT, self.at, self.at + 1)


def word(text: str, places: Places) -> Word:
    return Word(text, places.next())


def call(name: str, *positional: Any, places: Places, **keyword: Any) -> Invocation:
    return Invocation(
        name,
        tuple(Setting(value, places.next()) for value in positional),
        {key: Setting(value, places.next()) for key, value in keyword.items()},
        places.next(),
    )


def build(
    places: Places, overrides: Mapping[str, object] | None = None, **settings: Any
) -> tuple[Recipe | None, list[Diagnostic]]:
    bag = DiagnosticBag()
    placed = {key: Setting(value, places.next()) for key, value in settings.items()}
    made = build_recipe("quick", "net", placed, WHOLE, bag, overrides or {})
    found = list(bag)
    assert (made is None) == any(each.is_error for each in found)
    for each in found:
        assert each.help, f"{each.code} says nothing about how to mend it"
    return made, found


def base(places: Places) -> dict[str, Any]:
    return {"optimizer": call("sgd", lr=0.1, places=places), "epochs": 20, "batch": 64}
