"""The page in a browser: it draws, folds, colours, sorts, finds, and runs nothing of a spec's."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import resnet_dsl
from resnet_dsl.backends.html.report import render_html
from tests.backends.html.conftest import Open, page_of, part, shown

if TYPE_CHECKING:
    from playwright.sync_api import Browser

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def resnet50() -> str:
    return page_of("resnet50.rdl", on="h200")


def test_a_click_opens_a_box_and_another_one_folds_it(open_page: Open, resnet50: str) -> None:
    page = open_page(resnet50)
    before = shown(page)
    box = part(page, "layer1.0")
    page.click(box)
    assert page.get_attribute(box, "aria-expanded") == "true"
    assert shown(page) > before + 8
    key = page.get_attribute(box, "data-key")
    page.click(f"#canvas .header[data-key={key}] .hit")
    assert page.get_attribute(part(page, "layer1.0"), "aria-expanded") == "false"
    assert shown(page) == before


def test_levels_open_more_and_more(open_page: Open, resnet50: str) -> None:
    page = open_page(resnet50)
    counts = []
    for level in ("model", "stage", "block", "op"):
        page.click(f"[data-level={level}]")
        counts.append(shown(page))
    assert counts[0] == 1
    assert counts == sorted(set(counts))
    assert counts[-1] > len(resnet_dsl.load("specs/resnet50.rdl")["resnet50"].network)


def test_hovering_tells_line_shapes_and_costs(open_page: Open, resnet50: str) -> None:
    page = open_page(resnet50)
    page.hover(part(page, "conv1"))
    card = page.locator("#card").inner_text()
    assert "resnet50.rdl:26" in card
    assert "x = image -> conv(64, 7, 2)" in card
    assert "3×224×224 → 64×112×112" in card
    assert "118,013,952" in card
    assert "2.9 % of all" in card
    assert "7×7 px" in card
    assert "bound by" in card
    page.mouse.move(5, 400)
    page.wait_for_selector("#card", state="hidden")


def test_what_never_runs_is_told_apart(open_page: Open) -> None:
    spec = Path(__file__).parents[1] / "graphviz" / "specs" / "idle.rdl"
    page = open_page(page_of(str(spec)), "level=op")
    for path, look in (("last", "never"), ("extra.conv1", "never"), ("gap1", "training"), ("conv1", "op")):
        classes = page.get_attribute(part(page, path), "class") or ""
        assert look in classes.split()
        assert ("never" in classes.split()) is (look == "never")
    assert page.locator("#canvas .line.never").count() >= 5
    assert page.locator("#canvas .never.painted").count() == 0
    assert "never runs: no output needs it" in page.locator("#legend").inner_text()


def test_columns_sort_in_three_ways(open_page: Open, resnet50: str) -> None:
    page = open_page(resnet50)
    head = page.locator("th:has(button[data-column=macs])")

    def macs() -> list[int]:
        cells = page.locator("tbody tr[data-row] td:nth-child(4)").all_inner_texts()
        return [int(cell.replace(",", "").replace("–", "0")) for cell in cells]

    given = macs()
    assert head.get_attribute("aria-sort") == "none"
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert macs() == sorted(given, reverse=True)
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert macs() == sorted(given)
    head.locator("button").click()
    assert macs() == given


def test_the_time_that_was_asked_for_is_in_sight(open_page: Open, resnet50: str) -> None:
    page = open_page(resnet50)
    for rows in ("op", "block", "stage"):
        page.click(f"[data-by={rows}]")
        beyond = page.evaluate(
            """() => document.querySelector('th:has(button[data-column=seconds])').getBoundingClientRect().right
              - document.getElementById('scroll').getBoundingClientRect().right"""
        )
        assert beyond <= 0


def test_a_folded_box_is_entered_by_the_shortcut_inside(open_page: Open) -> None:
    """The lines of U-Net's crops are shortcuts, though what reads them is folded."""
    page = open_page(page_of("unet.rdl"), "level=block")
    assert page.locator("#canvas path.line.skip").count() == 4


def test_a_projection_is_a_shortcut_before_and_behind_its_box(open_page: Open) -> None:
    page = open_page(page_of("resnet18.rdl"), "level=block")
    before = page.locator("#canvas path.line.skip").count()
    page.click(part(page, "layer2.0"))
    assert page.locator("#canvas path.line.skip").count() == before + 2


def test_a_row_reveals_its_part_and_a_part_its_row(open_page: Open, resnet50: str) -> None:
    page = open_page(resnet50)
    page.click("[data-by=op]")
    page.click("tbody tr[data-row] >> text=layer1.1.conv2")
    assert "layer1.1.conv2" in page.inner_text("#card")
    assert "chosen" in (page.get_attribute(part(page, "layer1.1.conv2"), "class") or "")
    page.click(part(page, "layer1.1.conv3"))
    row = page.locator("tbody tr[aria-selected=true]")
    assert row.locator("th").inner_text() == "layer1.1.conv3"


