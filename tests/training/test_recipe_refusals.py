"""The closed schema of recipes: what is said about what is not taken."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resnet_dsl.cli.literal import parse_assignment
from resnet_dsl.diagnostics.model import DiagnosticBag
from resnet_dsl.semantics.recipe import Invocation, Setting, Word, build_recipe
from resnet_dsl.semantics.recipe_table import SETTINGS
from tests.training.settings import WHOLE, Places, base, build, call, word


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


@pytest.mark.parametrize(
    ("name", "value", "mended"),
    [
        ("train.aux_weights", 1, "train.aux_weights=[1.0]"),
        ("train.aux_weights", [], "train.aux_weights=[1.0]"),
        ("train.lr", "high", "train.lr=0.1"),
        ("train.optimizer.lr", True, "train.optimizer.lr=0.1"),
        ("train.epochs", 0, "train.epochs=20"),
        ("train.augment.rotation.degrees", 900, "train.augment.rotation.degrees=15"),
    ],
)
def test_a_wrong_value_of_the_command_line_is_mended_there(name: str, value: Any, mended: str) -> None:
    places = Places()
    settings = base(places) | {"augment": word("rotation", places)}
    _, (found,) = build(places, {name: value}, **settings)
    assert found.help is not None
    assert found.help.endswith(f"`--set {mended}`")
    again, right = parse_assignment(mended)
    assert build(places, {again: right}, **settings)[0] is not None
    assert again == name


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
