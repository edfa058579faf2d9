"""Damaged files: headers that contradict themselves or claim too much, and damage at any place."""

from __future__ import annotations

import io
import tracemalloc
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from resnet_dsl.weights.errors import CheckpointError
from resnet_dsl.weights.opening import open_checkpoint
from tests.weights.headers import ONE, TWO, code_of, packed

DAMAGED: dict[str, tuple[bytes, str]] = {
    "a header of 50 GB": (packed({"a": ONE}, length=50 * 10**9), "claims 50,000,000,000 bytes"),
    "the longest header": (packed({"a": ONE}, length=2**64 - 1), "claims 18,446,744,073,709,551,615 bytes"),
    "no room for a header": (b"\0\0\0\0\0\0\0\0{", "too few"),
    "no object": (packed(b"[]" + b" " * 20), "no JSON object"),
    "no JSON": (packed(b"{" + b"x" * 20), "no JSON"),
    "no text": (packed(b"{\xff\xfe" + b"x" * 20), "no JSON"),
    "nested": (packed(b'{"a":' * 100_000), "no JSON"),
    "one key twice": (packed(b'{"a":1,"a":2}' + b" " * 20), "the key `a` twice"),
    "one long key twice": (packed(b'{"%b":1,"%b":2}' % (b"k" * 9_999, b"k" * 9_999)), "kkk` twice"),
    "one field twice": (packed(b'{"a":{"dtype":"F32","dtype":"F32"}}'), "the key `dtype` twice"),
    "metadata that is none": (packed({"__metadata__": {"a": 1}, "a": ONE}), "no object of strings"),
    "an entry of no fields": (packed({"a": {}}), "no dtype, shape and data_offsets"),
    "an unknown dtype": (packed({"a": {**ONE, "dtype": "F31"}}), "unknown dtype 'F31'"),
    "a negative size": (packed({"a": {**ONE, "shape": [-2]}}), "no short list of sizes"),
    "a size that is a bool": (packed({"a": {**ONE, "shape": [True, 2]}}), "no short list of sizes"),
    "too many dimensions": (packed({"a": {**ONE, "shape": [1] * 17}}), "no short list of sizes"),
    "a vast shape": (packed({"a": {**ONE, "shape": [2**40, 2**40]}}), "bytes, not 8"),
    "offsets reversed": (packed({"a": {**ONE, "data_offsets": [8, 0]}}), "bytes, not -8"),
    "three offsets": (packed({"a": {**ONE, "data_offsets": [0, 4, 8]}}), "no start and end"),
    "outside": (packed({"a": {**ONE, "data_offsets": [8, 16]}}), "belong to no tensor"),
    "overlapping": (
        packed({"a": ONE, "b": {**TWO, "data_offsets": [4, 8]}}),
        "`b` and `a` overlap",
    ),
    "a hole": (packed({"a": ONE, "b": {**TWO, "data_offsets": [12, 16]}}, b"\0" * 16), "4 bytes before `b`"),
    "bytes left over": (packed({"a": ONE}, b"\0" * 9), "the last 1 bytes belong to no tensor"),
    "truncated": (packed({"a": ONE, "b": TWO}, b"\0" * 10), "2 bytes behind the end of the file"),
    "a long key": (packed({"k" * 1_001: ONE}), "over the limit of 1,000"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_safetensors_file(tmp_path: Path, case: str) -> None:
    content, reason = DAMAGED[case]
    (tmp_path / "w.safetensors").write_bytes(content)
    code, message = code_of(tmp_path / "w.safetensors")
    assert code == "RDL923"
    assert reason in message
    assert len(message) < 500


def test_limits_of_safetensors(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(packed(b"{" + b" " * (1 << 24)))
    assert code_of(path)[0] == "RDL924"
    entries = {
        f"{number:x}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for number in range(100_001)
    }
    path.write_bytes(packed(entries, b""))
    assert code_of(path) == ("RDL924", f"`{path}` has 100,001 tensors, over the limit of 100,000")


def test_claims_are_not_allocated(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    with path.open("wb") as file:  # a sparse file that is as long as its header claims
        file.write((40 * 10**9).to_bytes(8, "little") + b"{")
        file.truncate(41 * 10**9)
    tracemalloc.start()
    assert code_of(path)[0] == "RDL924"
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


def whole(form: str) -> bytes:
    if form == "safetensors":
        return packed({"a": ONE, "b": TWO}, b"\0" * 12)
    buffer = io.BytesIO()
    torch.save({"a": torch.ones(2)}, buffer, _use_new_zipfile_serialization=form == "zip")
    return buffer.getvalue()


WHOLE = {form: whole(form) for form in ("safetensors", "zip", "legacy")}


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(sorted(WHOLE)), st.data())
def test_damage_anywhere_gives_a_checkpoint_or_a_diagnostic(
    tmp_path_factory: pytest.TempPathFactory, form: str, data: st.DataObject
) -> None:
    content = bytearray(WHOLE[form])
    cut = data.draw(st.integers(0, len(content)))
    if data.draw(st.booleans()):
        del content[cut:]
    for place in data.draw(st.lists(st.integers(0, len(WHOLE[form]) - 1), max_size=4)):
        if place < len(content):
            content[place] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("damaged") / ("w.safetensors" if form == "safetensors" else "w.pth")
    path.write_bytes(content)
    codes = []
    try:
        found = open_checkpoint(path)
        for tensor in found.tensors:
            found.read(tensor)
    except CheckpointError as error:
        codes = [entry.code for entry in error.diagnostics]
    assert all(code.startswith("RDL92") for code in codes)
