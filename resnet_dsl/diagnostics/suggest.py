"""Did-you-mean: the closest known name, or none."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def closest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate a person most likely meant, or None when nothing is close."""
    pool = sorted(set(candidates))
    by_lower = {candidate.lower(): candidate for candidate in pool}
    if name.lower() in by_lower and by_lower[name.lower()] != name:
        return by_lower[name.lower()]
    matches = get_close_matches(name[:64], pool, n=1, cutoff=0.6)
    return matches[0] if matches else None


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """A sentence for a help line: the closest candidate, or the list when it is short."""
    pool = sorted(set(candidates))
    match = closest(name, pool)
    if match is not None:
        return f"did you mean `{match}`?"
    if 0 < len(pool) <= 12:
        return "known here: " + ", ".join(f"`{candidate}`" for candidate in pool)
    return ""
