"""Files from strangers: each gives its diagnostic, quickly, and nothing of them runs."""

from __future__ import annotations

import argparse
import gzip
import io
import json
import os
import pickle
import tracemalloc
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from resnet_dsl.compiled import CompiledNetwork
from resnet_dsl.weights.errors import CheckpointError
from resnet_dsl.weights.opening import open_checkpoint

ONE = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
TWO = {"dtype": "F32", "shape": [1], "data_offsets": [8, 12]}


def packed(header: Mapping[str, Any] | bytes, data: bytes = b"\0" * 8, length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + data


def code_of(path: Path, key: str | None = None) -> tuple[str, str]:
    with pytest.raises(CheckpointError) as refused:
        open_checkpoint(path, key)
    (said,) = refused.value.diagnostics
    return said.code, said.message


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


class Attack:
    """Runs a program when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.mark}",)


@pytest.mark.parametrize("archive", [True, False], ids=["zip", "legacy"])
def test_a_pickle_that_runs_code_is_refused(tmp_path: Path, archive: bool) -> None:
    mark = tmp_path / "ran"
    path = tmp_path / "w.pth"
    content = {"a": torch.ones(2), "b": Attack(mark)}
    torch.save(content, path, _use_new_zipfile_serialization=archive)
    code, message = code_of(path)
    assert code == "RDL925"
    assert ".system` called or imported" in message
    for protocol in range(2, 6):
        path.write_bytes(pickle.dumps(Attack(mark), protocol=protocol))
        assert code_of(path)[0] in {"RDL923", "RDL925"}
    assert not mark.exists()


def test_a_whole_module_is_refused_by_its_class(tmp_path: Path) -> None:
    torch.save(torch.nn.Linear(2, 2), tmp_path / "w.pth")
    code, message = code_of(tmp_path / "w.pth")
    assert code == "RDL925"
    assert "torch.nn.modules.linear.Linear" in message


def test_options_of_a_training_script_are_no_code(tmp_path: Path) -> None:
    torch.save({"args": argparse.Namespace(lr=1.0), "model": {"a": torch.ones(2)}}, tmp_path / "w.pth")
    found = open_checkpoint(tmp_path / "w.pth")
    assert (found.wrapper, [tensor.key for tensor in found.tensors]) == ("model", ["a"])


def test_names_promise_what_is_inside(tmp_path: Path) -> None:
    torch.save({"a": torch.ones(2)}, tmp_path / "w.safetensors")
    assert code_of(tmp_path / "w.safetensors")[0] == "RDL922"
    (tmp_path / "p.SAFETENSORS").write_bytes(pickle.dumps({}))
    assert code_of(tmp_path / "p.SAFETENSORS")[0] == "RDL922"
    (tmp_path / "s.pth").write_bytes(packed({"a": ONE}))  # harmless the other way round
    assert open_checkpoint(tmp_path / "s.pth").format == "safetensors"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"hello there, this is text", "as text"),
        (gzip.compress(b"x", mtime=0), "as gzip data"),
        (b"\x89HDF\r\n\x1a\n" + b"\0" * 20, "as HDF5"),
        (b"<!doctype html><html>", "failed download"),
        (b"version https://git-lfs.github.com/spec/v1\n", "`git lfs pull`"),
        (b"\x01\x02\x03\xff", "something unknown"),
    ],
)
def test_what_is_no_checkpoint_is_told_by_its_kind(tmp_path: Path, content: bytes, what: str) -> None:
    (tmp_path / "w.pth").write_bytes(content)
    code, message = code_of(tmp_path / "w.pth")
    assert code == "RDL921"
    assert what in message


def test_paths_that_lead_to_no_file(tmp_path: Path) -> None:
    assert code_of(tmp_path) == ("RDL920", f"`{tmp_path}` is no checkpoint to read: it is a folder")
    assert "no such file" in code_of(tmp_path / "none.pth")[1]
    assert code_of(Path("a\0b"))[0] == "RDL920"
    (tmp_path / "empty.pth").touch()
    assert "it is empty" in code_of(tmp_path / "empty.pth")[1]
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.pth")
        assert "no regular file" in code_of(tmp_path / "pipe.pth")[1]


def test_archives_that_grow_are_refused(tmp_path: Path) -> None:
    plain = tmp_path / "plain.pth"
    torch.save({"a": torch.zeros(1_000_000)}, plain)
    path = tmp_path / "w.pth"
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bomb:
        for member in source.namelist():
            bomb.writestr(member, source.read(member))
    assert path.stat().st_size < 20_000
    assert code_of(path) == (
        "RDL923",
        f"`{path}` is damaged: its archive is compressed, which torch never does",
    )


def test_views_of_a_terabyte_are_not_made(net: CompiledNetwork, tmp_path: Path) -> None:
    torch.save({"fc.bias": torch.ones(1).expand(10**12)}, tmp_path / "w.pth")
    found = net.weights(tmp_path / "w.pth", partial=True)
    assert not found.loads
    assert found.comparison.misshaped[0].tensor.shape == (10**12,)


def test_tensors_that_are_not_dense_fit_nowhere(net: CompiledNetwork, tmp_path: Path) -> None:
    torch.save({"fc.bias": torch.zeros(10).to_sparse()}, tmp_path / "w.pth")
    assert len(net.weights(tmp_path / "w.pth").comparison.mistyped) == 1


@pytest.mark.parametrize(
    "value", [{}, [], {"a": 1}, {1: torch.ones(1)}, torch.ones(1), {"a": [torch.ones(1)]}]
)
def test_what_holds_no_state_dict(net: CompiledNetwork, tmp_path: Path, value: Any) -> None:
    torch.save(value, tmp_path / "w.pth")
    if isinstance(value, dict) and 1 in value:
        assert not open_checkpoint(tmp_path / "w.pth").tensors  # a key that is a number is none
        return
    assert code_of(tmp_path / "w.pth")[0] == "RDL927"


def test_an_entry_of_a_flat_file(tmp_path: Path) -> None:
    (tmp_path / "w.safetensors").write_bytes(packed({"a": ONE}))
    assert code_of(tmp_path / "w.safetensors", "model")[0] == "RDL927"


def test_a_value_inside_itself_ends(tmp_path: Path) -> None:
    loop: dict[str, Any] = {"a": torch.ones(1)}
    loop["again"] = loop
    torch.save(loop, tmp_path / "w.pth")
    assert len(open_checkpoint(tmp_path / "w.pth").tensors) == 1


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
