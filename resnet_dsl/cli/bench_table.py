"""What `bench` has found, as a table."""

from __future__ import annotations

from typing import Any

from resnet_dsl.diagnostics.visible import visible

_COLUMNS = (("images/s", 10), ("step", 10), ("spread", 8), ("x", 7), ("MFU", 7), ("bytes", 7), ("memory", 10))
_NAME = 16


def bench_table(facts: dict[str, Any]) -> str:
    """A line a way with the roofline beside it, what the columns mean, and the verdict."""
    from resnet_dsl.training.comparison import time_words

    size = "x".join(str(each) for each in facts["input"])
    environment = facts["environment"]
    title = f"{facts['model']}, training steps of {facts['batch']:,} images of {size}"
    machine = f"{environment['device']} ({environment['threads']} CPU threads)"
    lines = [
        f"{title}, on {machine}, torch {environment['packages']['torch']}",
        "",
        " " * _NAME + "".join(f"{name:>{width}}" for name, width in _COLUMNS) + "  roofline",
    ]
    for number, row in enumerate(facts["ways"]):
        name = f"{'+ ' if number else ''}{row['way']}".ljust(_NAME)
        if "failure" in row:
            lines.append(f"{name}not here: {visible(row['failure'])}")
            continue
        cells = (
            f"{row['images_per_second']:,.0f}",
            time_words(row["seconds"]),
            f"{row['spread']:.0%}",
            f"{row['times_first']:.2f}",
            f"{row['mfu']:.0%}",
            f"{row['byte_share']:.0%}",
            f"{row['peak_bytes'] / 2**30:.2f} GiB" if row["peak_bytes"] else "-",
        )
        figures = "".join(f"{cell:>{width}}" for cell, (_, width) in zip(cells, _COLUMNS, strict=True))
        line = row["roofline"]
        lines.append(f"{name}{figures}  {line['images_per_second']:,.0f}/s by {line['bound_by']}")
    last = facts["ways"][-1]["roofline"]
    product = f"{last['flops_per_second'] / 1e12:,.3g} TFLOP/s"
    copy = f"{last['bytes_per_second'] / 1e9:,.0f} GB/s"
    lines += [
        "",
        "x: times the first way. spread: slowest to quickest of the rounds, to their median.",
        f"MFU: arithmetic's share of the time, at the rate of a large product here (last way: {product}).",
        f"bytes: memory traffic's share, nothing fused, at the rate of a copy ({copy}); fusing goes beyond.",
    ]
    rate = facts["input_images_per_second"]
    if rate is not None:
        lines.append(f"Input alone: {rate:,.0f} images/s.")
    return "\n".join([*lines, facts["verdict"]])
