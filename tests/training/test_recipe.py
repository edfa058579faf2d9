"""The closed schema of recipes: what is taken, and what is said about what is not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resnet_dsl.cli.literal import parse_assignment
from resnet_dsl.diagnostics.model import Diagnostic, DiagnosticBag
from resnet_dsl.ir.provenance import Traced, Variable
from resnet_dsl.semantics.recipe import Invocation, Recipe, Setting, Word, build_recipe
from resnet_dsl.semantics.recipe_schema import REQUIRED, Field
from resnet_dsl.semantics.recipe_sources import Synthetic
from resnet_dsl.semantics.recipe_table import SETTINGS
from resnet_dsl.semantics.recipe_values import AdamW, Constant, Cosine, OneCycle, Sgd, Shift, Step
from resnet_dsl.semantics.recipe_variations import Crop, Flip
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


def test_every_mistake_is_reported_in_one_run() -> None:
    places = Places()
    made, found = build(
        places,
        optimizer=call("sgd", lr=-0.1, momentum=1.0, nestrov=True, places=places),
        schedule=word("cosin", places),
        epoch=6,
        epochs=6.0,
        batch=0,
        data="digits",
        augment=call("shift", 1, 2, places=places),
        label_smoothing=word("much", places),
        seed=True,
    )
    assert made is None
    codes = Counter(each.code for each in found)
    assert codes == {"RDL310": 1, "RDL311": 4, "RDL312": 3, "RDL314": 1, "RDL315": 1, "RDL316": 1}
    assert all(each.span is not None for each in found)
    helps = {each.message: each.help for each in found}
    assert helps["`epoch` is no setting of a recipe"] == "did you mean `epochs`?"
    assert helps["`schedule` cannot be `cosin`"] == "did you mean `cosine`?"
    assert helps["`sgd` has no argument `nestrov`"] == "did you mean `nesterov`?"
    assert helps["`epochs` takes a whole number, not 6.0"] == "write `epochs = 20`"
    (quoted,) = (each for each in found if each.message.endswith('not the text "digits"'))
    assert quoted.message.startswith("`data` takes `digits`, `synthetic`, `cifar10`,")
    assert quoted.help == "write `data = digits`, without quotes"
    assert helps["`lr` of `sgd` must be above 0 and at most 1,000; it is -0.1"] == "for example `lr = 0.1`"


def test_all_that_is_missing_is_one_diagnostic() -> None:
    _, (missing,) = build(Places())
    assert missing.code == "RDL313"
    assert missing.span == WHOLE
    assert missing.help == ("add `optimizer = sgd(lr = 0.1, momentum = 0.9)`, `epochs = 20` and `batch = 64`")
    places = Places()
    _, (missing,) = build(places, **base(places) | {"optimizer": word("sgd", places)})
    assert missing.message == "`sgd` needs `lr` (learning rate; schedules scale it)"


@pytest.mark.parametrize(
    ("key", "name", "arguments", "code"),
    [
        ("optimizer", "sgd", {"lr": 0.1, "nesterov": True}, "RDL318"),
        ("schedule", "step", {"milestones": [60, 30]}, "RDL318"),
        ("schedule", "step", {"milestones": [3, 3]}, "RDL318"),
        ("schedule", "step", {"milestones": []}, "RDL312"),
        ("schedule", "step", {"milestones": list(range(1, 2000))}, "RDL312"),
        ("schedule", "step", {"milestones": [0, 5]}, "RDL312"),
        ("schedule", "step", {"milestones": [1, True]}, "RDL311"),
        ("schedule", "step", {"milestones": 5}, "RDL311"),
        ("schedule", "step", {}, "RDL313"),
        ("schedule", "constant", {"lr": 1}, "RDL315"),
        ("optimizer", "sgd", {"lr": float("nan")}, "RDL312"),
        ("optimizer", "sgd", {"lr": 10**400}, "RDL312"),
        ("optimizer", "sgd", {"lr": [0.1]}, "RDL311"),
        ("loss", "hinge", {}, "RDL314"),
        ("augment", "shift", {"pixels": 0}, "RDL312"),
        ("augment", "erase", {"area": [0.3, 0.1]}, "RDL318"),
        ("augment", "erase", {"area": [0.3]}, "RDL318"),
        ("augment", "erase", {"area": [0.3, "much"]}, "RDL311"),
        ("warmup", "linear", {}, "RDL318"),
        ("warmup", "linear", {"epochs": 1, "steps": 1}, "RDL318"),
        ("data", "cifar10", {}, "RDL313"),
        ("data", "cifar10", {"folder": 3}, "RDL311"),
        ("data", "cifar10", {"folder": ""}, "RDL312"),
        ("data", "synthetic", {"size": [3, 32]}, "RDL318"),
        ("data", "synthetic", {"task": Word("stripes", None)}, "RDL314"),
        ("data", "synthetic", {"task": Word("keypoints", None), "stride": 5}, "RDL318"),
    ],
)
def test_arguments_that_are_refused(key: str, name: str, arguments: dict[str, Any], code: str) -> None:
    places = Places()
    _, found = build(places, **base(places) | {key: call(name, places=places, **arguments)})
    assert [each.code for each in found] == [code]


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


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"warmup": Invocation("linear", (), {"epochs": 5}, None), "schedule": Word("onecycle", None)},
            "itself",
        ),
        ({"accumulate": 3}, "no 3 equal parts"),
        ({"accumulate": 65}, "no 65 equal parts"),
        ({"loss": Word("mse", None), "label_smoothing": 0.1}, "has none"),
    ],
)
def test_settings_that_make_no_sense_together(settings: dict[str, Any], said: str) -> None:
    places = Places()
    _, (found,) = build(places, **base(places), **settings)
    assert found.code == "RDL318"
    assert said in found.message


@pytest.mark.parametrize(
    ("overrides", "mended"),
    [
        ({"train.warmup": "linear"}, "train.warmup.epochs=5"),
        (
            {"train.warmup": "linear", "train.warmup.epochs": 2, "train.warmup.steps": 9},
            "train.warmup.steps=0",
        ),
        ({"train.schedule": "step"}, "train.schedule.milestones=[30,60,80]"),
        ({"train.optimizer.nesterov": True}, "train.optimizer.momentum=0.9"),
        ({"train.augment": ["crop", "random_resized_crop"]}, "train.augment.random_resized_crop.size=224"),
        (
            {"train.augment": ["flip", "erase"], "train.augment.erase.area": [0.5, 0.1]},
            "train.augment.erase.area=[0.1,0.5]",
        ),
        ({"train.data": "synthetic", "train.data.classes": 1}, "train.data.classes=0"),
        ({"train.accumulate": 3}, "train.batch=63"),
        ({"train.loss": "mse", "train.label_smoothing": 0.1}, "train.label_smoothing=0"),
    ],
)
def test_what_the_command_line_lacks_is_told_in_its_words(overrides: dict[str, Any], mended: str) -> None:
    """And it mends the mistake: the advice is taken literally."""
    places = Places()
    settings = base(places) | {"epochs": 100}
    _, (found,) = build(places, overrides, **settings)
    assert found.help == f"add `--set {mended}`"
    name, value = parse_assignment(mended)
    made, found_then = build(places, {**overrides, name: value}, **settings)
    assert made is not None
    assert found_then == []


def test_a_schedule_that_warms_up_by_itself() -> None:
    places = Places()
    overrides = {"train.schedule": "onecycle", "train.warmup": "linear", "train.warmup.epochs": 5}
    _, (found,) = build(places, overrides, **base(places))
    assert found.help == "leave it out, or set how long it goes up: `--set train.schedule.warmup=0.1`"


def test_an_argument_given_twice() -> None:
    places = Places()
    _, found = build(places, **base(places) | {"optimizer": call("sgd", 0.1, lr=0.2, places=places)})
    assert [each.code for each in found] == ["RDL317"]
    _, found = build(places, {"train.lr": 0.1, "train.optimizer.lr": 0.2}, **base(places))
    assert [each.code for each in found] == ["RDL317"]


def test_a_milestone_past_the_end_is_a_warning_only() -> None:
    places = Places()
    schedule = call("step", milestones=[10, 20, 30], places=places)
    made, (warning,) = build(places, **base(places), schedule=schedule)
    assert made is not None
    assert (warning.code, warning.is_error) == ("RDL319", False)
    assert warning.message.startswith("milestone 20 is never reached")


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


@pytest.mark.parametrize(
    ("overrides", "code", "message"),
    [
        ({"train.epoch": 6}, "RDL310", "`epoch` is no setting of a recipe"),
        ({"train.epochs": "six"}, "RDL311", '`train.epochs` takes a whole number, not the text "six"'),
        ({"train.epochs.x": 6}, "RDL315", "`epochs` has no argument `x`"),
        ({"train.optimizer.lrr": 6}, "RDL315", "`sgd` has no argument `lrr`"),
        ({"train.optimizer.lr": -1}, "RDL312", "`train.optimizer.lr` must be above 0"),
        ({"train.optimizer": "adamw"}, "RDL313", "`adamw` needs `lr`"),
        ({"train.data": "imagenet"}, "RDL314", "`train.data` cannot be `imagenet`"),
        ({"train.augment.pixels": 2}, "RDL313", "`train.augment.pixels` needs `augment`"),
        ({"train.": 2}, "RDL310", "`` is no setting of a recipe"),
    ],
)
def test_overrides_that_are_refused(overrides: dict[str, object], code: str, message: str) -> None:
    places = Places()
    _, (found,) = build(places, overrides, **base(places))
    assert found.code == code
    assert found.message.startswith(message)
    assert found.span is None


def test_a_hostile_value_makes_a_short_message() -> None:
    places = Places()
    _, found = build(places, **{**base(places), "x" * 10**6: 1, "data": "y" * 10**6, "seed": 10**5000})
    assert {each.code for each in found} == {"RDL310", "RDL311", "RDL312"}
    assert all(len(each.message) + len(each.help) < 1_000 for each in found)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)
names = st.sampled_from([row.name for row in SETTINGS]) | st.text(max_size=6)


@given(st.dictionaries(names, values, max_size=6), st.dictionaries(names, values, max_size=3))
def test_nothing_but_diagnostics_comes_of_any_settings(
    settings: dict[str, Any], overrides: dict[str, Any]
) -> None:
    bag = DiagnosticBag()
    placed = {key: Setting(value, None) for key, value in settings.items()}
    made = build_recipe("quick", "net", placed, None, bag, overrides)
    assert (made is None) == bag.has_errors


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
