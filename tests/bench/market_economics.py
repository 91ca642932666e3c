"""Bills of a community on measured data: supplier alone, mid-market rate, and this market.

The homes of :mod:`.market_homes` trade by the product's own agent, auction and settlement rules.
Nothing is looked at before it could be known: forecasts are persistence two intervals ahead,
prices are learnt from past clearings. The community's parameters were chosen on 28 summer and 28
winter days; 28 days of spring and of autumn, which had no part in the choice, confirm them. What
bidding itself is worth is seen by letting every other home bid and the rest only share, then the
other way round.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from peerwatt.market import ladder
from peerwatt.market.accuracy import START_H, AccuracyRules, next_h
from peerwatt.market.agent import OWN_TERMS, TradeTerms, TradingAgent
from peerwatt.market.learning import PriceMemory
from peerwatt.market.record import TradeRecord
from peerwatt.market.settlement_view import supplier_only_micro
from peerwatt.market.settling import Metered, SettlingRules, finalise_zone, supplier_micro
from peerwatt.model.market import Clearing, MarketRules, Order, PriceLadder, Tariff
from peerwatt.model.plan import IntervalForecast, Plan, PlanStep
from peerwatt.model.units import cost_down_micro, cost_up_micro, interval_start_s

from .figures import Figure
from .market_homes import DATA, DAY, HOMES, WITH_PV, Homes, make_homes

RULES = MarketRules(PriceLadder(60_000, 1_000, 256), 1, 180)
TARIFFS = (Tariff(300_000, 80_000), Tariff(285_000, 90_000))
"""Of two suppliers; homes have them in turn."""

ALL = frozenset(range(HOMES))
DAYS = 28
SEASONS = {"summer": 159, "winter": 14}
"""First day of the year: 9 June, 15 January."""
CONFIRMING = {"spring": 80, "autumn": 273}
"""22 March, 1 October."""

MID_MICRO = (min(t.retail_micro_per_kwh for t in TARIFFS)
             + max(t.feed_in_micro_per_kwh for t in TARIFFS)) // 2  # fmt: skip
ALWAYS_WH = 2**32 - 1
"""No book moves as much: what trade leaves over is always shared."""
SETTLING = SettlingRules(AccuracyRules(220_000, weight_permille=25), ALWAYS_WH, MID_MICRO)
"""What the street's community has agreed, for these tariffs."""

QUARTIERSTROM_PCT = 33.0
"""Local demand met by local PV in that trial, almost twice the share before."""


KNOWN_AFTER = 1
"""Intervals later a reading is known: the order for the next one was placed before its end."""

Wish = tuple[PlanStep, IntervalForecast]


@dataclass(frozen=True, slots=True)
class Choice:
    """What a community and its members have chosen."""

    settling: SettlingRules = SETTLING
    terms: TradeTerms = OWN_TERMS
    bids: frozenset[int] = ALL
    """Homes whose agents place orders."""
    no_fuss: frozenset[int] = ALL
    """Homes that share at the mid-market price what their trade leaves over or lacks."""
    seed: int = 4
    """Of the homes."""


AGREED = Choice()


@dataclass(frozen=True, slots=True)
class Seen:
    """A settled interval, until the homes know of it."""

    interval: int
    wishes: list[Wish]
    metered: Sequence[int]
    clearing: Clearing
    flows: list[int]
    """Received (+) or paid (-) by each home, micro-units."""
    traded: list[bool]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a season came to; bills in micro-units, one for each home."""

    supplier_micro: tuple[int, ...]
    mid_market_micro: tuple[int, ...]
    market_micro: tuple[int, ...]
    demand_wh: int
    own_wh: int
    """Demand met by the home's own PV, its battery included."""
    neighbours_wh: int
    """Demand met by PV of neighbours: imports less what the suppliers were paid for."""
    auction_wh: int
    """Of that, bought in the auction and really delivered."""
    possible_wh: int
    """What neighbours had to spare while others imported."""
    traded_wh: int
    price_micro: int
    """Mean, by volume."""


