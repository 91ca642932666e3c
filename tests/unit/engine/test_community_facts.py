"""The community's other contracts, read out of raw storage words, and the section made of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from eth_abi.abi import encode

from peerwatt.api.base import TrustMark
from peerwatt.chain.bindings.certificates import Certificates, HourPool, HourRecord
from peerwatt.chain.bindings.deals import Deals
from peerwatt.chain.bindings.registry import Registry
from peerwatt.chain.bindings.services import Services
from peerwatt.chain.bindings.settlement import Settlement
from peerwatt.chain.bindings.supply import Supply
from peerwatt.chain.encoding import address_bytes
from peerwatt.chain.proofs.receipts import LogEntry
from peerwatt.chain.reading.blocks import EventLog
from peerwatt.chain.reading.events import EventSearch
from peerwatt.config.clock import DrivenClock
from peerwatt.engine.community_facts import CommunityRead, CommunityReader, Delivery
from peerwatt.engine.disk import Disk
from peerwatt.engine.views.community import NOT_READ, CommunityState, community_view
from peerwatt.history.facade import History
from peerwatt.history.records import PartKind, SettledPart
from peerwatt.model.deals import DealKind, DealTerms
from peerwatt.model.market import SettledInterval
from peerwatt.model.units import interval_start_s
from peerwatt.model.verified import EndpointAway, Proven

ME, ANNA, SHOP = ("0x" + digit * 40 for digit in "123")
FIRST = 1_944_444 * 4
HOUR = FIRST // 4
NOW_S = interval_start_s(FIRST + 8)
ZONE = ZoneInfo("Europe/Berlin")
DEAL_ID = b"\xd1" * 32
AT = {
    name: "0x" + f"{n:040x}"
    for n, name in enumerate(
        ("Registry", "Settlement", "Supply", "Services", "Deals", "Certificates"), 16
    )
}


def outcome(interval: int, imported: int = 100, exported: int = 0) -> SettledInterval:
    return SettledInterval(
        interval=interval,
        import_wh=imported,
        export_wh=exported,
        bought_wh=0,
        sold_wh=0,
        price_micro=0,
        trade_micro=0,
        supplier_micro=0,
        charge_micro=0,
        accuracy_micro=0,
        mid_market_micro=0,
        deal_micro=0,
        is_estimated=False,
    )


class Chain:
    """A chain service over storage words that the test sets."""

    def __init__(self, *, bare: bool = False) -> None:
        self.storage: dict[tuple[str, int], int] = {}
        self.reads = 0
        self.away = False
        self.reader: Any = self
        self.owner = ME
        self.facts = object()
        self.final_number = 7
        self.picture = SimpleNamespace(final_until=FIRST + 3, supply=None)
        self.settled = {FIRST + n: outcome(FIRST + n) for n in range(4)}
        self.events: list[Any] = []
        self.community = SimpleNamespace(
            registry=Registry(AT["Registry"]),
            settlement=Settlement(AT["Settlement"]),
            supply=None if bare else Supply(AT["Supply"]),
            services=None if bare else Services(AT["Services"]),
            deals=None if bare else Deals(AT["Deals"]),
            certificates=None if bare else Certificates(AT["Certificates"]),
        )

    def put(self, contract: str, name: str, value: int, *keys: Any, member: int = 0) -> None:
        layout = getattr(self.community, contract.lower()).artefact.layout
        slot = layout.of(name, *keys, member=member) if keys else layout.slot(name)
        self.storage[AT[contract], slot] = value

    async def read(self, wanted: Any, block: int | None = None) -> Any:
        if self.away:
            raise EndpointAway("away")
        assert block == 7
        self.reads += 1
        found = {
            at: SimpleNamespace(slots={slot: self.storage.get((at, slot), 0) for slot in slots})
            for at, slots in wanted.items()
        }
        return Proven(found, 7, int(NOW_S))

    async def search(self, wanted: Any, first: int, last: int) -> EventSearch:
        return EventSearch((), first, last)


def fill(chain: Chain) -> None:
    """An offer, a service, a deal in which we buy, an hour with certificates."""
    me, anna, shop = (int(one, 16) for one in (ME, ANNA, SHOP))
    chain.put(
        "Settlement", "state", 1 << 255 | (FIRST + 3) << 80 | (FIRST + 3) << 48 | FIRST << 16, ME
    )
    rests = sum(40 << 44 * n for n in range(4))
    chain.put("Settlement", "records", rests, ME, member=HOUR % 192)
    chain.put("Supply", "offer_count", 1)
    for member, value in enumerate((shop, 300_000, 80_000, 5_000_000, 2_000_000, 1)):
        chain.put("Supply", "offers", value, 1, member=member)
    chain.put("Services", "service_count", 1)
    name, unit = (int.from_bytes(text.ljust(32, b"\0"), "big") for text in (b"Bicycle", b"hour"))
    for member, value in enumerate((anna, 1_500, 1, 7, name, 0, 4, unit)):
        chain.put("Services", "services", value, 0, member=member)
    chain.put("Registry", "member_count", 2)
    chain.put("Registry", "member_at", me, 0)
    chain.put("Registry", "member_at", anna, 1)
    chain.put("Deals", "needs", 5_000, ME)
    chain.put("Deals", "slots", int.from_bytes(DEAL_ID, "big"), ANNA, member=2)
    number = int.from_bytes(DEAL_ID, "big")
    terms = 1 << 255 | 1 << 241 | 2 << 238 | 5_000 << 224 | 90_000 << 192 | 25 << 160 | anna
    chain.put("Deals", "terms", terms, number)
    chain.put("Deals", "period", (FIRST + 96) << 192 | FIRST << 160 | me, number)
    record = 3 << 254 | 120 << 192 | 400 << 128 | 240 << 96 | 50 << 32 | 50
    chain.put("Certificates", "records", record, ME, HOUR)
    chain.put("Certificates", "pools", 100 << 64 | 50, HOUR)


@pytest.fixture
def history(tmp_path: Path) -> Any:
    opened = History.open(tmp_path / "h.sqlite")
    yield opened
    opened.close()


def reader_of(chain: Any, history: History, clock: DrivenClock) -> CommunityReader:
    return CommunityReader(chain, history, Disk(), clock)


async def test_everything_is_read_at_one_final_block(history: History) -> None:
    chain, clock = Chain(), DrivenClock(NOW_S)
    fill(chain)
    reader = reader_of(chain, history, clock)
    assert await reader.step()
    facts = reader.facts
    assert facts is not None
    assert facts.offers
    assert facts.services
    offer, is_open = facts.offers[0]
    assert (offer.number, offer.retail_micro_per_kwh, is_open) == (1, 300_000, True)
    assert (facts.services[0].name, facts.services[0].unit) == ("Bicycle", "hour")
    terms = (facts.deals or {})["0x" + DEAL_ID.hex()]
    assert (terms.rank, terms.kind, terms.amount) == (2, DealKind.PER_INTERVAL, 25)
    assert terms.buyer.lower() == ME
    assert facts.rests == {FIRST + n: 40 for n in range(4)}
    record, pool = (facts.certificates or {})[HOUR]
    assert record is not None
    assert record.claimed_wh == 120
    assert (pool.shared_wh, pool.wanted_wh) == (50, 100)
    assert not facts.has_production_meter


async def test_it_is_read_once_a_quarter_of_an_hour_and_soon_after_a_fault(
    history: History,
) -> None:
    chain, clock = Chain(bare=True), DrivenClock(NOW_S)
    reader = reader_of(chain, history, clock)
    chain.away = True
    assert not await reader.step()
    assert reader.facts is None
    chain.away = False
    assert not await reader.step()
    clock.advance(NOW_S + 60)
    assert await reader.step()
    assert chain.reads == 1
    clock.advance(NOW_S + 900)
    assert not await reader.step()
    clock.advance(NOW_S + 960)
    assert await reader.step()
    assert chain.reads == 2


async def test_absent_contracts_are_said_to_be_absent(history: History) -> None:
    chain = Chain(bare=True)
    reader = reader_of(chain, history, DrivenClock(NOW_S))
    await reader.step()
    view = community_view(state(reader.facts))
    assert (view.offers, view.services, view.deals, view.certificates) == (None,) * 4
    assert view.sentence.startswith("This community has no contract for suppliers' offers, ")


async def test_a_served_deal_whose_event_is_not_there_stays_open(history: History) -> None:
    chain = Chain()
    fill(chain)
    history.outcomes.put(
        [SettledPart(FIRST + 1, PartKind.DEAL, 5, 0, "0x" + "aa" * 32, deal_micro=-7)]
    )

    async def lost(wanted: Any, first: int, last: int) -> Any:
        return SimpleNamespace(is_complete=False, events=())

    chain.search = lost  # type: ignore[method-assign]
    reader = reader_of(chain, history, DrivenClock(NOW_S))
    await reader.step()
    assert reader.facts is not None
    assert reader.facts.undelivered == {FIRST + 1}


async def test_what_deals_delivered_is_read_from_their_events(history: History) -> None:
    chain = Chain()
    fill(chain)
    told = SettledPart(FIRST + 1, PartKind.DEAL, 5, 0, "0x" + "aa" * 32, deal_micro=-7)
    history.outcomes.put([told])
    artefact = chain.community.settlement.artefact
    raw = encode(["uint256"] * 4 + ["int256"] * 2, [FIRST + 1, 25, 90_000, 11, 0, 0])
    own, seller = (address_bytes(one).rjust(32, b"\0") for one in (ME, ANNA))
    topics = (artefact.topic("DealServed"), seller, own)
    event = EventLog(LogEntry(address_bytes(AT["Settlement"]), topics, raw), 5, b"", 0, b"", 0, 0)

    async def search(wanted: Any, first: int, last: int) -> EventSearch:
        assert (first, last) == (5, 5)
        return EventSearch((event,) if wanted.takes(event.log) else (), first, last)

    chain.search = search  # type: ignore[method-assign]
    reader = reader_of(chain, history, DrivenClock(NOW_S))
    await reader.step()
    assert reader.facts is not None
    (one,) = reader.facts.deliveries
    assert (one.interval, one.quantity_wh, one.price_micro) == (FIRST + 1, 25, 90_000)
    assert reader.facts.undelivered == frozenset()


async def test_an_outcome_that_changed_is_read_again(history: History) -> None:
    chain, clock = Chain(), DrivenClock(NOW_S)
    fill(chain)
    reader = reader_of(chain, history, clock)
    await reader.step()
    chain.put("Settlement", "records", 77, ME, member=HOUR % 192)
    clock.advance(NOW_S + 900)
    await reader.step()
    assert reader.facts is not None
    assert reader.facts.rests[FIRST] == 40
    chain.settled[FIRST] = outcome(FIRST, 137)
    clock.advance(NOW_S + 1_800)
    await reader.step()
    assert reader.facts.rests[FIRST] == 77
    reader.forget()
    assert reader.facts is None


# -- the section -----------------------------------------------------------------------------


def state(facts: CommunityRead | None, **changes: Any) -> CommunityState:
    picture: Any = SimpleNamespace(block_number=7, block_time_s=int(NOW_S), supply=None)
    settled = {FIRST + n: outcome(FIRST + n) for n in range(4)}
    return replace(CommunityState(NOW_S, ZONE, ME, facts, settled, picture), **changes)


TERMS = DealTerms(ANNA, ME, DealKind.SHARE, 2_500, 5_000, 90_000, FIRST, FIRST + 96)
READ = CommunityRead(
    7,
    offers=(),
    services=(),
    deals={"0x" + DEAL_ID.hex(): TERMS},
    certificates={
        HOUR: (HourRecord(50, 50, 0, 240, 400, 0, 120, True), HourPool(50, 100, 50)),
    },
    has_production_meter=True,
    rests={FIRST + n: 40 for n in range(4)},
    produced={FIRST + n: 20 for n in range(4)},
    deliveries=(Delivery(FIRST, ANNA, ME, 25, 90_000, 11),),
)


def test_an_hour_is_split_by_its_sources() -> None:
    (hour,) = community_view(state(READ)).hours
    # 4 x (100 imported, of which 40 from the supplier), 25 by a deal, half of the rest is green.
    assert (hour.supplier_wh, hour.deals_wh) == (160, 25)
    assert (hour.neighbours_green_wh, hour.neighbours_other_wh) == (107, 108)
    assert hour.own_wh == 80
    assert hour.mark is TrustMark.VERIFIED
    (day,) = community_view(state(READ)).days
    assert (day.supplier_wh, day.own_wh, day.mark) == (160, 80, TrustMark.VERIFIED)


@pytest.mark.parametrize(
    "facts",
    [
        replace(READ, certificates={HOUR: (None, HourPool(0, 0, 0))}),
        replace(READ, undelivered=frozenset({FIRST})),
        replace(READ, produced={}),
        replace(READ, rests={FIRST: 40}),
    ],
)
def test_an_hour_with_a_part_missing_is_pending(facts: CommunityRead) -> None:
    (hour,) = community_view(state(facts)).hours
    assert hour.mark is TrustMark.PENDING


def test_nothing_is_green_before_it_is_claimed() -> None:
    facts = replace(READ, certificates={HOUR: (None, HourPool(50, 0, 0))})
    (hour,) = community_view(state(facts)).hours
    assert (hour.neighbours_green_wh, hour.neighbours_other_wh) == (0, 215)


def test_deals_and_certificates_are_told() -> None:
    view = community_view(state(READ))
    assert view.deals is not None
    assert view.certificates is not None
    (deal,) = view.deals
    assert (deal.role, deal.partner, deal.state) == ("buyer", ANNA, "running")
    assert (deal.delivered_wh, deal.paid_micro) == (25, -(2_250 + 11))
    assert view.deals[0].start_s == interval_start_s(FIRST)
    assert (view.certificates.issued_wh, view.certificates.used_wh) == (50, 170)
    assert view.certificates.since_s == HOUR * 3600
    assert view.sentence == ""


def test_before_the_first_reading_nothing_is_claimed() -> None:
    view = community_view(state(None))
    assert view.sentence == NOT_READ
    assert view.deals is None
    assert view.hours == ()
    assert community_view(state(None, no_chain="No chain.")).sentence == "No chain."
