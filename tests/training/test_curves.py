"""The picture of a run: well-formed, to scale, the same every time."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.training.axes import epoch_axis, tick_text, value_axis
from resnet_dsl.training.curves import BOTTOM, HEIGHT, MAX_POINTS, PANELS, TOP, WIDTH, render_curves
from resnet_dsl.training.metrics import EpochRecord, TestRecord

SVG = "{http://www.w3.org/2000/svg}"


def records(count: int) -> list[EpochRecord]:
    return [
        EpochRecord(
            epoch=epoch,
            steps=10 * epoch,
            learning_rate=0.1,
            training_loss=2.0 / epoch,
            training_accuracy=1 - 0.8 / epoch,
            validation_loss=2.2 / epoch,
            validation_accuracy=1 - 0.9 / epoch,
            images_per_second=1000.0,
            seconds=float(epoch),
        )
        for epoch in range(1, count + 1)
    ]


@pytest.mark.parametrize(("count", "epochs"), [(1, 1), (1, 20), (20, 20), (61, 90), (5000, 100_000)])
def test_every_point_lies_in_its_panel(recipe: Recipe, count: int, epochs: int) -> None:
    root = ElementTree.fromstring(render_curves(records(count), replace(recipe, epochs=epochs)))
    lines = root.findall(f"{SVG}polyline")
    assert len(lines) == 4
    for line, (left, right) in zip(lines, (PANELS[0], PANELS[0], PANELS[1], PANELS[1]), strict=True):
        points = [tuple(map(float, pair.split(","))) for pair in line.attrib["points"].split()]
        assert min(count, 2) <= len(points) <= min(count, MAX_POINTS + 1)
        assert all(left <= x <= right and TOP <= y <= BOTTOM for x, y in points)
        across = [x for x, _ in points]
        assert across == sorted(across)
    for text in root.findall(f"{SVG}text"):
        assert 0 <= float(text.attrib["x"]) <= WIDTH
        assert 0 <= float(text.attrib["y"]) <= HEIGHT


def test_the_same_run_gives_the_same_picture(recipe: Recipe) -> None:
    test = TestRecord(best_epoch=20, test_loss=0.5, test_accuracy=0.99, test_correct=99, test_images=100)
    picture = render_curves(records(20), recipe, test)
    assert picture == render_curves(records(20), recipe, test)
    assert "held-out accuracy 99.00% (99 of 100)" in picture
    assert "held-out" not in render_curves(records(20), recipe)


def test_names_are_text_and_never_markup(recipe: Recipe) -> None:
    hostile = replace(recipe, model="</text><script>&" + "x" * 1000, name="<b>")
    picture = render_curves(records(2), hostile)
    ElementTree.fromstring(picture)
    assert "<script>" not in picture
    assert "<b>" not in picture
    assert len(picture) < 10_000


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6))
def test_a_value_axis_covers_its_values_with_few_ticks(low: float, length: float) -> None:
    axis = value_axis(low, low + length, 100, 0)
    slack = 1e-6 * max(1.0, abs(low), length)
    assert axis.low <= low + slack
    assert axis.high >= low + length - slack
    assert 2 <= len(axis.ticks) <= 8
    assert list(axis.ticks) == sorted(set(axis.ticks))


@given(st.integers(1, 100_000))
def test_an_epoch_axis_has_whole_ticks_from_one(epochs: int) -> None:
    axis = epoch_axis(epochs, 0, 100)
    assert axis.ticks[0] == 1
    assert all(tick == int(tick) for tick in axis.ticks)
    assert 2 <= len(axis.ticks) <= 9
    assert axis.ticks[-1] <= max(epochs, 2)


def test_ticks_say_as_much_as_they_must() -> None:
    assert [tick_text(value, 0.5) for value in (0, 0.5, 2.5)] == ["0.0", "0.5", "2.5"]
    assert [tick_text(value, 20) for value in (0, 20, 100)] == ["0", "20", "100"]
    assert tick_text(0.25, 0.05) == "0.25"


def test_the_loss_is_named(recipe: Recipe) -> None:
    assert "Loss (cross-entropy, label smoothing 0.1)" in render_curves(records(2), recipe)
    heat_maps = replace(recipe, loss="mse", label_smoothing=0.0)
    assert "Loss (mean squared error)" in render_curves(records(2), heat_maps)


def test_values_that_are_not_finite_are_gaps(recipe: Recipe) -> None:
    epochs = records(5)
    epochs[2] = replace(epochs[2], validation_loss=float("inf"))
    epochs[4] = replace(epochs[4], validation_loss=float("nan"))
    root = ElementTree.fromstring(render_curves(epochs, replace(recipe, epochs=5)))
    stretches = [len(line.attrib["points"].split()) for line in root.findall(f"{SVG}polyline")]
    assert stretches == [5, 2, 1, 5, 5]  # training, validation before and after the gap, accuracies
    nothing = [replace(each, training_loss=float("nan"), validation_loss=float("nan")) for each in epochs]
    assert len(ElementTree.fromstring(render_curves(nothing, recipe)).findall(f"{SVG}polyline")) == 2


def test_large_ticks_have_exponents(recipe: Recipe) -> None:
    huge = [replace(each, validation_loss=1.7e299) for each in records(3)]
    texts = ElementTree.fromstring(render_curves(huge, recipe)).findall(f"{SVG}text")
    assert max(len(text.text or "") for text in texts if text.attrib["text-anchor"] == "end") <= 8
    assert [tick_text(value, 2e5) for value in (0, 8e5, 1.2e6)] == ["0", "8e5", "1.2e6"]
