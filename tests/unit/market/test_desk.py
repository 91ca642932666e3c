"""No order twice, none lost: the desk is stopped dead at every step and started again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from peerwatt.config.clock import DrivenClock
from peerwatt.market.desk import OrderDesk, OrderReceipt, SignedOrders, in_flight
from peerwatt.model.market import MarketRules, Order, OrderIntent, OrderState, PriceLadder, Side
from peerwatt.model.verified import EndpointAway

RULES = MarketRules(PriceLadder(80_000, 5_000, 40), zone=0, gate_closure_s=180)
T = 1_944_456
START = float(T * 900 - 900)
ME = "0xA0"


class Killed(BaseException):
    """kill -9: nothing of the process goes on."""


@dataclass
class Tripwire:
    """Kills at the n-th touch of disk or network, just before or just after its effect."""

    at: int = 10**9
    after: bool = False
    count: int = 0

    def around(self, effect: Callable[[], None]) -> None:
        self.count += 1
        if self.count == self.at and not self.after:
            raise Killed
        effect()
        if self.count == self.at:
            raise Killed


@dataclass
class DiskOutbox:
    """Survives the desk; every put is durable."""

    wire: Tripwire
    rows: dict[tuple[str, int], OrderIntent] = field(default_factory=dict)

    def put(self, intent: OrderIntent) -> None:
        key = (intent.account, intent.order.interval)
        self.wire.around(lambda: self.rows.__setitem__(key, intent))

    def get(self, account: str, interval: int) -> OrderIntent | None:
        return self.rows.get((account, interval))

    def pending(self, account: str) -> Sequence[OrderIntent]:
        states = {OrderState.INTENDED, OrderState.SENT}
        return [i for _, i in sorted(self.rows.items()) if i.state in states]

    def recent(self, account: str, since_interval: int) -> Sequence[OrderIntent]:
        return [i for _, i in sorted(self.rows.items()) if i.order.interval >= since_interval]


@dataclass
class Chain:
    """Takes a transaction once, in order of nonces; holds one order per interval."""

    clock: DrivenClock
    taken: int = 0
    pool: dict[int, str] = field(default_factory=dict)
    payload: dict[str, tuple[Order, ...]] = field(default_factory=dict)
    receipts: dict[str, OrderReceipt] = field(default_factory=dict)
    slots: dict[int, Order] = field(default_factory=dict)
    placings: Counter[int] = field(default_factory=Counter)
    seen: dict[int, set[str]] = field(default_factory=dict)
    """All bytes ever sent for a nonce: two different ones would be two transactions."""

    def mine(self) -> None:
        while self.taken in self.pool:
            raw = self.pool.pop(self.taken)
            self.taken += 1
            orders = self.payload.get(raw, ())
            late = any(self.clock.now_s() > o.interval * 900 - 180 for o in orders)
            self.receipts[raw] = OrderReceipt(not late, self.taken, "gate closed" if late else "")
            if not late:
                for order in orders:
                    self.slots[order.interval] = order
                    self.placings[order.interval] += 1


@dataclass
class Sender:
    chain: Chain
    wire: Tripwire
    away: bool = False
    signatures: int = 0

    async def sign(self, orders: Sequence[Order]) -> SignedOrders:
        self.signatures += 1
        raw = f"0x{self.chain.taken}-{self.signatures}"
        self.chain.payload[raw] = tuple(orders)
        return SignedOrders(raw, raw, self.chain.taken)

    async def send(self, raw: str) -> None:
        if self.away:
            raise EndpointAway("No endpoint answered.")

        def effect() -> None:
            nonce = int(raw[2:].split("-", maxsplit=1)[0])
            self.chain.seen.setdefault(nonce, set()).add(raw)
            if nonce >= self.chain.taken:
                self.chain.pool[nonce] = raw

        self.wire.around(effect)

    async def receipt(self, transaction_hash: str) -> OrderReceipt | None:
        return self.chain.receipts.get(transaction_hash)

    async def nonce(self) -> int:
        return self.chain.taken

    async def order_on_chain(self, interval: int) -> Order | None:
        return self.chain.slots.get(interval)


@dataclass
class World:
    """What outlives a process."""

    clock: DrivenClock = field(default_factory=lambda: DrivenClock(START))
    wire: Tripwire = field(default_factory=Tripwire)

    def __post_init__(self) -> None:
        self.outbox = DiskOutbox(self.wire)
        self.chain = Chain(self.clock)
        self.sender = Sender(self.chain, self.wire)

    def desk(self) -> OrderDesk:
        return OrderDesk(ME, RULES, self.outbox, self.sender, self.clock)

    def states(self) -> dict[int, OrderState]:
        return {i.order.interval: i.state for i in self.outbox.rows.values()}


def order(interval: int = T, quantity: int = 500) -> Order:
    return Order.single(interval, Side.BUY, 20, quantity)


async def run(world: World, orders: Sequence[Order], rounds: int = 8) -> None:
    """An engine's life: intend what is wanted, step, let the chain seal; again after each kill."""
    desk = world.desk()
    for _ in range(rounds):
        try:
            for wanted in orders:
                await desk.intend(wanted, "because")
            await desk.step()
        except Killed:
            desk = world.desk()
        world.chain.mine()


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, 12))
async def test_killed_at_every_step_places_each_order_once(at: int, after: bool) -> None:
    world = World(wire=Tripwire(at, after))
    wanted = [order(T), order(T + 1, 300), order(T + 2, 70)]
    await run(world, wanted)
    assert world.chain.placings == {T: 1, T + 1: 1, T + 2: 1}
    assert world.chain.slots == {o.interval: o for o in wanted}
    assert set(world.states().values()) == {OrderState.PLACED}
    assert all(len(sent) == 1 for sent in world.chain.seen.values())
    assert world.wire.count >= at  # the wire was really touched


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, 6))
async def test_killed_while_the_seal_is_late(at: int, after: bool) -> None:
    """The transaction is in the pool when the desk comes back: only the same bytes are sent."""
    world = World(wire=Tripwire(at, after))
    desk = world.desk()
    for _ in range(4):
        try:
            await desk.intend(order(), "because")
            await desk.step()
        except Killed:
            desk = world.desk()
    assert len(world.chain.pool) == 1
    world.chain.mine()
    await desk.step()
    assert world.chain.placings == {T: 1}
    assert world.states() == {T: OrderState.PLACED}
    assert world.chain.taken == 1
    assert all(len(sent) == 1 for sent in world.chain.seen.values())


