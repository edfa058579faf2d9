"""Files that cannot be read, and imports that would lead where they must not."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

import resnet_dsl
from resnet_dsl.diagnostics.model import Diagnostic, SpecError
from resnet_dsl.semantics.modules import MAX_BYTES, MAX_DEPTH, MAX_FILES
from resnet_dsl.semantics.reading import MAX_FILE_BYTES

NET = "model net {\n  input image [3, 8, 8]\n  return image -> unit\n}\n"
UNIT = "block unit(x) { return x -> relu }\n"


def mistakes(path: Path, **options: object) -> list[Diagnostic]:
    """What is wrong with a file; each has a place."""
    with pytest.raises(SpecError) as error:
        resnet_dsl.load(path, **options)  # type: ignore[arg-type]  # keywords of `load`
    for entry in error.value.diagnostics:
        assert entry.span is not None
        assert entry.message
        assert str(error.value)
    return list(error.value.diagnostics)


def only(path: Path, **options: object) -> Diagnostic:
    (found,) = mistakes(path, **options)
    return found


def write(path: Path, text: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


# --- the file itself -----------------------------------------------------------------------------


def test_a_missing_file(tmp_path: Path) -> None:
    found = only(tmp_path / "nowhere.rdl")
    assert (found.code, found.message.endswith("there is no such file")) == ("RDL107", True)


def test_a_folder(tmp_path: Path) -> None:
    assert only(tmp_path).message.endswith("it is a folder")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with a name")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.rdl")
    found = only(tmp_path / "pipe.rdl")
    assert (found.code, found.message.endswith("it is not a regular file")) == ("RDL107", True)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="a device without end")
def test_a_device_is_not_read() -> None:
    assert only(Path("/dev/zero")).message.endswith("it is not a regular file")


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="sockets with a name")
def test_a_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the name of a socket must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s.rdl")
        assert only(Path("s.rdl")).code == "RDL107"


def test_a_large_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large.rdl"
    with path.open("wb") as file:
        file.truncate(100_000_000)  # no byte of it is on the disk
    found = only(path)
    assert (found.code, "100,000,000 bytes" in found.message) == ("RDL807", True)


def test_a_large_text_is_refused() -> None:
    with pytest.raises(SpecError) as error:
        resnet_dsl.loads("#" * (MAX_FILE_BYTES + 1))
    assert [entry.code for entry in error.value.diagnostics] == ["RDL807"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="nothing is hidden from root")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = write(tmp_path / "net.rdl", NET)
    path.chmod(0)
    assert only(path).message.endswith("it may not be read")


@pytest.mark.parametrize("name", ["nul\0.rdl", "a" * 5000 + ".rdl", "new\nline.rdl", "\udcff.rdl"])
def test_names_that_are_no_paths(tmp_path: Path, name: str) -> None:
    assert only(tmp_path / name).code == "RDL107"


def test_links_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "a.rdl").symlink_to(tmp_path / "b.rdl")
    (tmp_path / "b.rdl").symlink_to(tmp_path / "a.rdl")
    assert only(tmp_path / "a.rdl").code == "RDL107"


def test_a_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    text = (UNIT + NET).replace("\n", "\r\n")
    program = resnet_dsl.load(write(tmp_path / "net.rdl", b"\xef\xbb\xbf" + text.encode()))
    assert [node.op.name for node in program["net"].network.nodes()] == ["input", "relu"]


def test_columns_count_without_the_byte_order_mark(tmp_path: Path) -> None:
    found = only(write(tmp_path / "net.rdl", b"\xef\xbb\xbfmodle net { }\n"))
    assert found.span is not None
    assert found.span.start_position == (1, 1)


# --- imports -------------------------------------------------------------------------------------


def test_an_import_beside_the_spec_and_below_it(tmp_path: Path) -> None:
    write(tmp_path / "blocks" / "unit.rdl", 'from "more/relu.rdl" import unit\n')
    write(tmp_path / "blocks" / "more" / "relu.rdl", UNIT)
    spec = write(tmp_path / "net.rdl", 'from "blocks/unit.rdl" import unit\n' + NET)
    assert resnet_dsl.load(spec)["net"].depth == 0


OUTSIDE = [
    "../secret.rdl",
    "./../spec/../secret.rdl",
    "../" * 40 + "etc/passwd.rdl",
    "link.rdl",
    "folder/secret.rdl",
    "up/secret.rdl",
]


@pytest.mark.parametrize("name", OUTSIDE)
def test_imports_stay_in_their_folders(tmp_path: Path, name: str) -> None:
    write(tmp_path / "secret.rdl", UNIT)
    spec = write(tmp_path / "spec" / "net.rdl", f'from "{name}" import unit\n' + NET)
    (tmp_path / "spec" / "link.rdl").symlink_to(tmp_path / "secret.rdl")
    (tmp_path / "spec" / "folder").symlink_to(tmp_path)
    (tmp_path / "spec" / "up").symlink_to("..")
    found = only(spec)
    assert found.code == "RDL211"
    assert "secret" not in str(found.help)


def test_a_folder_to_include_opens_itself_and_nothing_else(tmp_path: Path) -> None:
    write(tmp_path / "shared" / "unit.rdl", UNIT)
    write(tmp_path / "secret.rdl", UNIT)
    spec = write(tmp_path / "spec" / "net.rdl", 'from "unit.rdl" import unit\n' + NET)
    assert only(spec).code == "RDL210"
    assert resnet_dsl.load(spec, include=[tmp_path / "shared"])["net"].params == 0
    write(spec, 'from "../secret.rdl" import unit\n' + NET)
    assert only(spec, include=[tmp_path / "shared"]).code == "RDL211"


def test_what_is_beside_a_file_comes_before_what_is_included(tmp_path: Path) -> None:
    write(tmp_path / "shared" / "unit.rdl", UNIT.replace("relu", "sigmoid"))
    write(tmp_path / "spec" / "unit.rdl", UNIT)
    spec = write(tmp_path / "spec" / "net.rdl", 'from "unit.rdl" import unit\n' + NET)
    network = resnet_dsl.load(spec, include=[tmp_path / "shared"])["net"].network
    assert [node.op.name for node in network.nodes()] == ["input", "relu"]


def test_a_text_without_a_file_imports_what_is_included_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "unit.rdl", UNIT)
    monkeypatch.chdir(tmp_path)
    text = 'from "unit.rdl" import unit\n' + NET
    with pytest.raises(SpecError, match="RDL210"):
        resnet_dsl.loads(text)
    assert resnet_dsl.loads(text, include=[tmp_path])["net"].params == 0


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd",
        "/etc/passwd.rdl",
        "~/unit.rdl",
        "nul\\0.rdl",
        "file:///etc/passwd.rdl",
        "C:\\\\unit.rdl",
    ],
)
def test_names_that_no_import_can_have(tmp_path: Path, name: str) -> None:
    spec = write(tmp_path / "net.rdl", f'from "{name}" import unit\n' + NET)
    assert only(spec).code in {"RDL210", "RDL211"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with a name")
def test_an_imported_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "unit.rdl")
    spec = write(tmp_path / "net.rdl", 'from "unit.rdl" import unit\n' + NET)
    assert only(spec).code == "RDL107"


def test_an_imported_folder(tmp_path: Path) -> None:
    (tmp_path / "unit.rdl").mkdir()
    spec = write(tmp_path / "net.rdl", 'from "unit.rdl" import unit\n' + NET)
    found = only(spec)
    assert (found.code, found.message.endswith("it is a folder")) == ("RDL107", True)


def test_an_imported_circle_of_links(tmp_path: Path) -> None:
    (tmp_path / "unit.rdl").symlink_to(tmp_path / "unit.rdl")
    spec = write(tmp_path / "net.rdl", 'from "unit.rdl" import unit\n' + NET)
    assert only(spec).code in {"RDL107", "RDL210"}


def test_an_imported_file_of_bytes(tmp_path: Path) -> None:
    write(tmp_path / "unit.rdl", bytes(range(256)))
    spec = write(tmp_path / "net.rdl", 'from "unit.rdl" import unit\n' + NET)
    assert only(spec).code == "RDL106"


def test_a_long_row_of_imports(tmp_path: Path) -> None:
    for number in range(MAX_DEPTH + 5):
        write(tmp_path / f"f{number}.rdl", f'from "f{number + 1}.rdl" import unit\n')
    spec = write(tmp_path / "net.rdl", 'from "f0.rdl" import unit\n' + NET)
    assert only(spec).code == "RDL810"


def test_many_imports(tmp_path: Path) -> None:
    names = [f"f{number}" for number in range(MAX_FILES + 5)]
    for name in names:
        write(tmp_path / f"{name}.rdl", UNIT)
    lines = [f'import "{name}.rdl"' for name in names]
    spec = write(tmp_path / "net.rdl", "\n".join(lines) + "\n" + UNIT + NET)
    assert {entry.code for entry in mistakes(spec)} == {"RDL810"}


def test_imports_that_are_large_together(tmp_path: Path) -> None:
    count = MAX_BYTES // (MAX_FILE_BYTES - 10) + 2
    for number in range(count):
        write(tmp_path / f"f{number}.rdl", f"const a = 1 #{'x' * 99_000}\n")
    lines = [f'import "f{number}.rdl"' for number in range(count)]
    spec = write(tmp_path / "net.rdl", "\n".join(lines) + "\n" + UNIT + NET)
    assert resnet_dsl.load(spec)["net"].params == 0
    for number in range(count):
        write(tmp_path / f"f{number}.rdl", f"const a = 1\n{('#' + 'x' * 99_000 + chr(10)) * 20}")
    assert {entry.code for entry in mistakes(spec)} == {"RDL810"}
