"""`docs/training.md` says what the schema says, and its recipe is one that is accepted."""

from __future__ import annotations

from pathlib import Path

from resnet_dsl.diagnostics.catalog import entries
from resnet_dsl.semantics.recipe_names import summaries_markdown
from resnet_dsl.semantics.recipe_schema import reference_markdown
from resnet_dsl.semantics.recipe_table import SETTINGS


def test_the_documented_keys_are_those_of_the_schema(root: Path) -> None:
    text = (root / "docs" / "training.md").read_text(encoding="utf-8")
    assert reference_markdown(SETTINGS) in text, "put the text of `reference_markdown(SETTINGS)` there"


def test_the_documented_recipes_are_those_of_the_program(root: Path) -> None:
    text = (root / "docs" / "training.md").read_text(encoding="utf-8")
    assert summaries_markdown() in text, "put the text of `summaries_markdown()` there"


def test_every_code_of_training_explains_itself() -> None:
    ours = {code: entry for code, entry in entries().items() if code.startswith(("RDL31", "RDL9"))}
    assert len(ours) >= 21
    assert all(entry.explanation for entry in ours.values())
