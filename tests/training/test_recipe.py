"""The closed schema of recipes: what is taken, and what it means."""

from __future__ import annotations

import pytest

from resnet_dsl.ir.provenance import Traced, Variable
from resnet_dsl.semantics.recipe import Recipe
from resnet_dsl.semantics.recipe_schema import REQUIRED, Field
from resnet_dsl.semantics.recipe_sources import Synthetic
from resnet_dsl.semantics.recipe_table import SETTINGS
from resnet_dsl.semantics.recipe_values import AdamW, Constant, Cosine, OneCycle, Sgd, Shift, Step
from resnet_dsl.semantics.recipe_variations import Crop, Flip
from tests.training.settings import Places, base, build, call, word


def test_the_example_of_the_language_reference() -> None:
    places = Places()
    made, found = build(
        places,
        optimizer=call("sgd", lr=0.1, momentum=0.9, weight_decay=1e-4, places=places),
        schedule=call("step", milestones=[30, 60, 80], gamma=0.1, places=places),
        epochs=90,
        batch=256,
    )
    assert found == []
    assert made == Recipe(
        name="quick",
        model="net",
        data=None,
        optimizer=Sgd(learning_rate=0.1, momentum=0.9, weight_decay=1e-4, nesterov=False),
        schedule=Step(milestone_epochs=(30, 60, 80), gamma=0.1),
        epochs=90,
        batch_size=256,
        loss="cross_entropy",
        label_smoothing=0.0,
        augment=(),
        seed=0,
    )


def test_words_calls_and_positional_arguments_mean_the_same() -> None:
    places = Places()
    bare, _ = build(places, **base(places), schedule=word("cosine", places), augment=word("shift", places))
    called, _ = build(
        places,
        optimizer=call("sgd", 0.1, places=places),
        epochs=20,
        batch=64,
        schedule=call("cosine", 0.0, places=places),
        augment=call("shift", 1, places=places),
    )
    assert bare == called
    assert bare is not None
    assert (bare.schedule, bare.augment) == (Cosine(0.0), (Shift(1),))


def test_defaults_and_plain_values() -> None:
    places = Places()
    settings = base(places) | {"optimizer": call("adamw", lr=1, places=places)}
    settings["epochs"] = Traced(6, Variable("n"))
    made, _ = build(places, **settings, schedule=word("onecycle", places), data=word("digits", places))
    assert made is not None
    assert made.optimizer == AdamW(1.0, 0.9, 0.999, 1e-8, 0.01)
    assert made.schedule == OneCycle(0.3, 0.04, 4e-6)
    assert type(made.epochs) is int
    assert type(made.optimizer.learning_rate) is float
    assert made.data == "digits"
    constant, _ = build(places, **base(places))
    assert constant is not None
    assert constant.schedule == Constant()


def test_a_list_of_augmentations_keeps_its_order() -> None:
    places = Places()
    augment = [call("crop", pad=2, places=places), word("flip", places)]
    made, found = build(places, **base(places), augment=augment)
    assert found == []
    assert made is not None
    assert made.augment == (Crop(2, 0), Flip(0.5, vertical=False))
    changed, _ = build(places, {"train.augment.crop.pad": 3}, **base(places), augment=augment)
    assert changed is not None
    assert changed.augment[0] == Crop(3, 0)
    given, _ = build(places, {"train.augment": ["crop", "flip"]}, **base(places))
    assert given is not None
    assert given.augment == (Crop(4, 0), Flip(0.5, vertical=False))
    _, (refused,) = build(places, {"train.augment.pad": 3}, **base(places), augment=augment)
    assert refused.help == "write `train.augment.crop.pad`"
    _, (refused,) = build(places, {"train.augment.shift.pixels": 3}, **base(places), augment=augment)
    assert refused.code == "RDL315"
    assert (
        refused.help
        == "the recipe has `crop` and `flip` here, and another list is written as `--set train.augment=[crop,flip]`"
    )
    _, (refused,) = build(places, **base(places), augment=[word("flip", places)] * 33)
    assert refused.code == "RDL312"
    _, found = build(places, **base(places), augment=[word("flap", places), 3])
    assert [each.code for each in found] == ["RDL314", "RDL311"]


def test_data_may_nest_words() -> None:
    places = Places()
    data = call("synthetic", task=word("shapes", places), size=[1, 16, 16], places=places)
    made, _ = build(places, **base(places), data=data)
    assert made is not None
    assert made.data == Synthetic("shapes", 2_000, (1, 16, 16), 0, 0.2, 4, 0)
    overrides = {"train.data": "synthetic", "train.data.task": "gratings", "train.lr": 0.3}
    made, _ = build(places, overrides, **base(places))
    assert made is not None
    assert isinstance(made.data, Synthetic)
    assert made.data.task == "gratings"
    assert made.optimizer.learning_rate == 0.3


def test_overrides_go_through_the_same_schema() -> None:
    places = Places()
    settings = base(places) | {"optimizer": call("sgd", 0.1, places=places)}
    overrides = {
        "train.epochs": 6,
        "train.optimizer.lr": 0.2,
        "train.schedule": "step",
        "train.schedule.milestones": [2, 4],
        "train.data": "digits",
    }
    made, _ = build(places, overrides, **settings)
    assert made is not None
    assert made.epochs == 6
    assert made.optimizer == Sgd(0.2, 0.0, 0.0, nesterov=False)
    assert made.schedule == Step((2, 4), 0.1)
    assert made.data == "digits"


def test_the_hash_tells_recipes_apart() -> None:
    places = Places()
    one, _ = build(places, **base(places))
    same, _ = build(places, **base(places))
    other, _ = build(places, {"train.seed": 1}, **base(places))
    assert one is not None
    assert same is not None
    assert other is not None
    assert one.sha256 == same.sha256 != other.sha256
    assert one.as_dict()["optimizer"] == {
        "kind": "sgd",
        "learning_rate": 0.1,
        "momentum": 0.0,
        "weight_decay": 0.0,
        "nesterov": False,
    }


def _all_fields() -> list[Field]:
    inner = [row for entry in SETTINGS for choice in entry.choices for row in choice.fields]
    inner = [row for row in inner if not row.choices]
    return [*SETTINGS, *inner]


@pytest.mark.parametrize("row", _all_fields(), ids=lambda row: row.name)
def test_the_table_keeps_its_own_rules(row: Field) -> None:
    assert row.example.startswith(f"{row.name} = ")
    if row.bounds and row.default is not REQUIRED:
        values = row.default if isinstance(row.default, tuple) else (row.default,)
        assert all(row.bounds.admits(len(v) if isinstance(v, str) else v) for v in values)
