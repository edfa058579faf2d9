"""Why figures differ: each with the sentence that says what it is, and where it was printed."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import Any, NamedTuple

from resnet_dsl.analysis.explain import Remark
from resnet_dsl.backends.report.escape import markdown_text, printable
from resnet_dsl.ir.data import json_text

_WIDTH = 100


class Explained(NamedTuple):
    """A model's title and what there is to say of its figures."""

    model: str
    remarks: tuple[Remark, ...]
    figure: str = ""  # what was asked for, where only that is told

    @property
    def head(self) -> str:
        return (
            f"which figure is {self.figure}" if self.figure else "its figures, and others that may be meant"
        )


def render_explained(models: Sequence[Explained], format: str, width: int | None = None) -> str:
    """Text that ends with a newline; `format` is table, json or md."""
    if format == "json":
        objects = [json_text(_data(entry)) for entry in models]
        return objects[0] + "\n" if len(objects) == 1 else "[\n" + ",\n".join(objects) + "\n]\n"
    write = _markdown if format == "md" else _text
    return "\n".join(write(entry, width) for entry in models)


def _data(entry: Explained) -> dict[str, Any]:
    remarks = [
        {
            "topic": remark.topic,
            "figure": remark.figure,
            "text": remark.text,
            "published": [known._asdict() for known in remark.published],
        }
        for remark in entry.remarks
    ]
    return {"model": entry.model, "remarks": remarks}


def _text(entry: Explained, width: int | None) -> str:
    room = max(40, min(width or _WIDTH, _WIDTH))
    size = max(len(_figure(remark)) for remark in entry.remarks)
    topics = max(len(remark.topic) for remark in entry.remarks)
    indent = " " * (topics + size + 4)
    lines = [f"{printable(entry.model)}: {entry.head}", ""]
    before = ""
    for remark in entry.remarks:
        topic = remark.topic if remark.topic != before else ""
        before = remark.topic
        start = f"{topic:<{topics}}  {_figure(remark):>{size}}  "
        sentence = "; ".join([remark.text, *_places(remark)])
        lines.append(
            fill(sentence, max(room, len(indent) + 24), initial_indent=start, subsequent_indent=indent)
        )
    return "\n".join(lines) + "\n"


def _markdown(entry: Explained, width: int | None) -> str:
    lines = [f"# {markdown_text(entry.model)}: {markdown_text(entry.head)}", ""]
    lines += ["| topic | figure | what it is | printed |", "|---|---:|---|---|"]
    lines += [
        f"| {remark.topic} | {_figure(remark)} | {remark.text} | {'; '.join(_places(remark))} |"
        for remark in entry.remarks
    ]
    return "\n".join(lines) + "\n"


def _figure(remark: Remark) -> str:
    return f"{remark.figure:,}" if remark.figure is not None else ""


def _places(remark: Remark) -> list[str]:
    """Where the figure was printed; equal prints of one source once."""
    return list(dict.fromkeys(f"printed as {known.printed} in {known.source}" for known in remark.published))
