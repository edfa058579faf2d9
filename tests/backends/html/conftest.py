"""Pages that the tests share, and a browser to open them in."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import resnet_dsl
from resnet_dsl.analysis.devices import device
from resnet_dsl.analysis.grouping import Grouping
from resnet_dsl.analysis.resources import resources, with_resources
from resnet_dsl.backends.html.report import render_html

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parents[3]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()

Open = Callable[..., "Page"]


def page_of(*specs: str, by: Grouping = "block", on: str | None = None) -> str:
    """The page of every model of some specs of the project."""
    networks = [
        network for spec in specs for network in resnet_dsl.load(ROOT / "specs" / spec).models.values()
    ]
    models = []
    for network in networks:
        report = network.report()
        machine = device(on) if on else None
        found = resources(network.network, device=machine)
        models.append((network.network, with_resources(report, found)))
    return render_html(models, by)


def part(page: Page, path: str) -> str:
    """The selector of a drawn part by its path."""
    found = page.locator(f'#canvas [role=treeitem][aria-label^="{path}:"]')
    return f"#{found.first.get_attribute('id')}"


def shown(page: Page) -> int:
    return page.locator("#canvas [role=treeitem]").count()


def place(page: Page, path: str) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a part on the screen."""
    box = page.locator(part(page, path)).locator("rect").first.bounding_box()
    assert box is not None
    return box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """``open_page(html)``: the page in a browser that fetches nothing.

    Afterwards the page must have asked for nothing, and its console must hold no word.
    """
    asked: list[str] = []
    said: list[str] = []
    contexts = []

    def open_it(
        html: str, hash: str = "", *, width: int = 1400, height: int = 900, scripts: bool = True
    ) -> Page:
        file = tmp_path / "page.html"
        file.write_text(html, encoding="utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": height}, java_script_enabled=scripts, offline=True
        )
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: said.append(f"dialog: {dialog.message}"))
        page.goto(file.as_uri() + (f"#{hash}" if hash else ""))
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert [url for url in asked if not url.startswith("file:") or "page.html" not in url] == []
    assert said == []
