"""The page's data: what it says of a network, and that no text in it becomes markup."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

import resnet_dsl
from resnet_dsl.analysis.devices import device
from resnet_dsl.analysis.resources import resources, with_resources
from resnet_dsl.backends.html.escape import script_json, text
from resnet_dsl.backends.html.page import page
from resnet_dsl.backends.html.report import render_html
from resnet_dsl.backends.html.scene import MAX_TEXT, scene
from tests.backends.html.conftest import page_of

HOSTILE = "</script><script>alert(1)</script><!--\u2028\u202e&amp;'\"]]>\x1b\ud800"

SPEC = """
/// Two of a kind.
block unit(x, out: int) {
  y = x -> conv(out, 3) -> bn
  shortcut s = x -> downsample: conv(out, 1, bias = false)
  return add(y, s) -> relu
}
stage body(x, n: int) { return x -> repeat n as i { unit(8) } }
model tiny(size: int = 6) {
  input image [3, size, size]
  x = image -> conv(8, 3) -> bn -> relu -> layer1: body(3)
  aux side = x -> aux: seq { gap -> flatten -> linear(5) }
  return x -> gap -> flatten -> fc: linear(10)
}
"""


class Parsed(HTMLParser):
    """Tags in order, and the text of each script."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.scripts: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] == "script":
            self.scripts[-1] += data


@pytest.fixture(scope="module")
def tiny() -> dict[str, Any]:
    network = resnet_dsl.loads(SPEC, name="folder/tiny.rdl")["tiny"]
    return scene(network.network, network.report())


def told(data: dict[str, Any], name: str, index: int) -> str:
    found: str = data["texts"][data["nodes"][name][index]]
    return found


def test_a_run_of_like_blocks_is_one_box_around_them(tiny: dict[str, Any]) -> None:
    stage = next(box for box in tiny["boxes"] if box["kind"] == "stage")
    inside = [tiny["boxes"][-1 - member] for member in stage["members"]]
    assert [box["kind"] for box in inside] == ["run"]
    assert len(inside[0]["members"]) == 3


def test_lists_that_are_used_in_turn_are_no_boxes() -> None:
    """Each would lie before and behind the other."""
    spec = """model lists {
      input image [3, 8, 8]
      x = image -> convs.0: conv(4, 3) -> norms.0: bn -> convs.1: conv(4, 3) -> norms.1: bn
      return x -> head.0: conv(4, 1) -> head.1: relu
    }"""
    network = resnet_dsl.loads(spec)["lists"]
    data = scene(network.network, network.report())
    assert [data["texts"][box["name"]] for box in data["boxes"]] == ["", "head"]
    assert data["boxes"][0]["members"] == [0, 1, 2, 3, 4, -2]


def test_every_operator_is_in_one_box(tiny: dict[str, Any]) -> None:
    members = [member for box in tiny["boxes"] for member in box["members"]]
    assert sorted(member for member in members if member >= 0) == list(range(len(tiny["nodes"]["box"])))
    assert sorted(-1 - member for member in members if member < 0) == list(range(1, len(tiny["boxes"])))


def test_lines_are_shortcuts_where_diagrams_draw_them_so() -> None:
    """A projection from its first operator on; what only tells a crop its size is none."""
    network = resnet_dsl.loads(
        """block level(x) {
          y = x -> maxpool(2) -> up: deconv(4, 2, stride = 2)
          shortcut s = x -> project: conv(4, 1) -> cut: crop(y)
          return concat(s, y)
        }
        model m { input image [3, 8, 8]
          return image -> level }"""
    )["m"]
    data = scene(network.network, network.report())
    paths = [told(data, "path", index) for index in range(len(data["lines"]))]
    lines = {
        (paths[line[at]], path)
        for path, line in zip(paths, data["lines"], strict=True)
        for at in range(0, len(line), 2)
        if line[at + 1]
    }
    assert lines == {("image", "project"), ("project", "cut"), ("cut", "concat1")}


def test_costs_are_those_of_the_report(tiny: dict[str, Any]) -> None:
    report = resnet_dsl.loads(SPEC)["tiny"].report()
    inference = [kind == 1 for kind in tiny["nodes"]["layer"]]
    assert sum(tiny["nodes"]["params"]) == report.params
    assert (
        sum(macs for macs, runs in zip(tiny["nodes"]["macs"], inference, strict=True) if runs) == report.macs
    )
    assert sum(tiny["nodes"]["saved"]) == report.saved_bytes
    assert {row[2] for row in tiny["rows"]["block"]} <= set(range(1, 10))
    assert sum(row[2] for row in tiny["rows"]["stage"]) == len(report.layers)


