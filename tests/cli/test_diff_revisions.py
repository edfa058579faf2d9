"""``resnet-dsl diff`` of a spec and its past: revisions, other files of them, and what is no file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.command import Run
from tests.cli.repository import ACT, git, spec_with_a_past


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`net.rdl` in the current folder; the activation that it imports was relu and is gelu."""
    path = spec_with_a_past(tmp_path)
    monkeypatch.chdir(path.parent)
    return Path(path.name)


@pytest.mark.parametrize("past", ["git#before", "git#HEAD~1", "git#before:net", "git#before:net.rdl"])
def test_a_spec_and_its_past(run: Run, spec: Path, past: str) -> None:
    result = run("diff", past, spec)
    assert (result.code, result.err) == (0, "")
    revision = past.removeprefix("git#").partition(":")[0]
    assert result.out.startswith(f"git#{revision}:net.rdl:net -> net.rdl:net\n")
    assert "operator relu -> gelu; was a.relu1" in result.out
    assert "nothing differs" in run("diff", spec, "git#HEAD").out


def test_two_revisions_and_a_renamed_file(run: Run, spec: Path) -> None:
    result = run("diff", "git#before:net.rdl:net", "git#HEAD")
    assert result.out.startswith("git#before:net.rdl:net -> git#HEAD:net.rdl:net\n")
    spec.rename("new.rdl")
    assert "operator relu -> gelu; was a.relu1" in run("diff", "git#before:net.rdl", "new.rdl").out
    assert "error[RDL983]" in run("diff", "git#before", "new.rdl").err


def test_pictures_and_pages_of_a_past(run: Run, spec: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert run("diff", "git#before", spec, "-o", page).code == 0
    assert "git#before:net.rdl:net" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("sides", "place", "told"),
    [
        (("git#before", "git#HEAD"), "BEFORE", "which spec of the revision? Write `git#before:FILE`"),
        (("before", "net.rdl"), "BEFORE", "there is no file `before`; the spec in a revision is `git#before`"),
        (("net.rdl", "HEAD~1"), "AFTER", "the spec in a revision is `git#HEAD~1`"),
        (("net.rdl:nett", "net.rdl"), "BEFORE", "net.rdl: the file has no model `nett`; did you mean `net`?"),
        (("net.rdl", "git#before:other"), "AFTER", "git#before:net.rdl: the file has no model `other`; known here: `net`"),
    ],
)  # fmt: skip
def test_what_is_not_there(run: Run, spec: Path, sides: tuple[str, str], place: str, told: str) -> None:
    result = run("diff", *sides)
    said = " ".join(result.err.split())
    assert (result.code, result.out) == (2, "")
    assert told in said
    assert f"Invalid value for {place}" in said
    assert "--model" not in said


def test_expectations_are_those_of_the_second(run: Run, spec: Path) -> None:
    fine = spec.read_text()
    spec.write_text(fine.replace("fc: linear(2)", "fc: linear(2)\n  expect params <= 10"))
    git(Path(), "commit", "-q", "-am", "three")
    result = run("diff", "git#before", spec)
    assert result.code == 1
    assert "operator relu -> gelu; was a.relu1" in result.out
    assert result.err.count("error[RDL601]") == 1
    spec.write_text(fine)
    assert (run("diff", "git#HEAD", spec).code, run("diff", "git#HEAD", spec).err) == (0, "")


def test_a_past_that_does_not_compile(run: Run, spec: Path) -> None:
    Path("act.rdl").write_text(ACT.replace("relu", "rely"))
    git(Path(), "commit", "-q", "-am", "three")
    Path("act.rdl").write_text(ACT)
    result = run("diff", "git#HEAD", spec)
    assert result.code == 1
    assert "error[RDL984]" in result.err
