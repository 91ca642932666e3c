"""The house's trading round: what the chain's fee does to it, and the notice of a low account."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from peerwatt.chain.bindings.registry import Agent, Member, Used
from peerwatt.config.clock import DrivenClock
from peerwatt.config.settings import SiteSettings
from peerwatt.engine.disk import Disk
from peerwatt.engine.gas import NO_PRICE, Gas
from peerwatt.engine.owner_wallet.fee_quote import FeeQuote
from peerwatt.engine.picture import ChainPicture, CommunityFacts
from peerwatt.engine.trading import TradingService
from peerwatt.history.facade import History
from peerwatt.market.desk import SignedOrders
from peerwatt.model.market import MarketRules, Order, PriceLadder
from peerwatt.model.plan import PlanStep
from peerwatt.model.ports import PolicyRefusal
from peerwatt.model.units import interval_start_s
from peerwatt.wallet.signer import FREE, Fees

NOW = 1_944_641
ME = "0x" + "22" * 20
GWEI = 10**9
MEMBER = Member(1, True, 300_000, 80_000, "0x0", "0x0")
FACTS = CommunityFacts(MarketRules(PriceLadder(60_000, 1_000, 256), 1, 180), MEMBER)
GRANT = Agent(ME, 10**9, 10**6, 0, 10**6, 2**40 - 1, 1, is_active=True)
PICTURE = ChainPicture(
    7, 0, 0, 0, 0, GRANT, Used(0, 0), 0, available_micro=50_000_000, trade_scope=1
)


class Lab:
    """A trading service between a plan, a fake sender and a chain at a fee."""

    def __init__(self, history: History, price_wei: int, market: dict[str, int]) -> None:
        self.disk, self.clock = Disk(), DrivenClock(interval_start_s(NOW) - 600.0)
        self.price_wei, self.needs = price_wei, {NOW: 600}
        self.placed: list[list[Order]] = []
        self.said: list[str] = []
        settings = SiteSettings.model_validate({"market": market})
        self.gas = Gas(
            self.quote, self.coins, ME, settings.market, history, self.disk, self.clock
        )  # fmt: skip
        self.chain: Any = SimpleNamespace(
            facts=FACTS, picture=PICTURE, all_clearings={}, settled={}
        )
        self.service = TradingService(
            settings,
            self.chain,
            self.sender,
            ME,
            history,
            self.disk,
            self.clock,
            self.say,
            self.gas,
        )

    async def quote(self) -> FeeQuote:
        if self.price_wei == 0:
            return FeeQuote(FREE, True, 0)
        return FeeQuote(Fees(None, 2 * self.price_wei, 0), False, self.price_wei)

    async def coins(self) -> int:
        return 10**18

    def say(self, level: object, source: str, sentence: str) -> None:
        self.said.append(sentence)

    @property
    def sender(self) -> Any:
        async def sign(orders: Sequence[Order]) -> SignedOrders:
            self.placed.append(list(orders))
            return SignedOrders("0x01", f"0x{len(self.placed):02x}", len(self.placed))

        async def nothing(*_: object) -> None:
            return None

        return SimpleNamespace(
            sign=sign, send=nothing, resend=nothing, receipt=nothing, order_on_chain=nothing,
            recover=lambda _: None,
        )  # fmt: skip

    async def step(self) -> bool:
        def step(interval: int) -> PlanStep | None:
            wh = self.needs.get(interval, 0)
            return PlanStep(interval, 0, wh, 0, 0, wh, None, 300_000, "because")

        plan = SimpleNamespace(step=step)
        prospect: Any = SimpleNamespace(
            plan=plan, forecasts=(), plan_input=SimpleNamespace(battery=None)
        )
        return await self.service.step(prospect, False)


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    made = History.open(tmp_path / "history.sqlite")
    yield made
    made.close()


async def begun(history: History, price_wei: int, **market: int) -> Lab:
    lab = Lab(history, price_wei, market)
    await lab.service.load()
    return lab


def intervals(lab: Lab) -> list[list[int]]:
    return [[order.interval for order in orders] for orders in lab.placed]


async def test_a_free_chain_takes_one_order_for_the_next_interval(history: History) -> None:
    lab = await begun(history, 0)
    lab.needs |= {NOW + 4: 900}
    assert await lab.step()
    assert intervals(lab) == [[NOW]]
    assert lab.service.sentence.startswith("The house will lack 600 Wh")
    lab.disk.close()


async def test_where_gas_costs_something_orders_share_the_fee(history: History) -> None:
    lab = await begun(history, GWEI // 100, native_coin_micro=1_000_000)
    lab.needs |= {NOW + 4: 900, NOW + 30: 900}
    assert await lab.step()
    assert intervals(lab) == [[NOW, NOW + 4]]
    assert "2 orders for a fee of" in lab.service.sentence
    lab.clock.advance(interval_start_s(NOW + 4) - 600.0)
    await lab.step()
    assert intervals(lab) == [[NOW, NOW + 4]]
    lab.disk.close()


async def test_it_stays_out_and_says_so_where_the_fee_exceeds_the_gain(history: History) -> None:
    lab = await begun(
        history, 100 * GWEI, native_coin_micro=100_000_000, fees_per_day_micro=10**9
    )  # fmt: skip
    assert not await lab.step()
    assert lab.placed == []
    assert "the fee of" in lab.service.sentence
    assert lab.service.sentence.startswith("Stays out")
    lab.disk.close()


async def test_it_stays_out_where_nobody_said_what_a_coin_is_worth(history: History) -> None:
    lab = await begun(history, GWEI)
    assert not await lab.step()
    assert lab.service.sentence == NO_PRICE
    lab.price_wei = 0
    lab.clock.advance(lab.clock.now_s() + 40.0)
    assert await lab.step()
    assert intervals(lab) == [[NOW]]
    lab.disk.close()


async def test_a_low_account_is_told_once_until_it_was_filled(history: History) -> None:
    lab = await begun(history, 0, warn_below_micro=2_000_000)
    await lab.step()
    assert lab.said == []
    for _ in range(2):
        lab.chain.picture = replace(PICTURE, available_micro=1_990_000)
        await lab.step()
        await lab.step()
        lab.chain.picture = PICTURE
        await lab.step()
    assert len(lab.said) == 2
    assert lab.said[0] == (
        "Your account with the market has only 1.99 left for orders and fees: "
        "deposit credits on the wallet page."
    )
    lab.disk.close()


async def test_an_order_that_may_not_be_signed_is_told_once(history: History) -> None:
    lab = await begun(history, 0)

    async def refuse(orders: Sequence[Order]) -> SignedOrders:
        raise PolicyRefusal("What is left of today's limit for fees does not cover this.")

    lab.service._sender.sign = refuse  # type: ignore[method-assign]
    await lab.step()
    for block in (8, 9):
        lab.chain.picture = replace(PICTURE, block_number=block)
        await lab.step()
    assert len(lab.said) == 1
    assert "does not cover" in lab.said[0]
    lab.disk.close()
