"""The agent's way to the chain: policy-checked signing, proven nonces, proven outcomes."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence

from peerwatt.chain.bindings.flexibility import Flexibility
from peerwatt.chain.bindings.market import Market
from peerwatt.chain.bindings.wants import fetch
from peerwatt.chain.endpoints.pool import TransactionRefused
from peerwatt.chain.ports import VerifiedChain
from peerwatt.chain.reading.reader import ProvenReader
from peerwatt.history.records import SentTransaction, TransactionParty
from peerwatt.market.desk import OrderReceipt, SignedOrders
from peerwatt.market.fees import FeeQuote
from peerwatt.model.flexibility import FlexOffer
from peerwatt.model.market import Order, OrderIntent, Side
from peerwatt.model.ports import Clock, PolicyRefusal, Signer
from peerwatt.model.verified import ChainFault
from peerwatt.wallet.nonces import AccountSender, NonceKeeper, SignedTransaction

from .gas import Gas, GasNow
from .refusals import refusal_sentence

GAS_BASE = 400_000
GAS_PER_ORDER = 120_000
OFFER_GAS = 600_000
WHY_TIMEOUT_S = 4.0
ORDER_FEE = FeeQuote(0)
"""For the known gas of an order: the limits above allow for first uses of storage."""
log = logging.getLogger(__name__)


class AgentSender:
    """Implements the order desk's port and sends offers, all with one key and one nonce."""

    def __init__(
        self,
        owner: str,
        signer: Signer,
        client: VerifiedChain,
        reader: ProvenReader,
        market: Market,
        flexibility: Flexibility,
        clock: Clock,
        note: Callable[[SentTransaction], Awaitable[None]],
        gas: Gas | None = None,
    ) -> None:
        """Without ``gas`` everything is signed at gas price 0."""
        self._owner = owner
        self._client = client
        self._reader = reader
        self._market = market
        self._flexibility = flexibility
        self._clock = clock
        self._note = note
        self._gas = gas
        self._account = AccountSender(
            signer, client.network.chain_id, client.broadcast, NonceKeeper()
        )

    @property
    def address(self) -> str:
        """Address of the agent's key."""
        return self._account.address

    def recover(self, intents: Iterable[OrderIntent]) -> None:
        """Take up what an earlier run had signed, so that its nonces are not given out again."""
        pending = [
            SignedTransaction(intent.nonce, intent.raw_transaction, intent.transaction_hash)
            for intent in intents
            if intent.raw_transaction and intent.transaction_hash and intent.nonce is not None
        ]
        self._account.nonces = NonceKeeper(0, dict.fromkeys(pending))

    async def sign(self, orders: Sequence[Order]) -> SignedOrders:
        """Sign a placement with the next nonce. Raises ChainFault or PolicyRefusal."""
        await self.nonce()
        data = self._market.place_for(self._owner, orders)
        gas = GAS_BASE + GAS_PER_ORDER * len(orders)
        expected = ORDER_FEE.base_gas + ORDER_FEE.order_gas * len(orders)
        now = await self._gas_now(expected)
        signed = self._account.prepare(self._market.address, data, gas=gas, fees=now.fees)
        await self._book(signed, expected, now)
        await self._note_sent(signed, self._market.address, _words(orders))
        return SignedOrders(signed.raw, signed.transaction_hash, signed.nonce)

    async def send(self, raw: str) -> None:
        """Send signed bytes to all endpoints; a refusal is logged and looked at again later."""
        try:
            await self._client.broadcast(raw)
        except TransactionRefused as fault:
            log.info("The endpoints do not take the transaction now: %s", fault)

    async def resend(self) -> None:
        """Send again what was signed and is not proven to be in the chain: same bytes, once."""
        if not self._account.nonces.pending:
            return
        await self.nonce()
        for transaction in self._account.nonces.pending:
            await self.send(transaction.raw)

    async def receipt(self, transaction_hash: str) -> OrderReceipt | None:
        """Return the proven outcome of a transaction, with the contract's reason against it."""
        found = await self._reader.receipt(transaction_hash)
        if found is None:
            return None
        if self._gas is not None:
            await self._gas.used(transaction_hash, found.value.gas_used)
        if found.value.succeeded:
            return OrderReceipt(True, found.block_number)
        why = await self._why(transaction_hash, found.block_number)
        return OrderReceipt(False, found.block_number, why)

    async def _why(self, transaction_hash: str, block: int) -> str:
        """Return why a call was refused, found by running it again on the proven state.

        The machine for it (0.7 s) is loaded only here. Empty where the reason is not known.
        """
        from peerwatt.chain.calls import CallReverted, Request
        from peerwatt.chain.calls.caller import VerifiedCaller

        located = await self._reader.locate(transaction_hash)
        if located is None:
            return ""
        transaction = located[0].transaction(located[1])
        caller = VerifiedCaller(self._reader, timeout_s=WHY_TIMEOUT_S)
        try:
            await caller.call(Request(transaction.to, transaction.data, transaction.sender), block)
        except CallReverted as fault:
            return refusal_sentence(fault.reason).rstrip(".")
        except ChainFault as fault:
            log.info("The reason of a refusal is not known: %s", fault)
        finally:
            caller.close()
        return ""

    async def nonce(self) -> int:
        """Return the proven nonce and take it into account."""
        nonce = (await self._reader.account(self.address)).value.nonce
        self._account.nonces.prove(nonce)
        return nonce

    async def order_on_chain(self, interval: int) -> Order | None:
        """Return our order as the market's proven slot holds it; an empty one is a withdrawal."""
        found = await fetch(self._reader, self._market.order(self._owner, interval))
        return found.value.order if found.value is not None else Order(interval)

    async def offer(self, offer: FlexOffer) -> str:
        """Sign and send an offer; return its hash. The contract keeps one offer a member."""
        data = self._flexibility.offer(offer)
        what = f"Offer of {offer.quantity_wh} Wh to the grid operator"
        return await self.call(self._flexibility.address, data, gas=OFFER_GAS, what=what)

    async def call(
        self,
        to: str,
        data: bytes,
        *,
        gas: int,
        what: str,
        by: TransactionParty = TransactionParty.AGENT,
    ) -> str:
        """Sign and send a call, noted as ``what`` and ``by``; return its hash.

        Raises ChainFault, or PolicyRefusal for a call that the key may not make.
        """
        await self.nonce()
        now = await self._gas_now(gas)
        signed = self._account.prepare(to, data, gas=gas, fees=now.fees)
        await self._book(signed, gas, now)
        await self._note_sent(signed, to, what, by)
        await self.send(signed.raw)
        return signed.transaction_hash

    async def _gas_now(self, gas: int) -> GasNow:
        """Return what gas costs. Raises PolicyRefusal where so much may not be paid."""
        now = GasNow() if self._gas is None else await self._gas.now()
        if now.hindrance:
            raise PolicyRefusal(now.hindrance)
        if now.price_wei * gas > now.left_wei:
            raise PolicyRefusal("What is left of today's limit for fees does not cover this.")
        return now

    async def _book(self, signed: SignedTransaction, gas: int, now: GasNow) -> None:
        if self._gas is not None:
            await self._gas.book(signed.transaction_hash, gas, now)

    async def _note_sent(
        self,
        signed: SignedTransaction,
        recipient: str,
        what: str,
        by: TransactionParty = TransactionParty.AGENT,
    ) -> None:
        await self._note(
            SentTransaction(
                signed.transaction_hash,
                self._clock.now_s(),
                what,
                by=by,
                account=self.address,
                recipient=recipient,
                nonce=signed.nonce,
            )
        )


def _words(orders: Sequence[Order]) -> str:
    bought = sum(order.side_wh(Side.BUY) for order in orders)
    sold = sum(order.side_wh(Side.SELL) for order in orders)
    parts = [f"buy {bought} Wh"] * bool(bought) + [f"sell {sold} Wh"] * bool(sold)
    return f"Order to {' and '.join(parts)}" if parts else "Orders withdrawn"
