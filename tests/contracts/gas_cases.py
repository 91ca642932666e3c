"""Gas of the market in steady state, whole transactions at Prague rules, as named figures.

Steady state: the rings were written before, accounts and agents have acted before. The ceilings'
test and the benchmark use the same functions.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.contracts.conftest import NOBODY, Contract, Street

AGENT = "0x" + "77" * 20
BUY, SELL = 0, 1
RING = 768
WIDE = (1_000, 7, 256, 0)
"""A ladder with all ticks: base, step, count, gate closure."""
CEILINGS = {
    "single order by its owner": 60_000,
    "single order by an agent": 60_000,
    "single sale by an agent": 60_000,
    "order in a day's batch of 96 by its owner": 10_000,
    "order in a day's batch of 96 by an agent": 10_000,
    "clear 10 homes": 250_000,
    "clear 100 homes": 250_000,
    "clear 1000 homes": 250_000,
    "clear 5000 homes": 250_000,
    "clear worst case": 250_000,
}
"""What the project promises; figures that are not here are reported only."""


def steady_street() -> Street:
    """Return a street whose rings all hold what an earlier ring left there."""
    street = Street()
    limits = (10**12, 10**9, 0, 10**9, street.chain.time + 10**8)
    street.registry("authorise_agent", AGENT, *limits, [street.market.address], by=street.homes[1])
    first = street.first + 4
    for interval in range(first, first + 192):
        for key in range(64):
            field = interval % RING * 64 + key
            street.market.write("ladder", 1, value=stale(interval), field=field)
    for home in street.homes[:2]:
        for hour in range(first // 4, first // 4 + 50):
            old = (hour // 192 - 1) % 4096 << 244 | 15 << 240 | 1
            street.market.write("orders", home, value=old, field=hour % 192)
    street.place(0, (first, BUY, 1, 1), (first, BUY, 1, 0))
    for quantity in (1, 0):
        by_agent(street, [street.order(first, BUY, 1, quantity)])
    street.market.write("pool", value=10**9 | 10**9 << 85 | 10**9 << 170)
    return street


def by_agent(street: Street, orders: list[int]) -> None:
    """Place as a house's agent does."""
    street.market("place_for", street.homes[1], orders, by=AGENT)


