"""The keys that `docs/library.md` lists are those of the compiled blocks."""

from __future__ import annotations

import pytest

import resnet_dsl
from resnet_dsl.analysis.keys import state_dict_entries
from resnet_dsl.syntax import tree
from tests.docs.library_entries import library_files, parsed
from tests.docs.library_keys import keys


@pytest.mark.parametrize(
    ("file", "block", "arguments"),
    [
        ("residual", "basic", "16, 2"),
        ("residual", "bottleneck", "4, 2"),
        ("activation_orders", "basic_bn_after_add", "16, 2"),
        ("dense", "dense_bottleneck", "4"),
        ("fire", "fire", "4, 8"),
    ],
)
def test_names_are_those_of_the_compiled_block(file: str, block: str, arguments: str) -> None:
    path = next(path for path in library_files() if path.stem == file)
    declared = [entry for entry in parsed(path).declarations if isinstance(entry, tree.Block)]
    listed = [entry.split("`")[1] for entry in keys(next(e for e in declared if e.name.text == block))]
    text = f"from std.{file} import {block}\nmodel net {{\n  input x [8, 16, 16]\n  return x -> {block}({arguments})\n}}\n"
    network = resnet_dsl.loads(text)["net"].network
    made = dict.fromkeys(entry.key.partition(".")[0] for entry in state_dict_entries(network))
    optional = {"se"}  # an operator that is handed over, by default one without weights
    assert set(made) == set(listed) - optional
