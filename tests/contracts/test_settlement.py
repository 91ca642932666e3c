"""Trade and meter meet: every figure has its counterpart and nothing is lost on the way."""

from __future__ import annotations

import pytest
from eth_utils import keccak
from tests.contracts.settling import (
    BUY,
    CHARGE,
    FEED_IN,
    FUNDS,
    MID,
    RETAIL,
    SELL,
    SPREAD,
    STRANGER,
    THIN_WH,
    WEIGHT,
    G,
    Homes,
)

from peerwatt.chain.bindings.settlement import (
    deal_micro,
    decode_progress,
    decode_record,
    final_rows,
    settled_interval,
    settled_rows,
)
from peerwatt.model.units import cost_down_micro, cost_up_micro

PRICE = 180_000
"""Tick 20."""


@pytest.fixture(scope="module")
def built():
    return Homes(5, zones=(1, 1, 1, 1, 2))


@pytest.fixture
def homes(built):
    built.reset()
    return built


@pytest.fixture
def interval(homes):
    """Home 0 bought 500 Wh of home 1 at 180 000 in the interval that is returned."""
    interval = homes.first + 3
    homes.place(0, homes.order(interval, (BUY, 20, 500)))
    homes.place(1, homes.order(interval, (SELL, 20, 500)))
    homes.after(interval)
    return interval


def meter(homes, interval, *rows, start=0):
    """Settle one interval of successive homes in one transaction."""
    homes.settle(*(homes.batch(start + i, interval, [row]) for i, row in enumerate(rows)))


def events(homes, name, contract=None):
    logs = (contract or homes.settlement).logs()
    return [values for found, values in logs if found == name]


def gained(homes, account):
    return homes.available(account) - FUNDS