def stale(interval: int) -> int:
    """A ladder's word as it was left a ring ago."""
    return (interval // RING - 1) % 2**16 << 240 | 7


def day(street: Street, first: int, ticks: Callable[[int], int], steps: int = 1) -> list[int]:
    """Orders for 96 intervals."""
    return [
        street.curve(
            first + i,
            (BUY if i % 4 else SELL, ticks(i), 400 + i),
            *([(BUY if i % 4 else SELL, ticks(i) + 8, 300)] if steps > 1 else []),
        )
        for i in range(96)
    ]


def place_figures() -> dict[str, int]:
    """Return gas of placing, amending and taking back."""
    street = steady_street()
    market, chain, first = street.market, street.chain, street.first + 8
    restore = chain.snapshot()
    found: dict[str, int] = {}

    def spent(name: str, orders: list[int], by: str, per: int = 1) -> None:
        if by == AGENT:
            by_agent(street, orders)
        else:
            market("place", orders, by=by)
        found[name] = -(-chain.gas // per)

    for who, by in (("its owner", street.homes[0]), ("an agent", AGENT)):
        restore()
        spent(f"single order by {who}", [street.order(first, BUY, 20, 500)], by)
        spent(f"amended quantity by {who}", [street.order(first, BUY, 20, 600)], by)
        spent(f"moved to another price by {who}", [street.order(first, BUY, 30, 600)], by)
        spent(f"taken back by {who}", [street.order(first, BUY, 30, 0)], by)
        restore()
        spent(f"single sale by {who.replace('its', 'an')}", [street.order(first, SELL, 20, 5)], by)
        restore()
        batch = day(street, first, lambda i: 10 + i % 7)
        spent(f"order in a day's batch of 96 by {who}", batch, by, 96)
        four = [street.order(first + i, BUY, 10 + i % 7, 777) for i in range(5, 9)]
        spent(f"one of four amended by {who}", four, by, 4)
        restore()
        two = day(street, first, lambda i: 10 + i % 7, 2)
        spent(f"order of two steps in a day's batch by {who}", two, by, 96)
    return found


def household_day() -> dict[str, int]:
    """Return gas of an agent's day: 96 orders in one transaction, 24 amendments in six."""
    street = steady_street()
    chain, first = street.chain, street.first + 8
    by_agent(street, day(street, first, lambda i: 10 + i % 7))
    orders, amended = chain.gas, 0
    for number in range(6):
        at = first + 16 * number
        by_agent(street, [street.order(at + i, BUY, 12, 450 + i) for i in range(4)])
        amended += chain.gas
    return {"96 orders of a day": orders, "24 amendments in six transactions": amended}


def wide_market(street: Street) -> Contract:
    """Deploy a market with 256 ticks and one book, its pool used before."""
    places = (street.credit.address, street.registry.address)
    market = street.chain.deploy("Market", *places, *WIDE, 0, NOBODY)
    market("set_book", 1, 0, 0, by=street.community)
    market.write("pool", value=10**9 | 10**9 << 85 | 10**9 << 170)
    return market


def load_book(
    market: Contract, interval: int, demand: list[int], supply: list[int], book: int = 1
) -> None:
    """Write a book's 64 words as orders would have left them."""
    for side, cells in enumerate((demand, supply)):
        for group in range(32):
            word = sum(cell << 30 * i for i, cell in enumerate(cells[8 * group : 8 * group + 8]))
            word = word | interval // RING % 2**16 << 240 if word else stale(interval)
            field = interval % RING * 64 + side * 32 + group
            market.write("ladder", book, value=word, field=field)


def clear_figures(seed: int = 7) -> dict[str, int]:
    """Return gas of clearing books of 256 ticks that 10 to 5000 homes filled, and of the worst.

    The worst: all 64 words live and demand meets supply in the last of them, so that every word is
    read and summed before the ticks are walked.
    """
    street = Street(homes=1)
    market = wide_market(street)
    interval = street.first - 1
    chance = random.Random(seed)
    books = {"worst case": ([1] * 255 + [10**9], [3] * 256)}
    for homes in (10, 100, 1_000, 5_000):
        demand, supply = [0] * 256, [0] * 256
        for _ in range(homes):
            chance.choice((demand, supply))[chance.randrange(256)] += chance.randrange(1, 2_000)
        books[f"{homes} homes"] = (demand, supply)
    found = {}
    for name, (demand, supply) in books.items():
        load_book(market, interval, demand, supply)
        market.write("results", 1, interval, value=0)
        market("clear", 1, interval, by=street.dso)
        found[f"clear {name}"] = street.chain.gas
    return found


def release_figures() -> dict[str, int]:
    """Return gas an interval of releasing a day's orders; results are read cold."""
    street = steady_street()
    market, first = street.market, street.first + 8
    for home, side in ((0, BUY), (1, SELL)):
        orders = [street.order(first + i, side, 20, 500) for i in range(96)]
        market("place", orders, by=street.homes[home])
    street.after(first + 96)
    for interval in range(first, first + 96):
        market("clear", 1, interval, by=street.dso)
    found = {}
    for home, name in ((0, "bought"), (1, "sold")):
        market("release", street.homes[home], first, 96, by=street.dso)
        found[f"release of an interval {name} in a day's batch"] = -(-street.chain.gas // 96)
    return found


def all_figures() -> dict[str, int]:
    """Return every figure by its name."""
    found = place_figures() | household_day() | clear_figures() | release_figures()
    return dict(sorted(found.items()))


def table() -> str:
    """Return the figures beside their ceilings, one line each."""
    lines = [
        f"{name:<60} {gas:>9} {CEILINGS.get(name, ''):>9}" for name, gas in all_figures().items()
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
