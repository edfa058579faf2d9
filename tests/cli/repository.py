"""A spec in a repository of git, with two commits."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SPEC = """\
from "parts/unit.rdl" import unit
model net {
  input image [3, 8, 8]
  return image -> a: unit(4) -> gap -> flatten -> fc: linear(2)
}
"""
UNIT = 'from "../act.rdl" import act\nblock unit(x, width: int) { return x -> conv(width, 3) -> bn -> act }\n'
ACT = "block act(x) { return x -> relu }\n"


def git(folder: Path, *words: str) -> str:
    settings = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return subprocess.run(
        ["git", *settings, *words],  # noqa: S607 - whichever is there
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
        env=clean,
    ).stdout


def spec_with_a_past(folder: Path) -> Path:
    """A spec in a repository with two commits: `before` with relu in an imported file, then gelu."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    folder = folder / "repository" / "nets"
    (folder / "parts").mkdir(parents=True)
    (folder / "net.rdl").write_text(SPEC)
    (folder / "parts" / "unit.rdl").write_text(UNIT)
    (folder / "act.rdl").write_text(ACT)
    git(folder.parent, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "one")
    git(folder, "tag", "before")
    (folder / "act.rdl").write_text(ACT.replace("relu", "gelu"))
    git(folder, "commit", "-q", "-am", "two")
    return folder / "net.rdl"
