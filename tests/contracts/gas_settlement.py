"""Gas of metering, settlement and deals as named figures, for the ceiling test and the bench.

Gas is exact: whole transactions (21 000, calldata and refunds included) under Prague rules, in the
steady state: each ring, account and record was written before, every member has an order and a
rest in every interval, so that almost all pay a penalty or get a reward.
"""

from __future__ import annotations

from collections.abc import Sequence

from tests.contracts import gas_cases
from tests.contracts.settling import BUY, SELL, STRANGER, Homes, write_ring

DAY = 96


def day_rows(home: int, count: int = DAY) -> list[tuple[int, int]]:
    """Metered energy of a day: even homes take, odd ones give."""
    return [
        (410 + 7 * home + i, 3) if home % 2 == 0 else (2, 380 + 5 * home + 2 * i)
        for i in range(count)
    ]


class Days:
    """A street that trades, meters and settles, the gas of each transaction noted."""

    def __init__(self, homes: int, no_fuss: bool = False) -> None:
        street = self.street = Homes(homes, due_s=2 * 86_400)
        self.registers = [(0, 0)] * homes
        for home in street.homes:
            if no_fuss:
                street.market("set_no_fuss", True, by=home)
        self.day = street.first + 100 & ~3
        self.run(self.day - 4, range(homes), 4)
        self.fill_rings()

    def fill_rings(self) -> None:
        """Let every word of the rings have been written a ring's length ago."""
        street = self.street
        hours = [hour for hour in range(192) if not self.is_live(hour)]
        for home in street.homes:
            key = int(home, 16)
            for hour in hours:
                write_ring(street.meter, "rows", (0, key), hour, 1)
                write_ring(street.settlement, "records", (key,), hour, 1)
                write_ring(street.market, "orders", (key, hour), 0, 15 << 240)
        for hour in hours:
            write_ring(street.settlement, "thin", (1,), hour, 1)
            for half in (0, 1):
                write_ring(street.settlement, "tallies", (1,), 2 * hour + half, 1)

    def is_live(self, hour: int) -> bool:
        return hour == (self.day // 4 - 1) % 192

    def trade(self, first: int, homes: Sequence[int], count: int) -> None:
        street = self.street
        street.chain.time = (first - 2) * 900
        for home in homes:
            side = BUY if home % 2 == 0 else SELL
            orders = [street.order(first + i, (side, 20, 450)) for i in range(count)]
            street.place(home, *orders)
        street.after(first + count - 1)
        for i in range(count):
            street.market("clear", 1, first + i, by=STRANGER)

    def metered(self, first: int, home: int, count: int) -> tuple[object, ...]:
        rows = day_rows(home, count)
        before = self.registers[home]
        self.registers[home] = (
            before[0] + sum(row[0] for row in rows), before[1] + sum(row[1] for row in rows)
        )  # fmt: skip
        return self.street.batch(home, first, rows, before)

    def run(self, first: int, homes: Sequence[int], count: int = DAY) -> tuple[int, int]:
        """Trade, settle and finalise. Returns the gas of settling and of finalising."""
        street = self.street
        self.trade(first, homes, count)
        street.settle(*(self.metered(first, home, count) for home in homes))
        settled = street.chain.gas
        street.due(first + count - 1)
        street.settlement("finalise", [street.homes[home] for home in homes], DAY, by=STRANGER)
        return settled, street.chain.gas


def day_batch(homes: int, no_fuss: bool = False) -> dict[str, int]:
    """Gas per member and interval when ``homes`` are settled together, a day in one batch."""
    days = Days(homes, no_fuss)
    settled, final = days.run(days.day, range(homes))
    share = homes * DAY
    return {
        f"settle, {homes} homes x 96": -(-settled // share),
        f"finalise, {homes} homes x 96": -(-final // share),
        f"settlement in all, {homes} homes x 96": -(-(settled + final) // share),
    }


BATCH_HOMES = 16
"""Homes settled together in a day's batch: as many as one transaction takes."""
ALL_PHASES_CEILING = 10_000
"""Gas of settlement per member and interval in a day's batch, signature check and both phases."""
HOUSEHOLD_DAY_CEILING = 2_500_000
"""Gas of a household's day: 96 orders, 24 amendments in six transactions, settlement."""


def settlement_in_all(batch: dict[str, int], homes: int = BATCH_HOMES) -> int:
    """Return the sum of both phases out of the figures of :func:`day_batch`."""
    return batch[f"settlement in all, {homes} homes x 96"]


def household_day(batch: dict[str, int], homes: int = BATCH_HOMES) -> int:
    """Return the gas of one household's day as one figure, settled in such a batch."""
    return sum(gas_cases.household_day().values()) + DAY * settlement_in_all(batch, homes)


def lone_day() -> dict[str, int]:
    """The same for one member that nobody else is settled with."""
    days = Days(2)
    street = days.street
    days.trade(days.day, range(2), DAY)
    street.settle(days.metered(days.day, 0, DAY))
    settled = street.chain.gas
    street.due(days.day + DAY - 1)
    street.settlement("finalise", [street.homes[0]], DAY, by=STRANGER)
    return {
        "settle, a lone home x 96": -(-settled // DAY),
        "finalise, a lone home x 96": -(-street.chain.gas // DAY),
        "settlement in all, a lone home x 96": -(-(settled + street.chain.gas) // DAY),
    }
