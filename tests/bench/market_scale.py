"""What a home costs the chain as the street grows: 50, 200 and 1000 homes, each in a process.

A child process founds a community of real contracts on the project's own chain, lets the homes
join, trade, be metered and be settled as fast as it can, checks that no credit is lost and every
home is settled, and tells what it took. The chain is young: rings that a street writes anew every
eight days are written for the first time, which costs more than the steady state of the gas part.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .figures import Figure

START_S = 1_781_827_200
"""19 June 2026, 00:00 UTC."""

NOON_HOUR = 10
"""First hour of the short runs."""

SHORT_H, DAY_H = 4, 24
RUNS = ((50, SHORT_H), (1000, SHORT_H), (200, DAY_H))
GROWTH = 1.3
"""Most that a home-interval may cost more among 1000 homes than among 50."""


def figures() -> list[Figure]:
    """Return what each street took, and how the cost of a home-interval grows."""
    found: list[Figure] = []
    took = {homes: child(homes, hours) for homes, hours in RUNS}
    for homes, hours in RUNS:
        found += street_figures(took[homes], f"{homes} homes, {hours} h")
    small, large = took[50], took[1000]
    for name, key, unit in (("gas", "gas", "gas"), ("CPU time", "cpu_s", "ms")):
        less, more = (each(one, key) for one in (small, large))
        scale = 1 if key == "gas" else 1e3
        found.append(
            Figure(f"{name} of a home-interval, 1000 homes against 50", more / less, "x",
                   f"{less * scale:.2f} and {more * scale:.2f} {unit}", f"< {GROWTH}",
                   more / less < GROWTH)
        )  # fmt: skip
    return found


def each(one: dict[str, Any], key: str) -> float:
    """Return a figure of a run for each home and interval."""
    return float(one[key]) / (one["homes"] * one["intervals"])


def street_figures(one: dict[str, Any], name: str) -> list[Figure]:
    """Return the figures of one street."""
    number = one["homes"] * one["intervals"]
    phases = ", ".join(
        f"{phase} {got['gas'] / number:.0f}" for phase, got in one["phases"].items()
        if phase != "joining"
    )  # fmt: skip
    works = ", ".join(
        f"{phase} {got['cpu_s']:.0f} s" for phase, got in one["phases"].items()
        if phase != "joining"
    )  # fmt: skip
    joined = one["phases"]["joining"]["gas"] / 1e6
    founding = f"founding and joining {one['founding_s']:.0f} s"
    traded = f"{one['orders']} orders, {one['traded_wh'] / 1e3:.0f} kWh traded"
    lost, open_homes, failed = one["lost_micro"], one["unsettled"], one["failed"]
    return [
        Figure(f"{name}: wall time", one["wall_s"], "s",
               f"CPU {one['cpu_s']:.1f} s ({works}); {founding}",
               "reported", True),
        Figure(f"{name}: gas", one["gas"] / 1e6, "M gas",
               f"in {one['blocks']} blocks; joining {joined:.0f} M", "reported", True),
        Figure(f"{name}: gas of a home-interval", each(one, "gas"), "gas", phases, "reported",
               True),
        Figure(f"{name}: CPU time of a home-interval", 1e3 * each(one, "cpu_s"), "ms", traded,
               "reported", True),
        Figure(f"{name}: memory at most", one["memory_mb"], "MB",
               f"at the start {one['memory_before_mb']:.0f}", "reported", True),
        Figure(f"{name}: credits lost, homes not settled, calls failed",
               abs(lost) + open_homes + failed, "",
               f"{lost} micro-units, {open_homes} homes, {failed} calls", "0",
               not (lost or open_homes or failed)),
    ]  # fmt: skip


def child(homes: int, hours: int) -> dict[str, Any]:
    """Run one street in a process of its own; its progress goes to this one's error output."""
    command = [sys.executable, "-m", "tests.bench.market_scale", str(homes), str(hours)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


async def street(homes: int, hours: int) -> dict[str, Any]:
    """Run one street in this process and return what it took."""
    from .market_crowd import Crowd, Phase

    hour = START_S // 3600 + (NOON_HOUR if hours < DAY_H else 0)
    before_mb, begun = memory_mb(), time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="peerwatt-scale-") as folder:
        crowd = await Crowd.found(Path(folder), homes, hour * 3600)
        founding_s = time.perf_counter() - begun
        begun, cpu = time.perf_counter(), time.process_time()
        await crowd.live(hour, hours)
        wall_s, cpu_s = time.perf_counter() - begun, time.process_time() - cpu
        facts = audit(crowd, 4 * hour, 4 * hours)
        await crowd.node.close()
    phases: dict[str, Phase] = crowd.phases
    lived = [phase for name, phase in phases.items() if name != "joining"]
    return {
        "homes": homes,
        "intervals": 4 * hours,
        "wall_s": wall_s,
        "cpu_s": cpu_s,
        "founding_s": founding_s,
        "gas": sum(phase.gas for phase in lived),
        "blocks": sum(phase.blocks for phase in lived),
        "failed": sum(phase.failed for phase in phases.values())
        + sum(home.owner.refused for home in crowd.homes),
        "orders": sum(home.orders for home in crowd.homes),
        "memory_mb": memory_mb(),
        "memory_before_mb": before_mb,
        "phases": {name: asdict(phase) for name, phase in phases.items()},
        **facts,
    }


def audit(crowd: Any, first: int, count: int) -> dict[str, int]:
    """Read from the chain's state what became of all credits and of every home."""
    from peerwatt.simulation.street.community import OPENING_DEPOSIT_MICRO, RULES

    from .market_crowd import SUPPLIER_CREDIT_MICRO

    view, contracts, people = crowd.node.chain_head.view, crowd.contracts, crowd.operators

    def read(want: Any) -> Any:
        contract = bytes.fromhex(want.address[2:])
        return want.decode([view.storage(contract, slot.to_bytes(32)) for slot in want.slots])

    market, settlement = contracts.market, contracts.settlement
    owners = [home.owner.address for home in crowd.homes]
    holders = [*owners, people.supplier.address, people.dso.address, people.community.address]
    accounts = [read(market.account(holder)) for holder in holders]
    held = sum(one.available_micro + one.escrow_micro for one in accounts) + read(market.dust())
    put_in = len(owners) * OPENING_DEPOSIT_MICRO + SUPPLIER_CREDIT_MICRO
    owned = read(contracts.credit.balance(market.address))
    last = first + count - 1
    progress = [read(settlement.progress(owner)) for owner in owners]
    done = [p for p in progress if p is not None and p.settled_interval == p.final_interval == last]
    clearings = [
        read(market.clearing(book.book, interval))
        for book in RULES.books
        for interval in range(first, first + count)
    ]
    return {
        "lost_micro": abs(put_in - held) + abs(put_in - owned),
        "unsettled": len(owners) - len(done),
        "traded_wh": sum(one.volume_wh for one in clearings if one is not None),
    }


def memory_mb() -> float:
    """Return the most memory that this process ever held, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    print(json.dumps(asyncio.run(street(int(sys.argv[1]), int(sys.argv[2])))))
