"""Brings orders to the chain so that none is placed twice and none is lost, whatever stops us.

Each intent passes through the outbox, which is durable on return, in this order:

1. ``INTENDED``: the order is decided. Nothing has left the house.
2. ``INTENDED`` with ``raw_transaction``: signed bytes, hash, nonce are stored **before** sending.
3. ``SENT``: the bytes were handed to an endpoint (perhaps more than once: always the same bytes).
4. ``PLACED``: the receipt says success, or the proven order slot holds the order.
   ``REFUSED``: the transaction was mined and reverted. ``EXPIRED``: the gate closed before.

After a crash at any point the next :meth:`OrderDesk.step` goes on from what is stored. Bytes that
exist are only ever re-sent as they are: same nonce, so the chain takes them once. A new signature
is made only when the account's proven nonce has passed ours and the proven order slot does not
hold the order, that is, when another transaction has taken the nonce. At most one transaction of
the desk is in flight, so a batch that was stored half is completed by looking at the slots.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from peerwatt.model.market import MarketRules, Order, OrderIntent, OrderState
from peerwatt.model.ports import Clock, OrderOutbox

from .agent import gate_closes_s

CLOSING_S = 5.0
"""Orders are not newly signed in the last seconds before their gate."""

BATCH = 96
"""Orders in one transaction (the contract's limit)."""


@dataclass(frozen=True, slots=True)
class SignedOrders:
    """One signed transaction that places orders."""

    raw: str
    """0x hex of the signed bytes."""
    transaction_hash: str
    nonce: int


@dataclass(frozen=True, slots=True)
class OrderReceipt:
    """What became of a transaction, as proven."""

    ok: bool
    block_number: int
    sentence: str = ""
    """Why it was refused, where the chain says so."""


class OrderSender(Protocol):
    """The chain as the desk needs it. Every method may raise ChainFault (endpoint away,
    unproven); the desk then leaves things as they are and goes on at the next step."""

    async def sign(self, orders: Sequence[Order]) -> SignedOrders:
        """Sign a transaction placing these orders with the account's next nonce. Sends nothing.

        Raises PolicyRefusal when the signing policy does not allow it.
        """

    async def send(self, raw: str) -> None:
        """Hand signed bytes to the endpoints; bytes that are already known are no error."""

    async def receipt(self, transaction_hash: str) -> OrderReceipt | None:
        """Return the proven receipt, or ``None`` while there is none."""

    async def nonce(self) -> int:
        """Return the account's proven transaction count: the next nonce the chain takes."""

    async def order_on_chain(self, interval: int) -> Order | None:
        """Return our order for an interval from its proven slot; ``None`` if there is none."""


@dataclass(slots=True)
class OrderDesk:
    """Idempotent outbox flow for one account. Call :meth:`step` from one task only."""

    account: str
    rules: MarketRules
    outbox: OrderOutbox
    sender: OrderSender
    clock: Clock

    async def intend(self, order: Order, reason: str) -> bool:
        """Store an order to be placed; return whether anything changed.

        The same order again changes nothing in any state. A different one replaces an intent
        that has not been signed or is done; while a transaction is in flight it is refused
        (``False``), to be asked again later.
        """
        held = await asyncio.to_thread(self.outbox.get, self.account, order.interval)
        if held is not None:
            if held.order == order and held.state is not OrderState.EXPIRED:
                return False
            if in_flight(held):
                return False
        if self.clock.now_s() >= gate_closes_s(self.rules, order.interval) - CLOSING_S:
            return False
        intent = OrderIntent(self.account, order, OrderState.INTENDED, self.clock.now_s(), reason)
        await self._put(intent)
        return True

    async def step(self) -> tuple[OrderIntent, ...]:
        """Move every pending intent as far as it goes; return those whose state changed.

        Raises ChainFault and PolicyRefusal from the sender; what was stored stays valid.
        """
        changed: list[OrderIntent] = []
        pending = await asyncio.to_thread(self.outbox.pending, self.account)
        flying = [intent for intent in pending if in_flight(intent)]
        for intent in flying:
            changed += await self._follow(intent)
        if flying and any(in_flight(intent) for intent in await self._pending()):
            return tuple(changed)
        changed += await self._place()
        return tuple(changed)

    async def _pending(self) -> Sequence[OrderIntent]:
        return await asyncio.to_thread(self.outbox.pending, self.account)

    async def _put(self, intent: OrderIntent) -> OrderIntent:
        await asyncio.to_thread(self.outbox.put, intent)
        return intent

    async def _follow(self, intent: OrderIntent) -> list[OrderIntent]:
        """See what became of a signed intent; re-send its bytes while nothing has."""
        if intent.raw_transaction is None or intent.transaction_hash is None:
            return []
        receipt = await self.sender.receipt(intent.transaction_hash)
        if receipt is not None:
            return [await self._mined(intent, receipt)]
        # The nonce is asked before the slot: a slot proven later includes what used the nonce.
        used = intent.nonce is not None and await self.sender.nonce() > intent.nonce
        if used:
            return [await self._nonce_taken(intent)]
        await self.sender.send(intent.raw_transaction)
        if intent.state is OrderState.SENT:
            return []
        return [await self._put(replace(intent, state=OrderState.SENT))]

    async def _mined(self, intent: OrderIntent, receipt: OrderReceipt) -> OrderIntent:
        if receipt.ok:
            return await self._put(replace(intent, state=OrderState.PLACED))
        why = receipt.sentence or "the market did not take it"
        return await self._put(
            replace(intent, state=OrderState.REFUSED, reason=f"{intent.reason} Refused: {why}.")
        )

    async def _nonce_taken(self, intent: OrderIntent) -> OrderIntent:
        """Our nonce is used and there is no receipt: placed unseen, or by another transaction."""
        if await self.sender.order_on_chain(intent.order.interval) == intent.order:
            return await self._put(replace(intent, state=OrderState.PLACED))
        return await self._put(
            replace(
                intent,
                state=OrderState.INTENDED,
                raw_transaction=None,
                transaction_hash=None,
                nonce=None,
            )
        )

    async def _place(self) -> list[OrderIntent]:
        """Sign and send what is only intended, in one transaction."""
        changed: list[OrderIntent] = []
        batch: list[OrderIntent] = []
        for intent in await self._pending():
            if in_flight(intent):
                continue
            if await self.sender.order_on_chain(intent.order.interval) == intent.order:
                changed.append(await self._put(replace(intent, state=OrderState.PLACED)))
            elif self._too_late(intent):
                changed.append(await self._put(replace(intent, state=OrderState.EXPIRED)))
            elif len(batch) < BATCH:
                batch.append(intent)
        if not batch:
            return changed
        signed = await self.sender.sign([intent.order for intent in batch])
        stored = [
            await self._put(
                replace(
                    intent,
                    raw_transaction=signed.raw,
                    transaction_hash=signed.transaction_hash,
                    nonce=signed.nonce,
                )
            )
            for intent in batch
        ]
        await self.sender.send(signed.raw)
        changed += [await self._put(replace(i, state=OrderState.SENT)) for i in stored]
        return changed

    def _too_late(self, intent: OrderIntent) -> bool:
        closes = gate_closes_s(self.rules, intent.order.interval)
        return self.clock.now_s() >= closes - CLOSING_S


def in_flight(intent: OrderIntent) -> bool:
    """Whether signed bytes of a pending intent exist and may be on their way."""
    pending = intent.state in {OrderState.INTENDED, OrderState.SENT}
    return pending and intent.raw_transaction is not None