async def test_every_kill_and_then_another_kill() -> None:
    for first in range(1, 9):
        for second in range(1, 9):
            world = World(wire=Tripwire(first, after=bool(first % 2)))
            wanted = [order(T), order(T + 1)]
            await run(world, wanted, rounds=3)
            world.wire.at, world.wire.count = second, 0
            await run(world, [*wanted, order(T + 3)], rounds=8)
            assert world.chain.placings == {T: 1, T + 1: 1, T + 3: 1}


async def test_a_nonce_taken_by_another_transaction_is_signed_anew() -> None:
    world = World()
    desk = world.desk()
    await desk.intend(order(), "because")
    await desk.step()
    world.chain.pool[0] = "0x0-other"  # the same key sent something else, and it won
    world.chain.mine()
    await desk.step()
    await desk.step()
    world.chain.mine()
    await desk.step()
    assert world.sender.signatures == 2
    assert world.chain.placings == {T: 1}
    assert world.states() == {T: OrderState.PLACED}


async def test_a_lost_receipt_is_made_up_for_by_the_proven_slot() -> None:
    world = World()
    desk = world.desk()
    await desk.intend(order(), "because")
    await desk.step()
    world.chain.mine()
    world.chain.receipts.clear()
    await desk.step()
    assert world.states() == {T: OrderState.PLACED}
    assert world.sender.signatures == 1


async def test_an_endpoint_that_is_away_loses_nothing() -> None:
    world = World()
    desk = world.desk()
    world.sender.away = True
    await desk.intend(order(), "because")
    with pytest.raises(EndpointAway):
        await desk.step()
    held = world.outbox.get(ME, T)
    assert held is not None
    assert in_flight(held)
    with pytest.raises(EndpointAway):
        await desk.step()
    world.sender.away = False
    await desk.step()
    world.chain.mine()
    await desk.step()
    assert world.sender.signatures == 1
    assert world.chain.placings == {T: 1}


async def test_too_late_is_expired_not_sent() -> None:
    world = World()
    desk = world.desk()
    await desk.intend(order(), "because")
    world.clock.advance(T * 900 - 180)
    (changed,) = await desk.step()
    assert changed.state is OrderState.EXPIRED
    assert world.sender.signatures == 0
    assert not await desk.intend(order(T, 9), "because")


async def test_refused_says_why_and_is_not_tried_again() -> None:
    world = World()
    desk = world.desk()
    await desk.intend(order(), "because")
    await desk.step()
    world.clock.advance(T * 900)
    world.chain.mine()
    (changed,) = await desk.step()
    assert changed.state is OrderState.REFUSED
    assert changed.reason == "because Refused: gate closed."
    assert not await desk.intend(order(), "because")
    assert await desk.step() == ()
    assert world.chain.taken == 1


async def test_the_same_order_changes_nothing_and_a_new_one_replaces() -> None:
    world = World()
    desk = world.desk()
    assert await desk.intend(order(), "because")
    assert not await desk.intend(order(), "because")
    assert await desk.intend(order(T, 600), "more")
    await desk.step()
    assert not await desk.intend(order(T, 700), "in flight")
    world.chain.mine()
    await desk.step()
    assert not await desk.intend(order(T, 600), "again")
    assert await desk.intend(order(T, 700), "more")
    await desk.step()
    world.chain.mine()
    await desk.step()
    assert world.chain.slots[T].quantity_wh == 700
    assert world.states() == {T: OrderState.PLACED}


async def test_an_order_already_on_chain_is_not_signed() -> None:
    world = World()
    world.chain.slots[T] = order()
    desk = world.desk()
    await desk.intend(order(), "because")
    (changed,) = await desk.step()
    assert changed.state is OrderState.PLACED
    assert world.sender.signatures == 0


async def test_a_withdrawal_passes_like_an_order() -> None:
    world = World()
    await run(world, [order()], 3)
    await run(world, [Order(T)], 3)
    assert world.chain.slots[T].quantity_wh == 0
