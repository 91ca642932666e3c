"""Weighs what orders may gain against the chain's fee: send now, wait for more, or stay out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

GAS_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class FeeQuote:
    """What gas costs now and what the market's transactions use."""

    micro_per_million_gas: int
    """Price of a million gas in micro-units of the community's currency; 0 on a free chain."""
    base_gas: int = 50_000
    """Of a transaction that places any orders."""
    order_gas: int = 10_000
    """Of each order in it."""

    def cost_micro(self, orders: int) -> int:
        """Return the fee of placing so many orders at once, rounded up."""
        if orders == 0:
            return 0
        gas = self.base_gas + orders * self.order_gas
        return -(-gas * self.micro_per_million_gas // GAS_MILLION)

    @property
    def each_micro(self) -> int:
        """Fee that one more order adds to a transaction, rounded up."""
        return -(-self.order_gas * self.micro_per_million_gas // GAS_MILLION)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An order that could be sent, as far as its fee matters."""

    interval: int
    gain_micro: float
    """What it may be expected to gain."""
    last_call_s: float
    """When it has to be sent at the latest."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """Which intervals' orders to send now, which to keep for a fuller transaction, which never."""

    send: tuple[int, ...]
    wait: tuple[int, ...]
    drop: tuple[int, ...]
    fee_micro: int
    sentence: str


def weigh(
    candidates: Sequence[Candidate], fee: FeeQuote, now_s: float, next_look_s: float
) -> Weighed:
    """Choose what to send. ``next_look_s``: until when an order can wait for company.

    An order that gains less than it adds to the fee is dropped. The rest go together when one of
    them cannot wait and all of them gain more than the whole fee, or when there is no fee. An order
    that cannot wait and does not pay with all the others at hand is dropped.
    """
    worth = [c for c in candidates if c.gain_micro > fee.each_micro or fee.each_micro == 0]
    drop = [c.interval for c in candidates if c not in worth]
    cost = fee.cost_micro(len(worth))
    gain = sum(c.gain_micro for c in worth)
    urgent = [c for c in worth if c.last_call_s <= max(now_s, next_look_s)]
    if worth and cost == 0:
        return Weighed(_intervals(worth), (), tuple(sorted(drop)), 0, "Sending costs nothing here.")
    if urgent and gain > cost:
        said = f"{_orders(len(worth))} for a fee of {_ct(cost)}, to gain about {_ct(gain)}."
        return Weighed(_intervals(worth), (), tuple(sorted(drop)), cost, said)
    waiting = [c for c in worth if c not in urgent]
    drop += [c.interval for c in urgent]
    if not drop:
        return Weighed((), _intervals(waiting), (), 0, "Orders wait to share one fee.")
    alone = fee.cost_micro(1)
    said = f"Stays out: the fee of {_ct(alone)} is more than the trade would gain."
    return Weighed((), _intervals(waiting), tuple(sorted(drop)), 0, said)


def _intervals(candidates: Sequence[Candidate]) -> tuple[int, ...]:
    return tuple(sorted(c.interval for c in candidates))


def _orders(count: int) -> str:
    return "One order" if count == 1 else f"{count} orders"


def _ct(micro: float) -> str:
    return f"{micro / 10_000:.2f} ct"
