"""The page of a comparison: complete, well formed, and nothing in it that acts."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

import resnet_dsl
from resnet_dsl.analysis.compare import Comparison, compare
from resnet_dsl.backends.graphviz import dot, render
from resnet_dsl.backends.graphviz.difference import difference_diagram
from resnet_dsl.backends.html.difference import difference_page
from resnet_dsl.ir.graph import Network
from tests.backends.graphviz.test_dot import renamed
from tests.backends.html.conftest import ROOT, Open

HOSTILE = "</script><script>alert(1)</script><!--\u2028\u202e&amp;'\"]]>\x1b\ud800"
VOID = {"meta", "br", "input"}


class Parsed(HTMLParser):
    """The elements of a page, and whether each is closed in its turn."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.rows: list[str] = []
        self.words: list[str] = []
        self.attributes: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append(dict(attrs).get("class") or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def network(text: str) -> Network:
    file, _, model = text.partition(":")
    return next(iter(resnet_dsl.load(ROOT / "specs" / file, model=model or None).models.values())).network


def page_of(before: Network, after: Network) -> tuple[Comparison, str]:
    found = compare(before, after)
    return found, difference_page(found, render(dot(difference_diagram(found)), "svg").decode())


@pytest.fixture(scope="module")
def resnets() -> tuple[Comparison, str]:
    return page_of(network("timm/resnet.rdl:resnet50"), network("timm/resnet.rdl:resnet50d"))


def test_the_page_has_every_operator_once(resnets: tuple[Comparison, str]) -> None:
    found, page = resnets
    parsed = Parsed(page)
    assert parsed.open == ["html"]
    assert page.startswith("<!doctype html>\n")
    kinds = {kind: parsed.rows.count(kind) for kind in ("added", "removed", "changed", "resized", "same")}
    before, after = (len(side.costs) for side in found.sides)
    assert kinds["removed"] + kinds["changed"] + kinds["resized"] + kinds["same"] == before
    assert kinds["added"] + kinds["changed"] + kinds["resized"] + kinds["same"] == after
    assert (kinds["added"], kinds["removed"], kinds["changed"]) == (11, 1, 8)


def test_the_page_tells_totals_picture_and_keys(resnets: tuple[Comparison, str]) -> None:
    words = Parsed(resnets[1]).words
    assert "25,557,032" in words
    assert "+19,232" in words
    assert "training memory" in words
    assert "3×3 max pool, /2" in words  # of the picture
    assert "conv1.0.weight" in words
    assert "33 only after" in words
    assert "8 under another name: layers on both sides" in words


def test_nothing_in_the_page_acts(resnets: tuple[Comparison, str]) -> None:
    parsed = Parsed(resnets[1])
    assert "script" not in parsed.tags
    assert not {
        name for name in parsed.attributes if name.startswith("on") or name in ("href", "src", "style")
    }
    assert "default-src 'none'" in resnets[1]


def test_the_same_networks_give_the_same_page(resnets: tuple[Comparison, str]) -> None:
    again = page_of(network("timm/resnet.rdl:resnet50"), network("timm/resnet.rdl:resnet50d"))
    assert again[1] == resnets[1]


def test_hostile_names_stay_text() -> None:
    sides = [renamed(network("resnet18.rdl"), HOSTILE), renamed(network("resnet34.rdl"), f"b{HOSTILE}")]
    page = page_of(sides[0], sides[1])[1]
    parsed = Parsed(page)
    assert "script" not in parsed.tags
    assert "\x1b" not in page
    assert "\u202e" not in page
    page.encode("utf-8")
    assert any("<script>alert(1)</script>" in word for word in parsed.words)


def test_without_a_picture_the_page_says_why() -> None:
    side = network("resnet18.rdl")
    page = difference_page(compare(side, side), None, "there is no <Graphviz>")
    assert "There is no picture: there is no &lt;Graphviz&gt;." in page
    assert "Nothing differs" in page
    assert Parsed(page).open == ["html"]


def test_the_filter_shows_what_was_asked_for(open_page: Open, resnets: tuple[Comparison, str]) -> None:
    page = open_page(resnets[1], scripts=False)
    rows = page.locator(".layers tbody tr:visible")
    assert rows.count() == 20
    page.check("#show-all")
    assert rows.count() == len(re.findall(r'<tr class="', resnets[1])) - len(
        re.findall(r'<tr class="quiet"', resnets[1])
    )
    page.check("#show-changed")
    assert rows.count() == 20


def test_a_narrow_page_scrolls_only_inside_tables(open_page: Open, resnets: tuple[Comparison, str]) -> None:
    page = open_page(resnets[1], width=420)
    assert page.evaluate("document.documentElement.scrollWidth") == 420
    assert page.locator("figure svg").bounding_box()["width"] <= 420  # type: ignore[index]  # it is there


@pytest.mark.parametrize("width", [360, 420, 700])
def test_totals_are_whole_at_every_width(
    open_page: Open, resnets: tuple[Comparison, str], width: int
) -> None:
    page = open_page(resnets[1], width=width)
    cells = page.locator(".totals tbody :is(th, td)")
    assert cells.evaluate_all("cells => cells.every(cell => getComputedStyle(cell).display != 'none')")
    boxes = [cell.bounding_box() for cell in cells.all()]
    assert all(box is None or box["x"] + box["width"] <= width - 14 for box in boxes)


def test_it_prints_in_light(open_page: Open, resnets: tuple[Comparison, str]) -> None:
    page = open_page(resnets[1])
    colour = "getComputedStyle(document.documentElement).getPropertyValue('--added')"
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(colour) == "#7db8ee"
    page.emulate_media(color_scheme="dark", media="print")
    assert page.evaluate(colour) == "#0b5fa5"


def test_hostile_names_do_nothing_in_a_browser(open_page: Open) -> None:
    sides = [renamed(network("resnet18.rdl"), HOSTILE), renamed(network("resnet34.rdl"), f"b{HOSTILE}")]
    page = open_page(page_of(sides[0], sides[1])[1])
    assert page.locator("script").count() == 0
    assert "<script>alert(1)" in page.locator("h1").inner_text()
