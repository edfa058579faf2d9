"""``resnet-dsl explain RDL401``: what a diagnostic means and how to mend it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from resnet_dsl.cli.terminal import put


class Form(StrEnum):
    """How the explanation is printed."""

    TEXT = "text"
    JSON = "json"


def register(app: typer.Typer) -> None:
    app.command("explain")(explain)


def explain(
    code: Annotated[
        str | None, typer.Argument(metavar="[CODE]", help="As in `error[RDL401]`; without it: all codes.")
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="The output's form.")] = Form.TEXT,
) -> None:
    """Explain a diagnostic's code, or list all codes."""
    from resnet_dsl.diagnostics.catalog import entries

    table = entries()
    if code is not None:
        table = {(found := _known(code, list(table))): table[found]}
    if form is Form.JSON:
        from json import dumps

        rows = [{"code": key, **entry._asdict()} for key, entry in table.items()]
        put(dumps(rows if code is None else rows[0], indent=2))
    elif code is None:
        for key, entry in table.items():
            put(f"{key}  {entry.title}")
    else:
        for key, entry in table.items():
            message, help_line = (text.format_map(_Blanks()) for text in (entry.message, entry.help))
            parts = [f"{key}: {entry.title}", f"{entry.severity}: {message}", entry.explanation]
            parts.append(f"help: {help_line}" if help_line else "")
            put("\n\n".join(_wrapped(part) for part in parts if part))


def _wrapped(text: str) -> str:
    """Lines of a readable length; line ends of the text's own stay."""
    from textwrap import fill

    return "\n".join(fill(line, 100) for line in text.split("\n"))


class _Blank(str):
    """A field's name in its place, however the message would have the number written."""

    __slots__ = ()

    def __format__(self, form: str) -> str:
        return str(self)


class _Blanks(dict[str, str]):
    """Fills a message's fields with their names: ``<left>``."""

    def __missing__(self, key: str) -> str:
        return _Blank(f"<{key}>")


def _known(code: str, codes: list[str]) -> str:
    """The code as the catalog writes it: case and the letters before the number may be left out."""
    wanted = code.strip().strip("[]").upper()
    wanted = f"RDL{wanted}" if wanted.isdigit() else wanted
    if wanted in codes:
        return wanted
    from resnet_dsl.diagnostics.suggest import did_you_mean

    hint = did_you_mean(wanted, codes)
    raise typer.BadParameter(f"there is no diagnostic {code!r}{hint and f'; {hint}'}", param_hint="CODE")