def test_colours_follow_the_cost_that_is_chosen(open_page: Open, resnet50: str) -> None:
    page = open_page(resnet50)
    fill = "part => getComputedStyle(document.querySelector(part + ' .body')).fill"
    last, first = part(page, "layer4.0"), part(page, "layer1.0")
    seen = set()
    for metric in ("params", "macs", "activation", "seconds", "none"):
        page.select_option("#colour", metric)
        seen.add((page.evaluate(fill, first), page.evaluate(fill, last)))
    assert len(seen) == 5
    page.select_option("#colour", "params")
    assert "Params" in page.inner_text("#legend")
    assert page.inner_text("#legend").strip().endswith("M")


def test_the_address_keeps_what_was_chosen(open_page: Open, resnet50: str) -> None:
    page = open_page(resnet50)
    page.click(part(page, "layer1.0"))
    page.click(part(page, "layer1.0.conv2"))
    page.select_option("#colour", "activation")
    page.click("[data-by=stage]")
    page.click("button[data-column=params]")
    page.wait_for_url(re.compile(r"sort=params\.down"))
    page.reload()
    assert page.input_value("#colour") == "activation"
    assert page.get_attribute("[data-by=stage]", "aria-pressed") == "true"
    assert page.get_attribute("th:has(button[data-column=params])", "aria-sort") == "descending"
    assert "layer1.0.conv2" in page.inner_text("#card")


def test_the_keyboard_walks_opens_and_folds(open_page: Open, resnet50: str) -> None:
    page = open_page(resnet50)
    page.focus("#canvas")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    assert "conv1" in page.inner_text("#card")
    current = (
        "document.getElementById(canvas.getAttribute('aria-activedescendant')).getAttribute('aria-label')"
    )
    page.focus("#search")
    page.keyboard.type("layer2.0")
    page.keyboard.press("Enter")
    assert page.evaluate(current).startswith("layer2.0:")
    assert page.inner_text("#found").startswith("1 of ")
    page.focus("#canvas")
    before = shown(page)
    page.keyboard.press("ArrowRight")
    assert shown(page) > before
    page.keyboard.press("ArrowLeft")
    assert shown(page) == before
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(current).startswith("layer2:")
    page.keyboard.press("Escape")
    assert page.get_attribute("#canvas", "aria-activedescendant") is None


def test_what_is_chosen_takes_the_card_from_a_pointer_that_rests(open_page: Open, resnet50: str) -> None:
    page = open_page(resnet50)
    page.mouse.move(420, 450)
    page.keyboard.press("/")
    for path in ("layer3.2.conv2", "layer1.0.conv3", "layer3.2.conv2"):
        page.fill("#search", path)
        page.keyboard.press("Enter")
        page.wait_for_timeout(100)  # browsers tell a resting pointer what came below it, a while later
        assert page.inner_text("#card h3") == path
        assert "kept" in (page.get_attribute("#card", "class") or "")
    page.hover(part(page, "layer3.2.conv3"))
    assert page.inner_text("#card h3") == "layer3.2.conv3"
    page.mouse.move(5, 870)
    assert page.inner_text("#card h3") == "layer3.2.conv2"


def test_a_chosen_row_keeps_its_bar(open_page: Open, resnet50: str) -> None:
    page = open_page(resnet50)
    page.click("tbody tr[data-row] >> text=layer3.2")
    bar = page.locator("tbody tr[aria-selected=true] td[style*='--part']")
    assert "gradient" in bar.evaluate("cell => getComputedStyle(cell).backgroundImage")


@pytest.mark.parametrize("spec", ["mlp_residual.rdl", "resnet18.rdl"])
def test_legend_and_controls_stay_beside_a_diagram_that_fits(open_page: Open, spec: str) -> None:
    page = open_page(page_of(spec), "colour=none")
    page.click("#fit")
    drawing, legend = page.locator("#canvas > g").bounding_box(), page.locator("#legend").bounding_box()
    bar = page.locator(".bar").bounding_box()
    assert drawing is not None
    assert legend is not None
    assert bar is not None
    assert bar["y"] + bar["height"] <= drawing["y"]
    assert drawing["y"] + drawing["height"] <= legend["y"]


def test_zoom_pan_and_fit(open_page: Open, resnet50: str) -> None:
    page = open_page(resnet50)
    sheet = "document.querySelector('#canvas > g').getAttribute('transform')"
    first = page.evaluate(sheet)
    page.mouse.move(400, 450)
    page.mouse.wheel(0, -300)
    zoomed = page.evaluate(sheet)
    assert zoomed != first
    page.mouse.move(150, 600)
    page.mouse.down()
    page.mouse.move(250, 650, steps=4)
    page.mouse.up()
    assert page.evaluate(sheet) not in {first, zoomed}
    page.click("#fit")
    box = page.locator("#canvas > g").bounding_box()
    assert box is not None
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= 900


