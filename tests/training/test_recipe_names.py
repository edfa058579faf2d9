"""The recipes that come with the program, and recipes written down and read back."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

import resnet_dsl
from resnet_dsl.diagnostics.model import SpecError
from resnet_dsl.semantics.recipe_choices import FlatWarmUp, LinearWarmUp, RmsProp, Step
from resnet_dsl.semantics.recipe_names import recipe_names, recipe_summaries
from resnet_dsl.semantics.recipe_record import recipe_from_dict, recipe_text
from resnet_dsl.semantics.recipe_values import Recipe

NET = """\
model tiny {
  input image [1, 8, 8]
  return image -> conv(4, 3) -> bn -> relu -> gap -> flatten -> fc: linear(10)
}

model other = tiny() {
}
"""
BLOCK = "train fast for tiny {\n  optimizer = sgd(lr = 0.7)\n  epochs = 1\n  batch = 2\n}\n"


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "net.rdl"
    path.write_text(NET)
    return path


def load(spec: Path, name: str, model: str = "tiny", **overrides: object) -> Recipe:
    settings = {f"train.{key}": value for key, value in overrides.items()}
    return resnet_dsl.load(spec, recipe=name, overrides=settings)[model].recipes[name]


@pytest.fixture(params=recipe_names())
def recipe(request: pytest.FixtureRequest, spec: Path) -> Recipe:
    return load(spec, request.param)


def test_every_recipe_fits_every_model_and_names_its_source(recipe: Recipe, spec: Path) -> None:
    assert (recipe.name, recipe.model) == (recipe.name, "tiny")
    assert load(spec, recipe.name, "other").optimizer == recipe.optimizer
    summary = recipe_summaries()[recipe.name]
    assert re.search(r"(19|20)\d\d|NVIDIA|scikit-learn|The same", summary), summary


def test_a_recipe_written_down_is_read_back(recipe: Recipe, spec: Path) -> None:
    assert recipe_from_dict(json.loads(json.dumps(recipe.as_dict()))) == recipe
    spec.write_text(NET.replace("return", "aux side = image -> gap -> flatten -> linear(10)\n  return"))
    spec.write_text(spec.read_text() + recipe_text(recipe))
    assert load(spec, recipe.name) == recipe


def test_a_recipe_for_a_model_without_heads_says_nothing_of_them(recipe: Recipe, spec: Path) -> None:
    text = recipe_text(recipe, has_heads=False)
    assert "aux_weights" not in text
    spec.write_text(NET + text)
    assert replace(load(spec, recipe.name), aux_weights=recipe.aux_weights) == recipe


HEADED = """\
model tiny(heads: bool = true) {
  input image [1, 8, 8]
  if heads { aux side = image -> gap -> flatten -> linear(10) }
  return image -> conv(4, 3) -> gap -> flatten -> fc: linear(10)
}
"""


@pytest.mark.parametrize(
    ("overrides", "advice"),
    [
        ({}, ""),
        ({"train.aux_weights": [0.5]}, ""),
        ({"heads": False}, ""),
        ({"train.aux_weights": [0.5, 0.25]}, "write `--set train.aux_weights=[0.5]`"),
        ({"train.aux_weights": [0.5], "heads": False}, "leave it out"),
    ],
)
@pytest.mark.parametrize("own", [True, False], ids=["of the spec", "of the program"])
def test_weights_of_heads_that_are_not_there(
    overrides: dict[str, object], advice: str, own: bool, spec: Path
) -> None:
    """The spec's block is held against the model as declared, `--set` against the one that it makes."""
    block = BLOCK.replace("fast", "mine").replace("batch", "aux_weights = [0.3]\n  batch")
    spec.write_text(HEADED + (block if own else ""))
    name = "mine" if own else "hourglass"
    if not advice:
        made = resnet_dsl.load(spec, recipe=name, overrides=overrides)["tiny"].recipes[name]
        assert made.aux_weights == ((0.5,) if "train.aux_weights" in overrides else (0.3 if own else 1.0,))
        return
    with pytest.raises(SpecError) as error:
        resnet_dsl.load(spec, recipe=name, overrides=overrides)
    (found,) = error.value.diagnostics
    assert (found.code, found.span, found.help) == ("RDL345", None, advice)


def test_texts_with_quotes_are_written_so_that_they_are_read_back(spec: Path) -> None:
    recipe = load(spec, "fast", data="cifar10", **{"data.folder": 'a "b"\\c'})
    spec.write_text(NET + recipe_text(recipe, has_heads=False))
    assert load(spec, "fast") == recipe


def test_the_specs_own_recipe_comes_first(spec: Path) -> None:
    assert load(spec, "fast").batch_size == 512
    spec.write_text(NET + BLOCK)
    assert load(spec, "fast").batch_size == 2
    assert load(spec, "digits").data == "digits"


def test_named_recipes_take_settings(spec: Path) -> None:
    assert load(spec, "fast", lr=0.2, epochs=3).optimizer.learning_rate == 0.2
    with pytest.raises(SpecError, match="did you mean `epochs`"):
        load(spec, "fast", epohs=3)


def test_what_a_setting_lacks_is_named_as_an_option(spec: Path) -> None:
    with pytest.raises(SpecError, match="add `--set train.data.folder=data/cifar10`"):
        load(spec, "fast", data="cifar10")
    with pytest.raises(SpecError, match=re.escape("add `--set train.schedule.milestones=[30,60,80]`")):
        load(spec, "fast", schedule="step")


def test_a_few_values_are_those_of_the_papers(spec: Path) -> None:
    large = load(spec, "large_batch")
    assert large.optimizer.learning_rate == pytest.approx(0.1 * large.batch_size / 256)
    assert isinstance(large.warmup, LinearWarmUp)
    first = large.optimizer.learning_rate * large.warmup.start_fraction
    assert first == pytest.approx(0.1)
    assert (large.warmup.epochs, large.decay_norms) == (5, False)
    deep = load(spec, "resnet_cifar_deep")
    assert deep.warmup == FlatWarmUp(0.0, 400, 0.1)
    steps_per_epoch = 45_000 // deep.batch_size
    assert deep.schedule == Step((91, 137), 0.1)
    assert [round(each * steps_per_epoch / 1_000) for each in (91, 137, deep.epochs)] == [32, 48, 64]
    assert load(spec, "nvidia_v1_5").optimizer.weight_decay == 1 / 32_768
    hourglass = load(spec, "hourglass")
    assert isinstance(hourglass.optimizer, RmsProp)
    assert hourglass.aux_weights == (1.0,)


@pytest.mark.parametrize(
    "change",
    [
        {"colour": 1},
        {"optimizer": {"kind": "lion"}},
        {"optimizer": {"kind": "sgd"}},
        {"data": {"kind": "digits"}},
    ],
)
def test_what_is_no_recipe_is_refused(spec: Path, change: dict[str, object]) -> None:
    values = load(spec, "digits").as_dict()
    with pytest.raises(ValueError, match=r"`"):
        recipe_from_dict({**values, **change})
    del values["epochs"]
    with pytest.raises(ValueError, match="epochs"):
        recipe_from_dict(values)
