"""Did-you-mean: the closest known name, or none."""

from __future__ import annotations

from collections.abc import Iterable

_MANY = 1_000


def closest(name: str, candidates: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The candidate a person most likely meant, or None when nothing is close.

    `cutoff` says how close it must be, from 0 to 1.
    """
    pool = sorted(set(candidates))
    by_lower = {candidate.lower(): candidate for candidate in pool}
    if name.lower() in by_lower and by_lower[name.lower()] != name:
        return by_lower[name.lower()]
    if len(name) < 2:
        return None
    if len(pool) > _MANY:  # comparing takes time for each; the likeliest begin alike
        pool = [candidate for candidate in pool if candidate[:1] == name[:1]][:_MANY]
    if len(name) <= 3:
        cutoff = max(cutoff, 0.75)  # every short word is close to some other
    from difflib import get_close_matches  # only a mistake pays for it

    matches = get_close_matches(name[:64], pool, n=1, cutoff=cutoff)
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


def all_known(name: str, candidates: Iterable[str]) -> str:
    """Every candidate in the order given, after the closest one; for what follows a semicolon."""
    pool = list(candidates)
    match = closest(name, pool)
    listed = ", ".join(f"`{candidate}`" for candidate in pool)
    return f"known here: {listed}" if match is None else f"did you mean `{match}`? Known here: {listed}"