def test_a_node_tells_its_line_of_the_spec(tiny: dict[str, Any]) -> None:
    first = next(i for i in range(20) if told(tiny, "path", i) == "conv1")
    file, line, words = tiny["places"][tiny["nodes"]["place"][first]]
    assert (tiny["texts"][file], line) == ("tiny.rdl", 11)
    assert tiny["texts"][words].startswith("x = image -> conv(8, 3)")
    assert told(tiny, "field", first) == "3x3"
    assert told(tiny, "in", first) == "3x6x6"


def test_a_comment_of_several_lines_is_running_text() -> None:
    spec = SPEC.replace("/// Two of a kind.", "/// Two of a kind,\n/// and no more.").replace(
        "model t", "/// A\n/// model.\nmodel t"
    )
    program = resnet_dsl.loads(spec)
    data = scene(program["tiny"].network, program["tiny"].report())
    assert data["doc"] == "A model."
    assert "Two of a kind, and no more." in data["texts"]


def test_times_are_there_where_a_device_is_named() -> None:
    network = resnet_dsl.loads(SPEC)["tiny"]
    report = network.report()
    found = resources(network.network, device=device("h100"), training=True)
    data = scene(network.network, with_resources(report, found))
    assert data["timed"]
    assert data["training"]
    assert found.roofline is not None
    layers = sum(layer.seconds for layer in found.roofline.layers)
    assert sum(data["nodes"]["seconds"]) == pytest.approx(layers, rel=1e-4)


def test_the_same_networks_give_the_same_bytes() -> None:
    assert page_of("resnet18.rdl", on="h200") == page_of("resnet18.rdl", on="h200")


@pytest.mark.parametrize("value", [HOSTILE, {"a": [HOSTILE]}, {HOSTILE: 1}])
def test_data_cannot_end_its_script(value: Any) -> None:
    written = script_json(value)
    assert not re.search(r"[<>&\u2028\u2029]", written)
    assert written.isascii()
    assert json.loads(written) == value


def test_text_shows_what_cannot_be_seen() -> None:
    assert text(HOSTILE).isprintable()
    assert not re.search(r"[<>\"']", text(HOSTILE))


def test_a_hostile_network_adds_no_element() -> None:
    """No label can hold such text today; the page must not rely on that."""
    compiled = resnet_dsl.loads(SPEC)["tiny"]
    plain = Parsed(render_html([(compiled.network, compiled.report())]))
    network, report = compiled.network, compiled.report()
    paths = {}
    for node in network.nodes():
        paths[node.path] = node.path = f"{HOSTILE}{node.id}"
        node.name = HOSTILE
    for scope in network.scopes:
        scope.path = scope.name = scope.definition = scope.doc = HOSTILE
        scope.arguments = {HOSTILE: HOSTILE}
    layers = [
        layer._replace(path=paths[layer.path], block=HOSTILE, stage=HOSTILE, detail=HOSTILE)
        for layer in report.layers
    ]
    network.name = network.doc = HOSTILE
    hostile = Parsed(render_html([(network, replace(report, model=HOSTILE, layers=tuple(layers)))]))
    assert hostile.tags == plain.tags
    assert len(hostile.scripts) == 2
    assert json.loads(hostile.scripts[0])["models"][0]["title"].startswith("</script><script>alert(1)")


def test_long_text_is_cut() -> None:
    spec = SPEC.replace("/// Two of a kind.", "/// " + "long " * 500)
    network = resnet_dsl.loads(spec)["tiny"]
    data = scene(network.network, network.report())
    assert max(len(entry) for entry in data["texts"]) <= MAX_TEXT + 1


def test_a_page_names_no_other_place() -> None:
    parsed = Parsed(page_of("resnet18.rdl"))
    assert not [name for name, _ in parsed.attributes if name in {"src", "href", "action", "style", "srcset"}]
    assert not [name for name, _ in parsed.attributes if name.startswith("on")]
    policy = next(value for name, value in parsed.attributes if value and value.startswith("default-src"))
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


def test_a_page_without_scripts_allows_none() -> None:
    assert "script-src" not in page("title", "<p>body</p>")


def test_large_networks_make_small_pages() -> None:
    assert len(page_of("cifar_resnet1202.rdl")) < 1_000_000
