"""The house's turns begin when all is verified, follow the chain's fees and are noted as duties."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from peerwatt.chain.bindings.community import NAMES, Community
from peerwatt.config.clock import DrivenClock
from peerwatt.config.settings import MarketSettings
from peerwatt.engine import keeping_setup
from peerwatt.engine.gas import GasNow
from peerwatt.engine.keeping_setup import DutySender, HouseKeeping
from peerwatt.engine.owner_wallet.rows import DONE_BY_ANOTHER, Ledger, row_of_sent
from peerwatt.history.records import SentTransaction, TransactionParty, TransactionState
from peerwatt.market.keeper import DutyKind
from peerwatt.model.verified import EndpointAway

AT = {name: "0x" + f"{number:02x}" * 20 for number, name in enumerate(NAMES, 0xA0)}
START_S = 1_750_000_000.0


class Service:
    """Stands for the keeper's service: what it was told of fees, how often it was stepped."""

    def __init__(self, *given: object) -> None:
        self.given, self.afforded, self.steps = given, list[tuple[int, int]](), 0
        self.sentence = "A duty waits."
        self.figures = SimpleNamespace(duties={DutyKind.CLEAR: 3})

    def afford(self, gas_price_wei: int, fee_left_wei: int) -> None:
        self.afforded.append((gas_price_wei, fee_left_wei))

    async def step(self) -> bool:
        self.steps += 1
        return True


class Chain:
    """Verified or not, with contracts whose own terms can be away."""

    def __init__(self) -> None:
        self.community, self.owner = Community(AT), "0x" + "22" * 20
        self.is_active, self.is_verified, self.is_away = True, True, False
        self.client = SimpleNamespace(network=SimpleNamespace(block_period_s=5))
        self.reader = SimpleNamespace(code=self.code)
        self.gas = GasNow()

    @property
    def facts(self) -> Any:
        member = SimpleNamespace(is_active=self.is_active)
        rules = SimpleNamespace(gate_closure_s=180)
        return SimpleNamespace(member=member, rules=rules) if self.is_verified else None

    @property
    def picture(self) -> Any:
        return SimpleNamespace() if self.is_verified else None

    async def code(self, address: str) -> Any:
        if self.is_away:
            raise EndpointAway("No endpoint answered.")
        return SimpleNamespace(value=b"")

    async def now(self) -> GasNow:
        return self.gas


@pytest.fixture
def chain(monkeypatch: pytest.MonkeyPatch) -> Chain:
    made = Chain()
    monkeypatch.setattr(keeping_setup, "KeepingService", Service)
    monkeypatch.setattr(made.community.meter, "due_s", lambda code: 3_600)
    return made


def keeping(chain: Any, *, keeper: bool = True) -> HouseKeeping:
    gas: Any = SimpleNamespace(now=chain.now)
    settings, sender = MarketSettings(keeper=keeper), SimpleNamespace()
    return HouseKeeping(settings, chain, sender, DrivenClock(START_S), gas)  # type: ignore[arg-type]


async def test_it_waits_until_all_is_verified_and_the_owner_wants_it(chain: Chain) -> None:
    assert not await keeping(chain, keeper=False).step()
    house = keeping(chain)
    chain.is_verified = False
    assert not await house.step()
    chain.is_verified, chain.is_active = True, False
    assert not await house.step()
    chain.is_active, chain.is_away = True, True
    assert not await house.step()
    assert (house.sentence, set(house.duties.values())) == ("", {0})
    chain.is_away = False
    assert await house.step()
    assert house.sentence == "A duty waits."
    assert house.duties["clear"] == 3


async def test_duties_are_done_only_within_the_owners_limit_for_fees(chain: Chain) -> None:
    house = keeping(chain)
    await house.step()
    service: Any = house._service
    assert service.afforded == []
    chain.gas = GasNow(price_wei=7, left_wei=900)
    await house.step()
    await house.step()
    assert service.afforded == [(7, 900)]
    chain.gas = GasNow(price_wei=7, left_wei=900, hindrance="Stays out.")
    await house.step()
    assert service.afforded[-1] == (7, 0)
    assert service.steps == 4


async def test_a_duty_that_another_did_first_is_no_failure_in_the_list() -> None:
    noted: list[Any] = []

    async def call(to: str, data: bytes, *, gas: int, what: str, by: TransactionParty) -> str:
        noted.append(by)
        return "0x1"

    sender: Any = SimpleNamespace(call=call)
    await DutySender(sender).call("0xc", b"", gas=1, what="Book 1 cleared")
    assert noted == [TransactionParty.KEEPER]
    sent = SentTransaction("0x1", 1.0, "Book 1 cleared", state=TransactionState.FAILED)
    assert row_of_sent(sent, Ledger()).state == "failed"
    duty = SentTransaction(
        "0x1", 1.0, "Book 1 cleared", state=TransactionState.FAILED, by=TransactionParty.KEEPER
    )
    row = row_of_sent(duty, Ledger())
    assert (row.state, row.by, row.sentence) == ("replaced", "agent", DONE_BY_ANOTHER)
