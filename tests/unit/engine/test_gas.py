"""Where gas costs something: what is signed pays for it, within the owner's limit for a day."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from eth_account import Account

from peerwatt.chain.bindings.flexibility import Flexibility
from peerwatt.chain.bindings.market import Market
from peerwatt.config.clock import DrivenClock
from peerwatt.config.settings import MarketSettings
from peerwatt.engine.disk import Disk
from peerwatt.engine.gas import NO_PRICE, Gas, highest_fee_wei
from peerwatt.engine.owner_wallet.fee_quote import FeeQuote
from peerwatt.engine.sender import AgentSender
from peerwatt.history.facade import History
from peerwatt.model.market import Order, Side
from peerwatt.model.ports import PolicyRefusal
from peerwatt.wallet.policy import AgentPolicy
from peerwatt.wallet.secret import SecretKey
from peerwatt.wallet.signer import FREE, Fees, LocalSigner

GWEI = 10**9
CHAIN = 20211
START_S = 1_750_000_000.0
AT, ME = "0x" + "a0" * 20, "0x" + "22" * 20
COIN = MarketSettings(native_coin_micro=1_000_000, fees_per_day_micro=10_000)
"""A coin is worth 1.00: at 10 gwei one order of 60 000 gas costs 600 micro-units."""
PAID = FeeQuote(Fees(None, max_fee_wei=19 * GWEI, tip_wei=1 * GWEI), False, 9 * GWEI)
ORDER = Order.single(2_000_000, Side.BUY, 20, 400)


class Lab:
    """A sender with a real key and policy, on a chain whose fees the test sets."""

    def __init__(self, history: History, settings: MarketSettings = COIN) -> None:
        self.history, self.disk, self.clock = history, Disk(), DrivenClock(START_S)
        self.quoted, self.coins_wei, self.gas_used = PAID, 10**18, 40_000
        self.raw: list[str] = []
        self.nonce = 0
        market, flexibility = Market(AT), Flexibility("0x" + "a1" * 20)
        allowed = [(AT, market.artefact.selector(name)) for name in ("place_for", "clear")]
        policy = AgentPolicy.allowing(
            CHAIN, allowed, max_gas=15_000_000, max_fee_wei=highest_fee_wei(settings)
        )
        signer = LocalSigner(SecretKey(b"\x07" * 32), policy)
        self.gas = Gas(
            self.quote, self.balance_wei, signer.address, settings, history, self.disk, self.clock
        )
        client: Any = SimpleNamespace(
            network=SimpleNamespace(chain_id=CHAIN), broadcast=self.broadcast
        )
        self.sender = AgentSender(
            ME,
            signer,
            client,
            cast(Any, self),
            market,
            flexibility,
            self.clock,
            self.note,
            self.gas,
        )

    async def quote(self) -> FeeQuote:
        return self.quoted

    async def balance_wei(self) -> int:
        return self.coins_wei

    async def broadcast(self, raw: str) -> str:
        self.raw.append(raw)
        return ""

    async def note(self, sent: Any) -> None:
        self.nonce += 1

    async def account(self, address: str) -> Any:
        return SimpleNamespace(value=SimpleNamespace(nonce=self.nonce))

    async def receipt(self, transaction_hash: str) -> Any:
        value = SimpleNamespace(succeeded=True, gas_used=self.gas_used)
        return SimpleNamespace(value=value, block_number=7)


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    made = History.open(tmp_path / "history.sqlite")
    yield made
    made.close()


@pytest.fixture
def lab(history: History) -> Iterator[Lab]:
    made = Lab(history)
    yield made
    made.disk.close()


async def test_an_order_carries_the_fee_that_the_chain_asks(lab: Lab) -> None:
    from eth_account.typed_transactions import TypedTransaction
    from hexbytes import HexBytes

    signed = await lab.sender.sign([ORDER])
    fields = TypedTransaction.from_bytes(HexBytes(signed.raw)).as_dict()
    assert (fields["maxFeePerGas"], fields["maxPriorityFeePerGas"]) == (19 * GWEI, GWEI)
    assert Account.recover_transaction(signed.raw) == lab.sender.address
    now = await lab.gas.now()
    assert now.fee is not None
    assert now.fee.cost_micro(1) == 600
    assert lab.gas.left_micro == 10_000 - 600
    await lab.sender.receipt(signed.transaction_hash)
    assert lab.gas.left_micro == 10_000 - 400
    await lab.sender.receipt(signed.transaction_hash)
    assert lab.gas.left_micro == 10_000 - 400


async def test_a_free_chain_costs_nothing_and_is_signed_at_price_0(lab: Lab) -> None:
    lab.quoted = FeeQuote(FREE, True, 0)
    now = await lab.gas.now()
    assert (now.fees, now.price_wei, now.fee, now.hindrance) == (FREE, 0, None, "")
    await lab.sender.sign([ORDER])
    await lab.sender.call(AT, Market(AT).clear(1, 5), gas=400_000, what="Book 1 cleared")
    assert lab.gas.left_micro == 10_000


async def test_the_limit_of_a_day_holds_over_a_restart_and_ends_with_the_day(lab: Lab) -> None:
    clear = Market(AT).clear(1, 5)
    await lab.sender.call(AT, clear, gas=700_000, what="Book 1 cleared")
    assert lab.gas.left_micro == 3_000
    with pytest.raises(PolicyRefusal, match="today's limit for fees does not cover"):
        await lab.sender.call(AT, clear, gas=400_000, what="Book 2 cleared")
    again = Lab(lab.history)
    await again.gas.load()
    assert again.gas.left_micro == 3_000
    await again.sender.call(AT, clear, gas=250_000, what="Book 2 cleared")
    assert (await again.gas.now()).hindrance.startswith("Stays out: today's limit")
    with pytest.raises(PolicyRefusal, match="is used up"):
        await again.sender.sign([ORDER])
    again.clock.advance(START_S + 86_400)
    assert (await again.gas.now()).hindrance == ""
    assert again.gas.left_micro == 10_000
    again.disk.close()


async def test_it_stays_out_where_the_coins_worth_is_unknown_or_coins_are_missing(
    history: History,
) -> None:
    lab = Lab(history, MarketSettings())
    assert (await lab.gas.now()).hindrance == NO_PRICE
    with pytest.raises(PolicyRefusal, match="native_coin_micro"):
        await lab.sender.sign([ORDER])
    poor = Lab(history)
    poor.coins_wei = 0
    assert "too few coins" in (await poor.gas.now()).hindrance
    lab.disk.close()
    poor.disk.close()


async def test_the_keys_policy_refuses_a_price_that_nobody_set(history: History) -> None:
    assert highest_fee_wei(MarketSettings()) == 0
    assert highest_fee_wei(MarketSettings(native_coin_micro=1, fees_per_day_micro=0)) == 0
    lab = Lab(history, MarketSettings())
    fields = {"chainId": CHAIN, "nonce": 0, "gas": 90_000, "value": 0, "to": AT}
    data = Market(AT).clear(1, 5)
    with pytest.raises(PolicyRefusal, match="at most 0 wei"):
        lab.sender._account.signer.sign_transaction(fields | {"data": data, "gasPrice": 1})
    lab.disk.close()
