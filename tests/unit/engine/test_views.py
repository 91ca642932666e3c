"""What the sections of the API say of orders, trades, plans and chain values."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from peerwatt.api.base import TrustMark
from peerwatt.api.messages import SetBattery, SetCar
from peerwatt.chain.bindings.community import SupplyStanding
from peerwatt.chain.bindings.registry import Member, Used
from peerwatt.chain.status import ChainStatus, SyncState
from peerwatt.engine.overrides import Overrides
from peerwatt.engine.owner_wallet.rows import Ledger, rows
from peerwatt.engine.picture import ChainPicture, CommunityFacts
from peerwatt.engine.views.chain_value import chain_value
from peerwatt.engine.views.flow import flow_view
from peerwatt.engine.views.market import MarketState, market_view, open_interval
from peerwatt.engine.views.plan import PlanState, plan_view
from peerwatt.model.market import (
    Book,
    BookRules,
    Clearing,
    MarketRules,
    Order,
    OrderIntent,
    OrderState,
    PriceLadder,
    SettledInterval,
    Side,
    Step,
)
from peerwatt.model.plan import Plan, PlanStep
from peerwatt.model.readings import DeviceHealth, DeviceInfo, DeviceKind, Health, MeterReading
from peerwatt.model.snapshot import Snapshot
from peerwatt.model.supply import Account, Offer
from peerwatt.model.units import interval_start_s
from peerwatt.planner.inputs import StepReason

NOW = 2_000_000
NOW_S = interval_start_s(NOW) + 60.0
RULES = MarketRules(PriceLadder(60_000, 1_000, 256), 1, 180)
FACTS = CommunityFacts(RULES, Member(1, True, 300_000, 80_000, "0x0", "0x0"))
PICTURE = ChainPicture(
    block_number=7,
    block_time_s=int(NOW_S) - 5,
    credit_micro=5_000_000,
    escrowed_micro=0,
    total_supply_micro=9_000_000,
    grant=None,
    used_today=Used(0, 0),
    metered_until=NOW - 1,
)


def intent(interval: int, state: OrderState = OrderState.PLACED) -> OrderIntent:
    order = Order.single(interval, Side.BUY, 140, 1000)
    return OrderIntent("0xme", order, state, NOW_S, "because")


def market(**changes: object) -> MarketState:
    state = MarketState(NOW_S, FACTS, PICTURE, [], [], [], False, "")
    return replace(state, **changes)  # type: ignore[arg-type]


def test_an_order_is_verified_only_once_its_slot_is_proven() -> None:
    view = market_view(market(intents=[intent(NOW + 1)]))
    assert view.orders[0].mark is TrustMark.PENDING
    assert view.orders[0].limit_micro == 200_000
    proven = replace(PICTURE, orders={NOW + 1: intent(NOW + 1).order})
    view = market_view(market(intents=[intent(NOW + 1)], picture=proven))
    assert view.orders[0].mark is TrustMark.VERIFIED


def test_a_cleared_order_shows_its_fill_and_price() -> None:
    clearing = Clearing(NOW, 190_000, 700, 140, 140, 7, 10, 1, 1)
    picture = replace(PICTURE, clearings={(0, NOW): clearing}, orders={NOW: intent(NOW).order})
    shown = market_view(market(intents=[intent(NOW)], picture=picture)).orders[0]
    assert (shown.state, shown.filled_wh, shown.price_micro) == ("cleared", 700, 190_000)


def test_a_trade_is_set_beside_the_supplier_with_one_sign() -> None:
    settled = SettledInterval(NOW - 1, 1000, 0, 600, 0, 200_000, -120_000, -120_000)
    trade = market_view(market(settled=[settled])).trades[0]
    assert trade.supplier_only_micro == -300_000
    assert trade.trade_micro + trade.supplier_micro > trade.supplier_only_micro


def test_the_parts_of_an_interval_and_why_it_came_out_so() -> None:
    full = SettledInterval(
        NOW - 1, 1000, 0, 600, 0, 200_000, -120_000, -120_000, -6_000, -9_000, 0, 2_000, True
    )
    state = market(settled=[full], picture=replace(PICTURE, final_until=NOW - 1))
    trade = market_view(state).trades[0]
    assert trade.total_micro == -253_000
    assert trade.saved_micro == 300_000 - 253_000
    assert (trade.charge_micro, trade.accuracy_micro, trade.deal_micro) == (-6_000, -9_000, 2_000)
    assert trade.is_estimated
    assert not trade.is_final
    assert trade.sentence == (
        "600 Wh bought nearby: 4.70 ct better than with the supplier alone (with direct deals); "
        "the readings are an estimate until the meter's own come."
    )
    vain = SettledInterval(NOW - 1, 100, 0, 600, 0, 200_000, -120_000, 40_000)
    trade = market_view(market(settled=[vain], picture=state.picture)).trades[0]
    assert trade.is_final
    assert trade.sentence.endswith(
        "5.00 ct worse than with the supplier alone, because of 500 Wh that were bought but not "
        "used."
    )
    missed = SettledInterval(NOW - 1, 0, 100, 0, 600, 200_000, 60_000, -150_000, 0, -200_000)
    assert "because of the penalty" in market_view(market(settled=[missed])).trades[0].sentence
    idle = SettledInterval(NOW - 1, 100, 0, 0, 0, 0, 0, -30_000)
    said = market_view(market(settled=[idle])).trades[0].sentence
    assert said == "Nothing traded nearby: the same as with the supplier alone."


def test_an_interval_is_set_beside_the_tariff_of_its_time() -> None:
    newest = replace(FACTS.member, retail_micro_per_kwh=250_000, since_interval=NOW)
    facts = replace(FACTS, newest=newest, former=FACTS.member)
    settled = [SettledInterval(i, 1000, 0, 0, 0, 0, 0, 0) for i in (NOW - 1, NOW)]
    trades = market_view(market(settled=settled, facts=facts)).trades
    assert [trade.supplier_only_micro for trade in trades] == [-250_000, -300_000]
    assert facts.bill(settled).supplier_only_micro == 550_000


WIDE = replace(RULES, books=(BookRules(1, 9), BookRules(9, None, 20_000)))


def test_an_order_of_two_steps_in_two_books() -> None:
    order = Order(NOW, (Step(Side.BUY, 140, 400), Step(Side.BUY, 120, 300, reach=1)))
    placed = OrderIntent("0xme", order, OrderState.PLACED, NOW_S, "because")
    facts = replace(FACTS, rules=WIDE)
    own = Clearing(NOW, 190_000, 700, 150, 130, 7, 10, 1, 1)
    picture = replace(PICTURE, clearings={(0, NOW): own}, orders={NOW: order})
    waiting = market_view(market(intents=[placed], picture=picture, facts=facts)).orders[0]
    assert (waiting.state, waiting.quantity_wh, waiting.filled_wh) == ("placed", 700, None)
    wide = Clearing(NOW, 160_000, 300, 110, 90, 1, 1, 1, 1)
    picture = replace(picture, clearings={(0, NOW): own, (1, NOW): wide})
    shown = market_view(market(intents=[placed], picture=picture, facts=facts)).orders[0]
    assert (shown.state, shown.filled_wh, shown.price_micro) == ("cleared", 300, 160_000)
    assert [(s.filled_wh, s.charge_micro, s.reach) for s in shown.steps] == [
        (0, 0, 0),
        (300, 20_000, 1),
    ]


def test_wider_books_are_shown_with_their_charge_and_the_grids_limit() -> None:
    curve = (500,) * 256
    facts = replace(FACTS, rules=WIDE)
    books = {(reach, NOW + 1): Book(NOW + 1, curve, curve, 800) for reach in (0, 1)}
    view = market_view(market(picture=replace(PICTURE, books=books), facts=facts))
    assert view.ladder is not None
    assert (view.ladder.reach, view.ladder.limit_wh) == (0, 800)
    assert [ladder.reach for ladder in view.wider] == [1]
    assert [(book.book, book.charge_micro) for book in view.books] == [(1, 0), (9, 20_000)]


def test_an_account_that_runs_low_says_what_to_do() -> None:
    picture = replace(PICTURE, available_micro=1_500_000, escrowed_micro=300_000)
    account = market_view(market(picture=picture, warn_below_micro=2_000_000)).account
    assert account is not None
    assert account.is_low
    assert account.sentence == "Only 1.50 left for orders and fees: deposit credits."
    assert (account.available.value, account.escrowed.value) == (1_500_000, 300_000)
    account = market_view(market(picture=picture, warn_below_micro=1_000_000)).account
    assert account is not None
    assert (account.is_low, account.sentence) == (False, "")


@pytest.mark.parametrize(
    ("since_s", "state", "word"),
    [(0, "active", "paid"), (1, "suspended", "power stays on"), (int(NOW_S) - 60, "grace", "5.00")],
)
def test_the_supplier_and_what_its_state_means(since_s: int, state: str, word: str) -> None:
    account = Account(offer=3, due_micro=5_000_000 if since_s else 0, unpaid_since_s=since_s)
    standing = SupplyStanding(account, Offer(3, "0xs", 300_000, 80_000, 5_000_000, 0))
    supply = market_view(market(picture=replace(PICTURE, supply=standing))).supply
    assert supply is not None
    assert supply.state == state
    assert word in supply.meaning
    assert bool(supply.action) == bool(since_s)
    assert supply.monthly_fee_micro == 5_000_000


def test_what_may_be_missing_is_said() -> None:
    assert "block 3 and 90" in market_view(market(lost_blocks=(3, 90))).incomplete
    assert market_view(market()).incomplete == ""


def test_the_curves_leave_out_ticks_at_which_nothing_changes() -> None:
    demand = tuple(500 if tick == 200 else 0 for tick in range(256))
    supply = tuple(300 if tick == 50 else 0 for tick in range(256))
    picture = replace(PICTURE, books={(0, NOW + 1): Book(NOW + 1, demand, supply)})
    ladder = market_view(market(picture=picture)).ladder
    assert ladder is not None
    assert [(level.price_micro, level.demand_wh, level.supply_wh) for level in ladder.levels] == [
        (110_000, 500, 300),
        (260_000, 500, 300),
    ]


@pytest.mark.parametrize(("second", "ahead"), [(0, 1), (719, 1), (720, 1), (721, 2), (899, 2)])
def test_the_open_interval_is_the_one_whose_gate_closes_next(second: int, ahead: int) -> None:
    assert open_interval(interval_start_s(NOW) + second, 180) == NOW + ahead


def status(state: SyncState) -> ChainStatus:
    return ChainStatus("devnet", "qbft", 1, 4, state, "", 7, 1, 7, 7, 0, ())


@pytest.mark.parametrize(
    ("state", "mark"),
    [
        (SyncState.VERIFIED, TrustMark.VERIFIED),
        (SyncState.STALE, TrustMark.PENDING),
        (SyncState.AWAY, TrustMark.PENDING),
        (SyncState.STOPPED, TrustMark.CONTRADICTED),
    ],
)
def test_a_value_is_verified_only_while_the_chain_is(state: SyncState, mark: TrustMark) -> None:
    assert chain_value(1, PICTURE, status(state)).mark is mark


def test_nothing_unproven_is_shown_as_verified() -> None:
    assert chain_value(1, None, status(SyncState.VERIFIED)).mark is TrustMark.UNVERIFIED
    assert chain_value(None, PICTURE, status(SyncState.VERIFIED)).value is None


def step(ahead: int, ev_wh: int = 0, price: int = 300_000) -> PlanStep:
    return PlanStep(NOW + ahead, 0, 100, 0, ev_wh, 100 + ev_wh, None, price, "reason")


def plan_state(*steps: PlanStep, **fields: Any) -> PlanState:
    base = PlanState(NOW_S, Plan(NOW_S, steps), (), Overrides(), (), (), has_car=True)
    return replace(base, **fields)


def reason(ahead: int, subject: str, action: str, *micro: int | None) -> StepReason:
    """A reason with its price, the one it is compared with (two intervals on), where it turns."""
    price, other, turns = micro
    at = None if other is None else NOW + ahead + 2
    return StepReason(NOW + ahead, subject, action, price or 0, at, other, turns)  # type: ignore[arg-type]


def test_the_car_starts_for_the_cheaper_hour() -> None:
    why = reason(2, "car", "charge", 110_000, 270_000, 150_000)
    costs = {"not tonight": 840_000, "car now": 120_000}
    view = plan_view(
        plan_state(step(0), step(1), step(2, 1000, 110_000), reasons=(why,), costs=costs)
    )
    action = view.actions[0]
    assert action.what == "The car starts charging"
    at = datetime.fromtimestamp(interval_start_s(NOW + 4), UTC).strftime("%H:%M")
    assert action.why == f"A kWh costs 11 ct then, 27 ct at {at}."
    assert action.change == "Above 15 ct it waits."
    assert (action.undo, action.undo_cost_micro) == ("Not tonight", 840_000)
    assert action.time_s == interval_start_s(NOW + 2)
    assert view.overrides.car_now == 120_000


def test_the_car_pauses_and_says_why() -> None:
    done = plan_view(
        plan_state(step(0, 1000), step(1), reasons=(reason(1, "car", "done", 300_000, None, None),))
    )
    assert done.actions[0].why == "It has what it needs by then."
    waits = reason(1, "car", "wait", 300_000, 100_000, 100_000)
    later = plan_view(plan_state(step(0, 1000), step(1), step(2, 1000, 100_000), reasons=(waits,)))
    assert later.actions[0].why.startswith("A kWh costs 30 ct then, 10 ct at ")
    assert later.actions[0].change == "Below 10 ct it would charge."
    assert later.actions[0].undo_cost_micro is None


def test_an_override_says_what_it_costs_and_what_the_plan_would_save() -> None:
    wish = Overrides(car="now", car_until_s=NOW_S + 600)
    view = plan_view(plan_state(step(0), overrides=wish, costs={"held car now": 840_000}))
    assert view.actions[0].why == "You asked for it; it costs 0.84 more than the plan."
    assert view.actions[0].undo_cost_micro == -840_000
    unknown = plan_view(plan_state(step(0), overrides=wish))
    assert unknown.actions[0].why == "You asked for it."


def test_an_appliance_is_suggested_at_its_cheapest_time() -> None:
    view = plan_view(
        plan_state(step(0), step(1, 0, 90_000), starts=(("Dishwasher", NOW + 1),), has_car=False)
    )
    assert view.actions[0].what == "Dishwasher"
    assert view.actions[0].why == "The cheapest time to start it. A kWh costs 9 ct then."


def test_overrides_end_by_themselves_and_survive_a_restart() -> None:
    overrides = Overrides().changed_by(SetCar(mode="pause", minutes=10), NOW_S)
    overrides = overrides.changed_by(SetBattery(mode="hold", minutes=20), NOW_S)
    assert Overrides.restored(overrides.view().model_dump(mode="json")) == overrides
    assert overrides.at(NOW_S + 601).car == "auto"
    assert overrides.at(NOW_S + 601).battery == "hold"
    assert overrides.at(NOW_S + 1201) == Overrides()


def test_a_stale_value_is_sent_and_named() -> None:
    info = DeviceInfo("meter", DeviceKind.METER, "sunspec-tcp")
    reading = MeterReading("meter", NOW_S - 60, 700.0, 1, 1)
    health = DeviceHealth("meter", Health.STALE)
    view = flow_view(
        Snapshot(NOW_S, 1, {"meter": reading}, {"meter": health}, {"meter": info}), 250
    )
    assert (view.grid_w, view.stale, view.home_w) == (700.0, ("grid",), None)
    assert view.neighbours_w == 1000.0
    assert not view.has_battery


def test_what_settlement_moved_stands_in_the_wallet() -> None:
    quiet = SettledInterval(NOW - 2, 0, 0, 0, 0, 0, 0, 0)
    bought = SettledInterval(NOW - 1, 1000, 0, 600, 0, 200_000, -120_000, -120_000)
    found = rows(Ledger(settled=(quiet, bought)))
    assert [(row.what, row.amount_micro) for row in found] == [
        ("Settled: 600 Wh bought nearby", -240_000)
    ]