def record(homes, home, interval):
    word = homes.settlement.slot("state", homes.homes[home])
    place = homes.settlement.slot("records", homes.homes[home], field=interval // 4 % 192)
    return decode_record(decode_progress(word), place, interval)


def finalise(homes, *which, count=96):
    members = [homes.homes[i] for i in which]
    homes.settlement("finalise", members, count, by=STRANGER)
    return {
        values["member"]: final_rows(
            *(values[n] for n in ("first", "count", "accuracies", "shared"))
        )
        for values in events(homes, "Finalised")
    }


def test_those_who_did_what_they_traded_owe_the_supplier_nothing(homes, interval):
    meter(homes, interval, (500, 0), (0, 500))
    assert gained(homes, homes.homes[0]) == -90_000
    assert gained(homes, homes.homes[1]) == 90_000
    assert gained(homes, homes.supplier) == 0
    assert [record(homes, i, interval).rest_wh for i in (0, 1)] == [0, 0]


def test_deviations_go_to_the_supplier_at_tariff(homes, interval):
    meter(homes, interval, (707, 3), (50, 400), (10, 0), (0, 333))
    expected = [
        (-90_000, -cost_up_micro(204, RETAIL)),
        (90_000, -cost_up_micro(150, RETAIL)),
        (0, -cost_up_micro(10, RETAIL)),
        (0, cost_down_micro(333, FEED_IN)),
    ]
    for home, (trade, supplier) in enumerate(expected):
        assert gained(homes, homes.homes[home]) == trade + supplier
    assert gained(homes, homes.supplier) == -sum(supplier for _, supplier in expected)


def test_the_event_and_the_record_tell_the_whole_story(homes, interval):
    meter(homes, interval, (707, 3))
    (event,) = events(homes, "Settled")
    row = settled_rows(event["first"], event["rows"])[interval]
    outcome = settled_interval(row, None, PRICE)
    assert (outcome.import_wh, outcome.export_wh, outcome.bought_wh, outcome.sold_wh) == (
        707, 3, 500, 0,
    )  # fmt: skip
    assert (outcome.trade_micro, outcome.supplier_micro) == (-90_000, -61_208)
    assert outcome.total_micro == gained(homes, homes.homes[0])
    found = record(homes, 0, interval)
    assert (found.rest_wh, found.size_wh, found.h) == (204, 500, 32_768)
    assert (found.is_on_time, found.is_estimated, found.is_final) == (True, False, False)
    assert record(homes, 0, interval + 1) is None
    assert homes.settlement("cursors", homes.homes[0]) == (
        32_768, interval, interval, interval - 1,
    )  # fmt: skip


def test_settled_once_whatever_is_asked(homes, interval):
    batch = homes.batch(0, interval, [(700, 0)])
    homes.settle(batch)
    before = [homes.available(holder) for holder in homes.holders]
    homes.settlement.refuses("the interval is metered already", "settle", [batch], by=STRANGER)
    homes.settlement("settle_known", homes.homes[0], 96, by=STRANGER)
    homes.settlement("settle_known", STRANGER, 96, by=STRANGER)
    homes.market("release", homes.homes[0], interval, 1, by=STRANGER)
    assert [homes.available(holder) for holder in homes.holders] == before


def test_metered_now_and_settled_later_is_the_same(homes, interval):
    homes.meter("submit", [homes.batch(0, interval, [(700, 0)])], by=STRANGER)
    assert record(homes, 0, interval) is None
    homes.settlement("settle_known", homes.homes[0], 96, by=STRANGER)
    assert gained(homes, homes.homes[0]) == -90_000 - cost_up_micro(200, RETAIL)


def test_before_the_gate_there_is_nothing_to_settle(homes):
    late = homes.first + 20
    batch = homes.batch(0, late, [(1, 1)])
    homes.settlement.refuses("the interval is not over", "settle", [batch], by=STRANGER)


def test_charges_are_paid_for_what_comes_from_beyond_the_zone(homes):
    interval = homes.first + 3
    homes.place(0, homes.order(interval, (BUY, 20, 500, 1)))
    homes.place(4, homes.order(interval, (SELL, 20, 500, 1)))
    homes.after(interval)
    meter(homes, interval, (500, 0))
    (event,) = events(homes, "Settled")
    row = settled_rows(event["first"], event["rows"])[interval]
    charge = cost_up_micro(500, CHARGE)
    assert (row.trade_micro, row.charge_micro) == (-90_000, -charge)
    assert gained(homes, homes.dso) == charge
    assert gained(homes, homes.homes[0]) == -90_000 - charge


def test_a_day_goes_in_one_batch_wherever_it_starts(homes):
    first = homes.first + 5
    homes.chain.time = (first + 96) * 900
    rows = [(i, 3 * (i % 5)) for i in range(96)]
    homes.settle(homes.batch(0, first, rows))
    due = [
        -cost_up_micro(i - e, RETAIL) if i > e else cost_down_micro(e - i, FEED_IN) for i, e in rows
    ]
    assert gained(homes, homes.homes[0]) == sum(due)
    rests = [record(homes, 0, first + i).rest_wh for i in range(96)]
    assert rests == [i - e for i, e in rows]


def test_a_new_tariff_counts_from_its_interval_on(homes):
    change = homes.first + 200
    other = "0x" + "b7" * 20
    terms = (homes.homes[0], other, 250_000, 70_000, change)
    homes.registry("set_supply", *terms, by=homes.community)
    homes.chain.time = (change + 3) * 900
    homes.settle(homes.batch(0, change - 3, [(1000, 0)] * 6))
    assert gained(homes, homes.homes[0]) == -3 * 300_037 - 3 * 250_000
    assert gained(homes, homes.supplier) == 3 * 300_037
    assert homes.available(other) == 3 * 250_000


def test_what_a_payer_cannot_pay_is_remembered_and_collected(homes, interval):
    home, settlement = homes.homes[2], homes.settlement
    homes.market("withdraw", FUNDS - 100, by=home)
    meter(homes, interval, (10, 0), start=2)
    due = cost_up_micro(10, RETAIL)
    assert settlement("owed", home, homes.supplier) == due - 100
    assert events(homes, "Owed")[0]["amount"] == due - 100
    call = ("collect", home, homes.supplier)
    settlement.refuses("the payer cannot pay", *call, by=STRANGER)
    settlement.refuses("nothing is owed", "collect", homes.supplier, home, by=STRANGER)
    homes.credit("approve", homes.market.address, 2**256 - 1, by=home)
    homes.market("deposit", due, by=home)
    assert settlement(*call, by=STRANGER) == due - 100
    assert settlement("owed", home, homes.supplier) == 0
    assert gained(homes, homes.supplier) == due


def test_silence_never_pays_and_is_trued_up(homes, interval):
    home = homes.homes[1]
    homes.due(interval)
    homes.meter("estimate", home, interval, 1, by=STRANGER)
    homes.settlement("settle_known", home, 96, by=STRANGER)
    silent = 90_000 - cost_up_micro(500, RETAIL)
    assert gained(homes, home) == silent <= 0
    found = record(homes, 1, interval)
    assert (found.is_estimated, found.is_on_time) == (True, False)
    call = ("true_up", home, interval, 1)
    homes.settlement(*call, by=STRANGER)
    assert gained(homes, home) == silent
    homes.meter("submit", [homes.batch(1, interval, [(30, 600)])], by=STRANGER)
    homes.settlement(*call, by=STRANGER)
    (event,) = events(homes, "TruedUp")
    assert (event["import_wh"], event["export_wh"]) == (30, 600)
    assert gained(homes, home) == 90_000 + cost_down_micro(70, FEED_IN)
    assert not record(homes, 1, interval).is_estimated
    homes.settlement(*call, by=STRANGER)
    assert gained(homes, home) == 90_000 + cost_down_micro(70, FEED_IN)


def accuracies(homes, interval, *rows):
    meter(homes, interval, *rows)
    homes.due(interval)
    rows_by_member = finalise(homes, *range(len(rows)))
    return [rows_by_member[homes.homes[i].lower()][interval] for i in range(len(rows))]


def test_accuracy_waits_until_all_readings_were_due(homes, interval):
    meter(homes, interval, (600, 0), (0, 560))
    homes.chain.time = (interval + 1) * 900 + homes.due_s
    assert finalise(homes, 0, 1) == {}
    homes.chain.time += 1
    assert len(finalise(homes, 0, 1)) == 2
    assert finalise(homes, 0, 1) == {}


def test_who_hurts_pays_and_who_helps_is_rewarded(homes, interval):
    # Short 100 and long 60: S = 40. pi is the price; g is 1/2 and both have H = 1/2.
    buyer, seller = accuracies(homes, interval, (600, 0), (0, 560))
    penalty = PRICE * 125 // 1000
    assert buyer.accuracy_micro == -penalty
    assert seller.accuracy_micro == PRICE * 60 // 1000
    assert gained(homes, homes.balancer) == penalty - PRICE * 60 // 1000
    h = homes.settlement("cursors", homes.homes[0])[0]
    assert h == (95 * 32_768 + 65_536 - (100 << 16) // 500) // 96


def test_a_balanced_zone_pays_and_earns_nothing(homes, interval):
    buyer, seller = accuracies(homes, interval, (600, 0), (0, 600))
    assert (buyer.accuracy_micro, seller.accuracy_micro) == (0, 0)


def test_a_miss_costs_no_more_than_the_position_and_others_none(homes, interval):
    buyer, seller, bystander = accuracies(homes, interval, (9000, 0), (0, 500), (700, 0))
    assert buyer.accuracy_micro == -cost_up_micro(500 * 1250, PRICE) // 1000
    assert (seller.accuracy_micro, bystander.accuracy_micro) == (0, 0)


def test_late_members_pay_penalties_and_get_no_reward(homes, interval):
    meter(homes, interval, (600, 0))
    homes.due(interval)
    meter(homes, interval, (0, 560), start=1)
    rows = finalise(homes, 0, 1)
    assert rows[homes.homes[1].lower()][interval].accuracy_micro == 0
    assert rows[homes.homes[0].lower()][interval].accuracy_micro < 0
    h = homes.settlement("cursors", homes.homes[1])[0]
    assert h == 95 * 32_768 // 96


def test_a_late_member_that_hurts_pays(homes, interval):
    meter(homes, interval, (600, 0))
    homes.due(interval)
    meter(homes, interval, (0, 400), start=1)
    rows = finalise(homes, 0, 1)
    found = [rows[homes.homes[i].lower()][interval].accuracy_micro for i in (0, 1)]
    assert found == [-PRICE * 125 // 1000] * 2


def test_no_fuss_members_share_at_mid_market_where_the_market_is_thin(homes):
    interval = homes.first + 3
    for home in (0, 1, 2):
        homes.market("set_no_fuss", True, by=homes.homes[home])
    homes.after(interval)
    rows = accuracies(homes, interval, (300, 0), (0, 100), (0, 101), (0, 400))
    assert [row.shared_wh for row in rows] == [201, 100, 101, 0]
    took = cost_up_micro(300, RETAIL) - cost_up_micro(99, RETAIL) - cost_up_micro(201, MID)
    assert rows[0].mid_market_micro == took > 0
    gave = [cost_down_micro(wh, MID) - cost_down_micro(wh, FEED_IN) for wh in (100, 101)]
    assert [row.mid_market_micro for row in rows[1:3]] == gave
    assert rows[3].mid_market_micro == 0
    assert gained(homes, homes.homes[0]) == -cost_up_micro(99, RETAIL) - cost_up_micro(201, MID)
    assert 0 <= gained(homes, homes.balancer) <= 3
    assert record(homes, 0, interval).rest_wh == 99


def test_a_book_that_moves_enough_is_not_thin(homes):
    interval = homes.first + 3
    homes.market("set_no_fuss", True, by=homes.homes[2])
    homes.market("set_no_fuss", True, by=homes.homes[3])
    homes.place(0, homes.order(interval, (BUY, 20, THIN_WH)))
    homes.place(1, homes.order(interval, (SELL, 20, THIN_WH)))
    homes.after(interval)
    rows = accuracies(homes, interval, (THIN_WH, 0), (0, THIN_WH), (300, 0), (0, 100))
    assert [row.shared_wh for row in rows] == [0] * 4


def test_zones_have_sums_of_their_own(homes):
    interval = homes.first + 3
    homes.place(0, homes.order(interval, (BUY, 20, 500, 1)))
    homes.place(4, homes.order(interval, (SELL, 20, 500, 1)))
    homes.after(interval)
    meter(homes, interval, (600, 0))
    meter(homes, interval, (0, 560), start=4)
    homes.due(interval)
    rows = finalise(homes, 0, 4)
    # Alone in its zone each deviates as the zone does; without a price of the own book half of
    # the spread counts.
    for home, miss in ((0, 100), (4, 60)):
        found = rows[homes.homes[home].lower()][interval].accuracy_micro
        assert found == -cost_up_micro(miss * 1250, SPREAD // 2) // 1000


def test_parameters_change_by_the_communitys_word_for_later_intervals(homes):
    settlement, first = homes.settlement, homes.first + 97
    call = ("propose_params", 1, 2, 3, 4, 5, first)
    settlement.refuses("only the community", *call, by=homes.dso)
    settlement.refuses("at least a day ahead", *call[:-1], first - 1, by=homes.community)
    out = "a parameter is out of range"
    settlement.refuses(out, "propose_params", 1, 2, 3, 1001, 5, first, by=homes.community)
    settlement.refuses(out, "propose_params", 2**32, 2, 3, 4, 5, first, by=homes.community)
    settlement(*call, by=homes.community)
    before = THIN_WH | MID << 32 | SPREAD << 64 | WEIGHT << 96 | G << 106
    assert settlement("params_at", first - 1) == before
    after = 1 | 2 << 32 | 3 << 64 | 4 << 96 | 5 << 106
    assert settlement("params_at", first) == after | first << 128
    homes.chain.time = first * 900
    late = "the last change is too recent"
    settlement.refuses(late, *call[:-1], first + 98, by=homes.community)
    homes.chain.time = (first + 768) * 900
    settlement("propose_params", 9, 2, 3, 4, 5, first + 900, by=homes.community)
    assert settlement("params_at", first + 899) == after | first << 128


def test_roles_and_the_guardians_pause_hold(homes, interval):
    settlement = homes.settlement
    settlement.refuses("only the community", "set_deals", STRANGER, by=homes.dso)
    settlement.refuses("the deals are set", "set_deals", STRANGER, by=homes.community)
    call = ("serve_deal", homes.homes[1], homes.homes[0], interval, [1], 0)
    settlement.refuses("only the deals", *call, by=homes.community)
    homes.registry("set_role", homes.dso, 1 | 8, by=homes.community)
    for paused in (True, False):
        homes.registry("set_paused", keccak(text="Settlement"), paused, by=homes.dso)
        if paused:
            for asked in (
                ("settle", [homes.batch(0, interval, [(1, 1)])]),
                ("settle_known", homes.homes[0], 1), ("finalise", [], 1),
                ("true_up", homes.homes[0], interval, 1),
            ):  # fmt: skip
                settlement.refuses("the settlement is paused", *asked, by=STRANGER)
    meter(homes, interval, (500, 0))


def test_a_deal_moves_energy_from_tariff_to_its_price(homes):
    interval = homes.first + 3
    homes.agree(1, 0, start=interval, end=interval + 4, price=120_000)
    homes.after(interval)
    meter(homes, interval, (300, 0), (0, 1000))
    homes.deals("serve", homes.homes[1], 96, by=STRANGER)
    (event,) = events(homes, "DealServed")
    assert event["quantity_wh"] == 300
    price = cost_up_micro(300, 120_000)
    assert gained(homes, homes.homes[0]) == -price
    assert gained(homes, homes.homes[1]) == cost_down_micro(700, FEED_IN) + price
    sold = deal_micro(event, homes.homes[1])
    assert sold == price + cost_down_micro(700, FEED_IN) - cost_down_micro(1000, FEED_IN)
    assert deal_micro(event, homes.homes[0]) == cost_up_micro(300, RETAIL) - price
