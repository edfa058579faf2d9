"""What a spec claims of a network, and whether it holds."""

from __future__ import annotations

from typing import NamedTuple


class Claim(NamedTuple):
    """One `expect`: its condition as written, the file's name and line, and what is wrong with it.

    `wrong` has a sentence for each part that does not hold, and is empty where all do.
    """

    text: str
    file: str
    line: int
    wrong: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return not self.wrong