@dataclass(slots=True)
class Community:
    """Homes with their agents, as the season goes on."""

    homes: Homes
    choice: Choice
    tariffs: Sequence[Tariff]
    agents: Sequence[TradingAgent]
    memory: PriceMemory
    records: list[TradeRecord]
    wishes: list[Wish] = field(default_factory=list)
    unseen: list[Seen] = field(default_factory=list)

    @classmethod
    def of(cls, homes: Homes, choice: Choice) -> Community:
        """Give each home its tariff and agent."""
        tariffs = [TARIFFS[i % len(TARIFFS)] for i in range(HOMES)]
        resting = replace(choice.terms, enabled=False)
        agents = [
            TradingAgent(RULES, tariff, choice.terms if home in choice.bids else resting)
            for home, tariff in enumerate(tariffs)
        ]
        records = [TradeRecord()] * HOMES
        return cls(homes, choice, tariffs, agents, PriceMemory(RULES.ladder), records)

    def watch(
        self, metered: Sequence[int], clearing: Clearing, fills: Sequence[ladder.Fill], flows: Any
    ) -> None:
        """Let each home see what its forecasts were worth, once an order could use it."""
        traded = [fill.bought_wh + fill.sold_wh > 0 for fill in fills]
        seen = Seen(clearing.interval, self.wishes, metered, clearing, flows.tolist(), traded)
        self.unseen.append(seen)
        if len(self.unseen) <= KNOWN_AFTER:
            return
        seen = self.unseen.pop(0)
        for home, agent in enumerate(self.agents):
            (step, forecast), wh = seen.wishes[home], seen.metered[home]
            alone = supplier_only_micro(max(wh, 0), max(-wh, 0), self.tariffs[home])
            learnt = agent.learn(self.records[home], step, forecast, wh, {0: seen.clearing})
            if seen.traded[home]:
                learnt = learnt.booked(seen.interval, seen.flows[home] + alone)
            self.records[home] = learnt

    def orders(self, row: int, interval: int) -> list[Order | None]:
        """Return each home's order for an interval."""
        market = {0: self.memory.expect(interval)}
        now_s = float(interval_start_s(interval) - 600)
        nets, sigmas = self.homes.expected_wh[row], self.homes.sigma_wh[row]
        self.wishes = [
            _wish(interval, int(net), int(sigma), tariff)
            for net, sigma, tariff in zip(nets, sigmas, self.tariffs, strict=True)
        ]
        return [
            agent.decide(
                interval, Plan(now_s, (step,)), forecast, now_s, market=market, record=record
            ).order
            for agent, (step, forecast), record in zip(
                self.agents, self.wishes, self.records, strict=True
            )
        ]

    def cleared(self, interval: int, orders: Sequence[Order | None]) -> Clearing:
        """Clear the book and let everybody learn from it."""
        placed = [order for order in orders if order is not None]
        book = ladder.book_of(interval, placed, RULES.ladder.count)
        clearing = ladder.clear(book, RULES)
        self.memory = self.memory.after([clearing])
        return clearing


def _wish(interval: int, net: int, sigma: int, tariff: Tariff) -> tuple[PlanStep, IntervalForecast]:
    """Return what a home without flexible devices plans: the supplier is its alternative."""
    value = tariff.retail_micro_per_kwh if net > 0 else tariff.feed_in_micro_per_kwh
    step = PlanStep(interval, 0, 0, 0, 0, net, None, value, "", value)
    return step, IntervalForecast(interval, 0, 0, sigma)


