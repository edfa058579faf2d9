"""``resnet-dsl breaking``: against files and revisions, RDL980 to RDL985, and hostile revisions."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from resnet_dsl.cli.revision import _inside
from tests.cli.command import Run
from tests.cli.repository import ACT, SPEC, git, spec_with_a_past


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    return spec_with_a_past(tmp_path)


def test_a_revision_brings_its_imports(run: Run, spec: Path) -> None:
    result = run("breaking", spec, "--against", "git#before")
    assert (result.code, result.err) == (0, "")
    assert result.out == "GRAPH   net  a.gelu1: operator relu -> gelu (line 4)\nGRAPH against git#before\n"
    assert run("breaking", spec, "--against", "git#HEAD").out == "NONE against git#HEAD\n"
    assert "GRAPH against" in run("breaking", spec, "--against", "git#HEAD~1").out


def test_in_a_hook_the_specs_folder_counts(
    run: Run, spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert run("breaking", spec, "--against", "git#HEAD").out == "NONE against git#HEAD\n"


@pytest.mark.parametrize(
    ("level", "code"), [("GRAPH", 1), ("graph", 1), ("SHAPES", 0), ("KEYS", 0), ("API", 0)]
)
def test_fail_on(run: Run, spec: Path, level: str, code: int) -> None:
    result = run("breaking", spec, "--against", "git#before", "--fail-on", level)
    assert result.code == code
    assert ("error[RDL980]" in result.err) == (code == 1)
    assert "GRAPH against git#before" in result.out


def test_json(run: Run, spec: Path) -> None:
    found = json.loads(run("breaking", spec, "--against", "git#before", "--format", "json").out)
    assert (found["version"], found["level"], found["against"]) == (1, "GRAPH", "git#before")
    assert found["breaks"] == [
        {
            "level": "GRAPH",
            "model": "net",
            "path": "a.gelu1",
            "line": 4,
            "message": "a.gelu1: operator relu -> gelu",
        }
    ]


def test_against_a_file(run: Run, spec: Path, tmp_path: Path) -> None:
    other = spec.with_name("other.rdl")
    other.write_text(SPEC.replace("a: unit", "b: unit"))
    result = run("breaking", spec, "--against", other, "--fail-on", "KEYS")
    assert result.code == 1
    assert "operators under other names: b.conv1 -> a.conv1, b.bn1 -> a.bn1" in result.out
    assert run("breaking", spec, "--against", tmp_path / "none.rdl").code == 1


@pytest.mark.parametrize("word", ["before", "HEAD~1"])
def test_a_bare_revision_is_told_how_it_is_written(run: Run, spec: Path, word: str) -> None:
    result = run("breaking", spec, "--against", word)
    assert (result.code, result.out) == (2, "")
    assert f"the spec in a revision is `git#{word}`" in " ".join(result.err.split())


def test_another_file_of_a_revision(run: Run, spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(spec.parent)
    new = spec.with_name("new.rdl")
    spec.rename(new)
    result = run("breaking", "new.rdl", "--against", "git#before:net.rdl")
    assert (result.code, result.out.splitlines()[-1]) == (0, "GRAPH against git#before:net.rdl")
    assert "error[RDL983]" in run("breaking", "new.rdl", "--against", "git#before:nets/net.rdl").err
    result = run("breaking", "new.rdl", "--against", "git#before:net")
    assert (result.code, "leave out `:net`" in result.err) == (2, True)


@pytest.mark.parametrize(
    "revision",
    [
        "nosuch",
        "",
        "--output=/tmp/owned",
        "-h",
        "HEAD; touch owned",
        "$(touch owned)",
        "HEAD\n--all",
        "HEAD\0",
        "a" * 5000,
        "before..HEAD",
    ],
)
def test_no_such_revision(run: Run, spec: Path, revision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(spec.parent)
    before = sorted(spec.parent.parent.rglob("*"))
    result = run("breaking", spec, "--against", f"git#{revision}")
    assert result.code == 1
    assert "error[RDL982]" in result.err
    assert sorted(spec.parent.parent.rglob("*")) == before


def test_outside_of_a_repository(
    run: Run, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert "error[RDL981]" in run("breaking", tiny, "--against", "git#HEAD").err


def test_a_spec_that_was_not_there(run: Run, spec: Path) -> None:
    new = spec.with_name("new.rdl")
    new.write_text(SPEC)
    result = run("breaking", new, "--against", "git#HEAD")
    assert result.code == 1
    assert "error[RDL983]" in result.err


def test_a_revision_that_does_not_compile(run: Run, spec: Path) -> None:
    fine = spec.read_text()
    spec.write_text(fine.replace("linear(2)", "liner(2)"))
    git(spec.parent, "commit", "-q", "-am", "three")
    spec.write_text(fine)
    result = run("breaking", spec, "--against", "git#HEAD")
    assert result.code == 1
    assert "error[RDL984]" in result.err
    assert "(line 4)" in result.err
    assert "resnet-dsl-" not in result.err, "no name of the folder it was read into"


def test_expectations_are_those_of_the_new_version(run: Run, spec: Path) -> None:
    """A budget that the old version broke does not matter; one that the new one breaks is told."""
    fine = spec.read_text()
    spec.write_text(fine.replace("fc: linear(2)", "fc: linear(2)\n  expect params <= 10"))
    git(spec.parent, "commit", "-q", "-am", "three")
    spec.write_text(fine)
    result = run("breaking", spec, "--against", "git#HEAD", "--fail-on", "GRAPH")
    assert (result.code, result.out, result.err) == (0, "NONE against git#HEAD\n", "")
    other = spec.with_name("other.rdl")
    git(spec.parent, "checkout", "-q", "HEAD", "--", ".")
    other.write_text(fine.replace("a: unit", "b: unit"))
    result = run("breaking", spec, "--against", other, "--fail-on", "KEYS")
    assert result.code == 1
    assert "operators under other names" in result.out
    assert "error[RDL601]" in result.err
    assert "error[RDL980]" in result.err
    assert "RDL601" not in run("breaking", other, "--against", spec).err


def test_an_import_that_leads_out_is_not_read(run: Run, spec: Path) -> None:
    (spec.parent.parent / "act.rdl").write_text(ACT)
    fine = spec.read_text()
    spec.write_text(fine.replace("parts/unit.rdl", "../act.rdl").replace("import unit", "import act as unit"))
    git(spec.parent.parent, "add", ".")
    git(spec.parent, "commit", "-q", "-m", "three")
    spec.write_text(fine)
    result = run("breaking", spec, "--against", "git#HEAD")
    assert result.code == 1
    assert "error[RDL984]" in result.err


def test_without_git(run: Run, spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(spec.parent))
    result = run("breaking", spec, "--against", "git#HEAD")
    assert result.code == 1
    assert "error[RDL985]" in result.err


@pytest.mark.parametrize(
    ("importer", "text", "path"),
    [
        ("net.rdl", "a.rdl", "a.rdl"),
        ("parts/unit.rdl", "../act.rdl", "act.rdl"),
        ("net.rdl", "./parts/../a.rdl", "a.rdl"),
        ("net.rdl", "../a.rdl", None),
        ("net.rdl", "parts/../../a.rdl", None),
        ("net.rdl", "/etc/a.rdl", None),
        ("net.rdl", "a.rdl\n", None),
        ("net.rdl", "c:a.rdl", None),
        ("net.rdl", "..\\a.rdl", None),
        ("net.rdl", ".git/a.rdl", None),
        ("net.rdl", "passwd", None),
    ],
)
def test_places_of_imports(importer: str, text: str, path: str | None) -> None:
    assert _inside(importer, text) == path


def test_github_notes_stand_at_the_lines(run: Run, tmp_path: Path) -> None:
    old, new = tmp_path / "old, 100%.rdl", tmp_path / "new, 100%.rdl"
    text = "model net {\n  input image [3, 8, 8]\n  return image -> conv(8, 3, {}) -> gap -> flatten -> fc: linear({})\n}\n"
    old.write_text(text.replace("{}", "1", 1).replace("{}", "2", 1))
    new.write_text(text.replace("{}", "2", 1).replace("{}", "3", 1))
    result = run("breaking", new, "--against", old, "--format", "github", "--fail-on", "SHAPES")
    assert result.code == 1
    shapes, *_, graph, verdict, ends = result.out.splitlines()
    file = new.as_posix().replace("%", "%25").replace(",", "%2C")
    assert shapes.startswith(f"::error file={file},line=3,")
    assert "title=SHAPES%3A net::" in shapes
    assert graph.startswith(f"::warning file={file},line=3,title=GRAPH%3A net::conv1: stride 1 -> 2")
    assert verdict.startswith("SHAPES against ")
    assert ends.startswith("::error title=RDL980::")
    assert run("breaking", new, "--against", new, "--format", "github").out == f"NONE against {new}\n"


FAMILY = """\
block unit(x) {
  return x -> conv(8, 3) -> relu -> conv(8, 3) -> relu
}
model net {
  input image [8, 8, 8]
  return image -> a: repeat 3 { unit } -> relu -> gap -> flatten -> fc: linear(2)
}
"""


def test_equal_changes_of_many_operators_are_told_together(run: Run, tmp_path: Path) -> None:
    old, new = tmp_path / "old.rdl", tmp_path / "new.rdl"
    old.write_text(FAMILY)
    new.write_text(FAMILY.replace("relu", "gelu").replace("conv(8, 3) -> gelu\n", "conv(8, 3, stride = 1)\n"))
    text = run("breaking", new, "--against", old).out.splitlines()
    assert text == [
        "GRAPH   net  4 operators: relu -> gelu: a.0.gelu1, a.1.gelu1, a.2.gelu1, gelu1 (lines 2, 6)",
        "GRAPH   net  3 operators: relu is gone: a.0.relu2, a.1.relu2, a.2.relu2",
        f"GRAPH against {old}",
    ]
    notes = run("breaking", new, "--against", old, "--format", "github").out.splitlines()
    assert [note.partition("::")[2].partition("::")[2] for note in notes[:-1]] == [
        "3 operators: relu -> gelu: a.0.gelu1, a.1.gelu1, a.2.gelu1",
        "3 operators: relu is gone: a.0.relu2, a.1.relu2, a.2.relu2",
        "gelu1: operator relu -> gelu",
    ]
    found = json.loads(run("breaking", new, "--against", old, "--format", "json").out)["breaks"]
    assert len(found) == 7
    assert {entry["path"] for entry in found} >= {"a.0.gelu1", "a.2.relu2", "gelu1"}
    failed = run("breaking", new, "--against", old, "--fail-on", "GRAPH")
    assert "first: net" not in failed.err
    assert "net: 4 operators: relu -> gelu" in failed.err


def test_of_many_lines_the_first_are_told(run: Run, tmp_path: Path) -> None:
    old, new = tmp_path / "old.rdl", tmp_path / "new.rdl"
    layers = "".join(f"  x = x -> c{index}: conv(4, 3) -> relu\n" for index in range(30))
    old.write_text(f"model net {{\n  input image [4, 8, 8]\n  x = image\n{layers}  return x\n}}\n")
    new.write_text(old.read_text().replace("relu", "gelu"))
    told = run("breaking", new, "--against", old).out.splitlines()[0]
    assert told.endswith("gelu1, gelu2, gelu3, gelu4 and 26 more (lines 4, 5, 6, 7 and 26 more)")


def test_github_has_the_mistakes_of_a_spec_too(run: Run, wrong: Path, tiny: Path) -> None:
    checked = run("check", wrong, "--format", "github")
    assert checked.out.startswith(f"::error file={wrong.as_posix()},line=3,")
    assert run("breaking", wrong, "--against", tiny, "--format", "github") == checked
    tiny.write_text(tiny.read_text().replace("\n}", "\n  expect params <= 2\n}"))
    result = run("breaking", tiny, "--against", tiny, "--format", "github")
    assert (result.code, result.err) == (1, "")
    verdict, annotation = result.out.splitlines()
    assert verdict.startswith("NONE against ")
    assert annotation.startswith(f"::error file={tiny.as_posix()},line=4,")
    assert "title=RDL601::expected `params <= 2`" in annotation
