"""A checkpoint beside a network as text, and as plain data for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from resnet_dsl.diagnostics.visible import visible
from resnet_dsl.weights.difference import shape_text
from resnet_dsl.weights.fit import Fit

_SHOWN = 6  # keys of one kind, in text


def fit_text(found: Fit) -> str:
    """A line where all fits, else what does not, a few keys of each kind."""
    comparison, checkpoint = found.comparison, found.checkpoint
    place = f", under `{checkpoint.wrapper}`" if checkpoint.wrapper else ""
    head = f"{checkpoint.path} ({checkpoint.format}{place})"
    if checkpoint.others:
        others = ", ".join(f"`{other}`" for other in checkpoint.others[:_SHOWN])
        head += f"; also there, for --key: {others}"
    total = len(comparison.entries)
    if comparison.fits:
        return visible(f"{head} fits {found.model}: {total:,} tensors")
    lines = [f"{head} beside {found.model}", f"{'fit':<11}{found.loaded:>6,} of {total:,}"]
    kinds = (
        ("missing", [f"{entry.key} {shape_text(entry.shape)}" for entry in comparison.missing]),
        ("unexpected", [f"{key} {shape_text(tensor.shape)}" for key, tensor in comparison.unexpected]),
        (
            "mis-shaped",
            [
                f"{pair.entry.key} {shape_text(pair.tensor.shape)}, not {shape_text(pair.entry.shape)}"
                for pair in comparison.misshaped
            ],
        ),
        ("mistyped", [f"{pair.entry.key} {pair.tensor.dtype}" for pair in comparison.mistyped]),
    )
    for kind, keys in kinds:
        for row, shown in enumerate(keys[:_SHOWN]):
            lead = f"{kind:<11}{len(keys):>6,}" if row == 0 else " " * 17
            lines.append(f"{lead}  {shown}")
        if len(keys) > _SHOWN:
            lines.append(f"{' ' * 17}  and {len(keys) - _SHOWN:,} more")
    return "\n".join(visible(line) for line in lines)


def fit_data(found: Fit) -> dict[str, Any]:
    """All of it: every key that does not fit, and the rules that were found."""
    comparison, checkpoint = found.comparison, found.checkpoint
    proposal = found.proposal

    def tensor(key: str, shape: Sequence[int], dtype: str) -> dict[str, Any]:
        return {"key": key, "shape": [int(size) for size in shape], "dtype": dtype}

    return {
        "file": str(checkpoint.path),
        "format": checkpoint.format,
        "wrapper": checkpoint.wrapper,
        "others": list(checkpoint.others),
        "model": found.model,
        "loads": found.loads,
        "fits": comparison.fits,
        "tensors": {
            "network": len(comparison.entries),
            "checkpoint": len(checkpoint.tensors),
            "loaded": found.loaded,
            "left": comparison.left,
        },
        "missing": [tensor(entry.key, entry.shape, entry.dtype) for entry in comparison.missing],
        "unexpected": [tensor(key, info.shape, info.dtype) for key, info in comparison.unexpected],
        **{
            name: [
                {
                    "key": pair.entry.key,
                    "network": tensor(pair.entry.key, pair.entry.shape, pair.entry.dtype),
                    "checkpoint": tensor(pair.tensor.key, pair.tensor.shape, pair.tensor.dtype),
                }
                for pair in pairs
            ]
            for name, pairs in (
                ("misshaped", comparison.misshaped),
                ("mistyped", comparison.mistyped),
                ("converted", comparison.converted),
            )
        },
        "filled": [entry.key for entry in comparison.filled],
        "nonfinite": [{"key": entry.key, "elements": entry.elements} for entry in found.nonfinite],
        "rename": {
            "given": [str(rule) for rule in found.rules],
            "proposed": [str(rule) for rule in proposal.rules] if proposal is not None else [],
            "fit_when_proposed": proposal.loading if proposal is not None else None,
        },
    }
