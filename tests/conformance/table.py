"""Prints the conformance table: `make conformance`. Ends with 1 where a check fails."""

from __future__ import annotations

import sys

from .entries import checks, entries, network

COLUMNS = ("params", "macs", "keys", "order", "logits", "layers")


def main() -> int:
    """One row an entry; `-` where the reference has no such figure."""
    rows: list[list[str]] = []
    failed = missing = 0
    for entry in entries():
        net = network(entry)
        if net is None:
            missing += 1
            rows.append([str(entry), "", *[""] * len(COLUMNS), "no spec yet"])
            continue
        results = {name: check() for name, check in checks(entry, net)}
        failed += not all(results.values())
        marks = [{True: "equal", False: "DIFFERS", None: "-"}[results.get(name)] for name in COLUMNS]
        rows.append([str(entry), net.name, *marks, "pass" if all(results.values()) else "FAIL"])
    header = ["entry", "model", *COLUMNS, "result"]
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    for row in [header, ["-" * width for width in widths], *rows]:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    passed = len(rows) - missing - failed
    print(f"\n{passed} pass, {failed} fail, {missing} without a spec, of {len(rows)} entries")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
