"""A body as a whole page that needs nothing else.

The page carries its style, script and data, and a content security policy that allows these and
nothing more: no request, no other script, no form. So even a mistake in escaping would not run.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from importlib.resources import files
from typing import Any

from resnet_dsl.backends.html.escape import script_json, text

BASE_STYLE = "base.css"


def page(
    title: str,
    body: str,
    *,
    styles: Sequence[str] = (),
    scripts: Sequence[str] = (),
    data: Any = None,
) -> str:
    """An HTML document as text that ends with a newline. Same arguments, same bytes.

    `title` is any text; `body` is markup, its text passed through `escape.text`. `styles` and
    `scripts` are files of this folder: the styles follow `base.css`, the scripts run as one
    function after the body. `data`, plain values, is what ``page_data()`` gives them.
    """
    style = "\n".join(part(name) for name in (BASE_STYLE, *styles))
    lines = [
        "<!doctype html>",
        '<html lang="en">',
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
    ]
    script = ""
    if scripts:
        # Each file's functions see those of the others, and the page's globals stay as they are.
        script = '(() => {\n"use strict";\n' + "\n".join(part(name) for name in scripts) + "})();\n"
    lines += [
        f'<meta http-equiv="Content-Security-Policy" content="{_policy(style, script)}">',
        f"<title>{text(title)}</title>",
        f"<style>{style}</style>",
        body,
    ]
    if data is not None:
        lines.append(f'<script type="application/json" id="data">{script_json(data)}</script>')
    if script:
        lines.append(f"<script>{script}</script>")
    return "\n".join(lines) + "\n"


def part(name: str) -> str:
    """A style or script of this folder."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    allowed = [f"default-src 'none'; style-src {_hash(style)}"]
    if script:
        allowed.append(f"script-src {_hash(script)}")
    return "; ".join([*allowed, "base-uri 'none'; form-action 'none'"])


def _hash(content: str) -> str:
    """The content's hash as policies write it; the browser runs what has it, and nothing else."""
    return f"'sha256-{b64encode(sha256(content.encode('utf-8')).digest()).decode('ascii')}'"