def test_a_hostile_label_is_text(open_page: Open) -> None:
    spec = "model m {\n  input image [3, 8, 8]\n  return image -> conv(4, 3) -> gap -> flatten\n}\n"
    compiled = resnet_dsl.loads(spec)["m"]
    network, report = compiled.network, compiled.report()
    for node in network.nodes():
        node.path = node.name = f"{HOSTILE}{node.id}"
    layers = [
        layer._replace(path=f"{HOSTILE}{index + 1}", detail=HOSTILE)
        for index, layer in enumerate(report.layers)
    ]
    network.name = network.doc = HOSTILE
    page = open_page(render_html([(network, replace(report, model=HOSTILE, layers=tuple(layers)))], "op"))
    assert page.inner_text("h1") == HOSTILE
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 2
    page.hover("#canvas .conv")
    assert page.inner_text("#card h3") == f"{HOSTILE}1"
    assert HOSTILE[:5] in page.inner_text("table.rows tbody")


def test_the_policy_stops_what_would_run_or_fetch(browser: Browser, tmp_path: Path, resnet50: str) -> None:
    """Were some text of a spec to become markup, nothing would come of it."""
    injected = (
        "<script>document.title = 'ran'</script><img src='https://localhost:9/a.png' onerror='title = 1'>"
    )
    file = tmp_path / "injected.html"
    file.write_text(resnet50.replace("<noscript>", f"{injected}<noscript>", 1), encoding="utf-8")
    page = browser.new_page()
    said: list[str] = []
    sent: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("requestfinished", lambda request: sent.append(request.url))
    page.goto(file.as_uri())
    assert page.title() == "resnet50"
    assert sum("Content Security Policy" in words for words in said) >= 2
    assert sent == [file.as_uri()]
    page.close()


def test_thousands_of_nodes_stay_few_elements(open_page: Open) -> None:
    page = open_page(page_of("cifar_resnet1202.rdl"))
    page.click("[data-level=op]")
    assert page.locator("#canvas *").count() < 3000
    page.click("[data-by=op]")
    assert page.get_attribute("table.rows", "aria-rowcount") == "4211"
    assert page.locator("tbody tr").count() < 120
    page.evaluate("document.getElementById('scroll').scrollTop = 1e6")
    page.wait_for_selector("tbody tr >> text=fc")
    page.focus("#search")
    page.keyboard.type("layer3.150.conv2")
    page.keyboard.press("Enter")
    assert page.locator(part(page, "layer3.150.conv2")).is_visible()


@pytest.mark.parametrize(
    "spec", ["unet.rdl", "hourglass2.rdl", "googlenet2014.rdl", "densenet_bc_100_12.rdl"]
)
def test_shapes_of_one_box_do_not_overlap(open_page: Open, spec: str) -> None:
    page = open_page(page_of(spec), "level=op")
    overlaps = page.evaluate(
        """() => {
          const parts = [...document.querySelectorAll('#canvas [role=treeitem]')];
          const boxes = parts.map(part => [part, part.querySelector('rect').getBoundingClientRect()]);
          const inside = (a, b) => a.left >= b.left - 1 && a.right <= b.right + 1 && a.top >= b.top - 1 && a.bottom <= b.bottom + 1;
          const found = [];
          for (const [p, a] of boxes) for (const [q, b] of boxes) {
            if (p === q || inside(a, b) || inside(b, a)) continue;
            const apart = a.right <= b.left + 1 || b.right <= a.left + 1 || a.bottom <= b.top + 1 || b.bottom <= a.top + 1;
            if (!apart) found.push([p.getAttribute('aria-label'), q.getAttribute('aria-label')]);
          }
          return found;
        }"""
    )
    assert overlaps == []


def test_a_narrow_page_has_all_of_it_below_each_other(open_page: Open, resnet50: str) -> None:
    page = open_page(resnet50, width=420)
    assert page.evaluate("document.documentElement.scrollWidth") <= 420
    tops = [page.locator(name).bounding_box() for name in ("h1", "#picture", "#scroll")]
    found = [box["y"] for box in tops if box is not None]
    assert found == sorted(found)
    page.click(part(page, "conv1"))
    box = page.locator("#card").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 420


def test_several_models_have_a_chooser(open_page: Open) -> None:
    page = open_page(page_of("resnet18.rdl", "resnet34.rdl"))
    assert page.locator("h1:visible").all_inner_texts() == ["resnet18"]
    page.select_option("#model", "1")
    assert page.locator("h1:visible").all_inner_texts() == ["resnet34"]
    page.click("[data-by=model]")
    page.click("tbody tr >> text=resnet18")
    assert page.input_value("#model") == "0"


@pytest.mark.parametrize("body", ["return x", "return x -> relu", "return add(x, x)"])
def test_networks_of_next_to_nothing(open_page: Open, body: str) -> None:
    network = resnet_dsl.loads(f"model m {{ input x [3, 8, 8]\n {body} }}")["m"]
    page = open_page(render_html([(network.network, network.report())], "op"))
    for name in ("model", "op"):
        page.click(f"[data-level={name}]")
        page.click(f"[data-by={name}]")
    assert "x3×8×8" in (page.text_content("#canvas") or "")
    assert shown(page) == 1 + body.count("(") + body.count("->") + 1


def test_without_scripts_the_totals_are_there(open_page: Open, resnet50: str) -> None:
    page = open_page(resnet50, scripts=False)
    words = page.inner_text("body")
    assert "25,557,032" in words
    assert "need JavaScript" in words
    assert not page.locator("#picture").is_visible()