def run_season(first_day: int, choice: Choice, days: int = DAYS) -> Outcome:
    """Let the homes trade through a season."""
    homes = make_homes(first_day, days, choice.seed)
    community = Community.of(homes, choice)
    market = np.zeros(HOMES, np.int64)
    records = {str(home): START_H for home in range(HOMES)}
    neighbours = auction = traded = worth = 0
    first = (17_897 + first_day) * DAY  # 1 January 2019 is day 17 897 of Unix time
    for row in range(days * DAY):
        orders = community.orders(row, first + row)
        clearing = community.cleared(first + row, orders)
        metered = [int(wh) for wh in homes.metered_wh[row]]
        fills = [
            ladder.Fill() if order is None else ladder.fill(order, {0: clearing}, RULES)
            for order in orders
        ]
        flows, supplied_wh = settle(metered, fills, community, records, clearing)
        community.watch(metered, clearing, fills, flows)
        market -= flows
        imports = sum(max(wh, 0) for wh in metered)
        # Who takes is rounded up: never more than there was to share.
        neighbours += max(min(imports - supplied_wh, imports - sum(metered)), 0)
        auction += delivered_wh(metered, fills)
        traded += clearing.volume_wh
        worth += clearing.volume_wh * clearing.price_micro
    net = homes.metered_wh
    return Outcome(
        supplier_micro=alone(net, community.tariffs),
        mid_market_micro=mid_market(net, community.tariffs),
        market_micro=tuple(int(bill) for bill in market),
        demand_wh=int(homes.load_wh.sum()),
        own_wh=int((homes.load_wh - np.maximum(net, 0)).sum()),
        neighbours_wh=neighbours,
        auction_wh=auction,
        possible_wh=int(
            np.minimum(np.maximum(net, 0).sum(axis=1), np.maximum(-net, 0).sum(axis=1)).sum()
        ),
        traded_wh=traded,
        price_micro=worth // max(traded, 1),
    )


def settle(
    metered: Sequence[int],
    fills: Sequence[ladder.Fill],
    community: Community,
    records: dict[str, int],
    clearing: Clearing,
) -> tuple[Any, int]:
    """Return what each home receives (+) or pays (-) for an interval, and what Wh suppliers sold.

    Moves the records H on.
    """
    choice, tariffs = community.choice, community.tariffs
    members = {
        str(home): Metered(
            max(wh, 0),
            max(-wh, 0),
            fill.bought_wh,
            fill.sold_wh,
            tariff,
            no_fuss=home in choice.no_fuss,
        )
        for home, (wh, fill, tariff) in enumerate(zip(metered, fills, tariffs, strict=True))
    }
    price, volume = clearing.price_micro, clearing.volume_wh
    final = finalise_zone(members, records, price, volume, choice.settling)
    for name, one in members.items():
        records[name] = next_h(records[name], one.deviation(records[name]))
    flows = [
        fill.trade_micro
        + fill.charge_micro
        + supplier_micro(one.rest_wh, one.tariff)
        + final[name].accuracy_micro
        + final[name].mid_market_micro
        for fill, (name, one) in zip(fills, members.items(), strict=True)
    ]
    supplied = sum(
        one.rest_wh - final[name].shared_wh for name, one in members.items() if one.rest_wh > 0
    )
    return np.array(flows, np.int64), supplied


def delivered_wh(metered: Sequence[int], fills: Sequence[ladder.Fill]) -> int:
    """Energy that was bought and used as well as sold and fed in."""
    pairs = list(zip(metered, fills, strict=True))
    used = sum(min(fill.bought_wh, max(wh, 0)) for wh, fill in pairs)
    fed_in = sum(min(fill.sold_wh, max(-wh, 0)) for wh, fill in pairs)
    return min(used, fed_in)


def alone(net: Any, tariffs: Sequence[Tariff]) -> tuple[int, ...]:
    """Bills with the supplier alone."""
    return tuple(
        sum(supplier_only_micro(max(wh, 0), max(-wh, 0), tariff) for wh in column)
        for column, tariff in zip(net.T.astype(int).tolist(), tariffs, strict=True)
    )


def mid_market(net: Any, tariffs: Sequence[Tariff]) -> tuple[int, ...]:
    """Bills where what is matched in an interval is shared pro rata at the middle price."""
    wanted, offered = np.maximum(net, 0), np.maximum(-net, 0)
    matched = np.minimum(wanted.sum(axis=1), offered.sum(axis=1))[:, None]
    bought = np.floor(wanted * matched / np.maximum(wanted.sum(axis=1), 1)[:, None])
    sold = np.floor(offered * matched / np.maximum(offered.sum(axis=1), 1)[:, None])
    bills = []
    for home, tariff in enumerate(tariffs):
        rows = np.stack([wanted, offered, bought, sold])[:, :, home].astype(int).T.tolist()
        bills.append(
            sum(
                supplier_only_micro(wish - take, offer - give, tariff)
                + cost_up_micro(take, MID_MICRO)
                - cost_down_micro(give, MID_MICRO)
                for wish, offer, take, give in rows
            )
        )
    return tuple(bills)


