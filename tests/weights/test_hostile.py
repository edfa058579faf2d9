"""Files from strangers: each gives its diagnostic, quickly, and nothing of them runs."""

from __future__ import annotations

import argparse
import gzip
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch

from resnet_dsl.compiled import CompiledNetwork
from resnet_dsl.weights.opening import open_checkpoint
from tests.weights.headers import ONE, code_of, packed


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
