"""What the long run has done so far: one line a part, so that it may stop and go on at any time.

A line holds what the contracts were, the part's name, its seed and its calls. Lines of other
contracts than today's do not count.
"""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path

from tests.contracts.conftest import FOLDER

GOAL = 1_000_000
"""Contract calls that the long run owes."""

FIRST_SEED, LAST_SEED = 1, 12
"""Seeds of one whole run; with each, every part makes some thousand calls."""


def path() -> Path:
    """Return the ledger's file."""
    usual = Path(__file__).parents[3] / "build" / "long-calls.tsv"
    return Path(os.environ.get("PEERWATT_LONG_LEDGER", usual))


def seeds() -> range:
    """Return the seeds that are asked for by ``SEEDS=FIRST-LAST``."""
    text = os.environ.get("SEEDS") or f"{FIRST_SEED}-{LAST_SEED}"
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


@cache
def contracts() -> str:
    """Return what tells today's contracts from others: a hash of all their code."""
    code = hashlib.sha256()
    for file in sorted(FOLDER.glob("*.json")):
        code.update(file.read_bytes())
    return code.hexdigest()[:12]


def done() -> dict[tuple[str, int], int]:
    """Return calls by part and seed, of today's contracts."""
    found = {}
    if path().exists():
        for line in path().read_text(encoding="utf-8").splitlines():
            code, name, seed, calls = line.split("\t")
            if code == contracts():
                found[name, int(seed)] = int(calls)
    return found


def note(name: str, seed: int, calls: int) -> None:
    """Keep that a part went through."""
    path().parent.mkdir(parents=True, exist_ok=True)
    with path().open("a", encoding="utf-8") as file:
        file.write(f"{contracts()}\t{name}\t{seed}\t{calls}\n")


def fail(what: str, text: str) -> None:
    """Keep how a part failed, beside the ledger."""
    path().parent.mkdir(parents=True, exist_ok=True)
    with path().with_suffix(".failures.txt").open("a", encoding="utf-8") as file:
        file.write(f"{what} ({contracts()})\n{text}\n\n")


def summary() -> list[str]:
    """Return calls of each part and of all, as lines."""
    parts: dict[str, list[int]] = {}
    for (name, _), calls in sorted(done().items()):
        parts.setdefault(name, []).append(calls)
    total = sum(map(sum, parts.values()))
    lines = [f"{name:<52} {len(got):>4} seeds {sum(got):>9} calls" for name, got in parts.items()]
    short = "reached" if total >= GOAL else "not reached yet: run it again, or with more SEEDS"
    return [*lines, f"{total} contract calls in all; the goal of {GOAL} is {short}."]