def saved_micro(found: Outcome) -> Any:
    """Return what each home saved against the supplier alone, micro-units."""
    return np.array(found.supplier_micro) - np.array(found.market_micro)


def bills_figures(name: str, found: Outcome) -> list[Figure]:
    """Return what a season cost together, and how the home fared that fared worst."""
    saved = saved_micro(found)
    by_mid = np.array(found.supplier_micro) - np.array(found.mid_market_micro)
    bills = [sum(one) / 1e6 for one in (
        found.market_micro, found.supplier_micro, found.mid_market_micro)]  # fmt: skip
    worse = int((saved < 0).sum())
    return [
        Figure(f"{name}: bills, this market", bills[0], "EUR",
               f"supplier alone {bills[1]:.2f}, mid-market rate {bills[2]:.2f}",
               "< supplier alone", bills[0] < bills[1]),
        Figure(f"{name}: homes worse off than with the supplier", worse, "homes",
               f"of {HOMES}; mid-market rate {int((by_mid < 0).sum())}", "0", worse == 0),
        Figure(f"{name}: least that any home saved", float(saved.min()) / 1e6, "EUR",
               f"median {np.median(saved) / 1e6:.2f}, most {saved.max() / 1e6:.2f}; "
               f"mid-market rate {by_mid.min() / 1e6:.2f}", ">= 0", bool(saved.min() >= 0)),
    ]  # fmt: skip


def energy_figures(name: str, found: Outcome) -> list[Figure]:
    """Return how much local energy met local demand, and what was paid for what was traded."""
    before, traded, met, bound = (
        100 * (found.own_wh + wh) / found.demand_wh
        for wh in (0, found.auction_wh, found.neighbours_wh, found.possible_wh)
    )
    return [
        Figure(f"{name}: local demand met by local PV", met, "%",
               f"before {before:.1f}, by the auction {traded:.1f}, "
               f"most possible {bound:.1f}, trial {QUARTIERSTROM_PCT:.0f}",
               "> before", met > before),
        Figure(f"{name}: mean price of {found.traded_wh / 1e6:.2f} MWh traded",
               found.price_micro / 10_000, "ct/kWh", f"mid-market rate {MID_MICRO / 10_000:.2f}",
               "feed-in to retail", 80_000 <= found.price_micro <= 300_000),
    ]  # fmt: skip


def bidding_figure(name: str, first_day: int, choice: Choice, days: int = DAYS) -> Figure:
    """Return what homes gain by bidding against the same homes when they only share.

    Half of the homes bid in either run, so that each is seen both ways among the same others.
    """
    halves = [frozenset(range(start, HOMES, 2)) for start in (0, 1)]
    runs = [saved_micro(run_season(first_day, replace(choice, bids=half), days)) for half in halves]
    gains = np.array([
        int(runs[home % 2][home] - runs[1 - home % 2][home]) for home in range(HOMES)
    ])  # fmt: skip
    mean = float(gains.mean()) / 1e6
    return Figure(f"{name}: mean gain of a home by bidding, not only sharing", mean, "EUR",
                  f"of {HOMES} homes {int((gains > 0).sum())} gain, with PV "
                  f"{gains[:WITH_PV].mean() / 1e6:.2f}, without {gains[WITH_PV:].mean() / 1e6:.2f}",
                  "> 0", mean > 0)  # fmt: skip


def figures(choice: Choice = AGREED) -> list[Figure]:
    """Return all figures and the time that they took; none without the data."""
    if not DATA.exists():
        print(f"economics: left out, {DATA} is not there")
        return []
    begun = time.process_time()
    found: list[Figure] = []
    for name, first_day in SEASONS.items():
        outcome = run_season(first_day, choice)
        found += [*bills_figures(name, outcome), *energy_figures(name, outcome)]
        found.append(bidding_figure(name, first_day, choice))
    for name, first_day in CONFIRMING.items():
        found += bills_figures(name, run_season(first_day, choice))
    took = time.process_time() - begun
    size = f"{(3 * len(SEASONS) + len(CONFIRMING)) * DAYS * DAY * HOMES} home-intervals"
    found.append(Figure("economics, all runs, one core", took, "s", size, "< 120", took < 120))
    return found
