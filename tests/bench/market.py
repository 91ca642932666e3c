"""The market: clearing off chain, gas, bills on measured data, and the street as it grows.

``make bench NAME=market`` runs all parts; ``--only clearing,gas`` some of them.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys

from .figures import Figure, report

PARTS = ("clearing", "gas", "economics", "scale")


def part(name: str) -> list[Figure]:
    """Run one part: the module ``market_<name>`` with its ``figures()``; none without it."""
    module = f"{__package__}.market_{name}"
    if importlib.util.find_spec(module) is None:
        print(f"{name}: left out, there is no {module}")
        return []
    found: list[Figure] = importlib.import_module(module).figures()
    return found


def main(arguments: list[str]) -> int:
    """Measure; 0 when all goals are met."""
    chosen = PARTS
    if "--only" in arguments:
        place = arguments.index("--only")
        chosen = tuple(arguments[place + 1].split(","))
        arguments = arguments[:place] + arguments[place + 2 :]
        if unknown := set(chosen) - set(PARTS):
            print(f"There is no part {', '.join(sorted(unknown))}; parts are {', '.join(PARTS)}.")
            return 2
    return report("market", [figure for name in chosen for figure in part(name)], arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
