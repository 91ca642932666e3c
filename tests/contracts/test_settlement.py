"""Trade and meter meet: every figure has its counterpart and nothing is lost on the way."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from peerwatt.chain.bindings.market import decode_clearing
from peerwatt.chain.bindings.settlement import decode_result

BUY, SELL = 0, 1
STRANGER = "0x" + "99" * 20
WEEK = 7 * 86_400


def cost_up(quantity, price):
    return -(-quantity * price // 1000)


def settle(street, interval, homes=None):
    street.settlement("settle", interval, homes or street.homes, by=STRANGER)


def result_of(street, home, interval):
    word = street.settlement("results", street.homes[home], interval)
    return decode_result(word)


@pytest.fixture
def interval(street):
    """Meters have started; home 0 bought 500 Wh of home 1 at 180 000."""
    interval = street.first + 3
    street.place(0, (interval, BUY, 20, 500))
    street.place(1, (interval, SELL, 20, 500))
    street.start_meters(interval)
    street.after(interval)
    return interval


def meter(street, interval, *pairs):
    street.submit([street.reading(i, interval, *pair) for i, pair in enumerate(pairs)])


def test_those_who_did_what_they_traded_owe_the_supplier_nothing(street, interval):
    meter(street, interval, (500, 0), (0, 500))
    settle(street, interval)
    assert street.balance(street.homes[0]) == street.funds - 90_000
    assert street.balance(street.homes[1]) == street.funds + 90_000
    assert street.balance(street.supplier) == street.funds
    assert result_of(street, 0, interval).trade_micro == -90_000
    assert result_of(street, 0, interval).supplier_micro == 0
    assert street.settlement("totals", street.supplier) == 0


def test_deviations_go_to_the_supplier_at_tariff(street, interval):
    meter(street, interval, (707, 3), (50, 400), (10, 0), (0, 333))
    settle(street, interval)
    expected = [
        (-90_000, -cost_up(204, street.retail)),
        (90_000, -cost_up(150, street.retail)),
        (0, -cost_up(10, street.retail)),
        (0, 333 * street.feed_in // 1000),
    ]
    for home, (trade, supplier) in enumerate(expected):
        found = result_of(street, home, interval)
        assert (found.trade_micro, found.supplier_micro) == (trade, supplier)
        assert street.balance(street.homes[home]) == street.funds + trade + supplier
    total = -sum(supplier for _, supplier in expected)
    assert street.settlement("totals", street.supplier) == total
    assert street.balance(street.supplier) == street.funds + total


def test_the_event_tells_the_whole_story(street, interval):
    meter(street, interval, (707, 3), (50, 400))
    settle(street, interval, [street.homes[0]])
    name, event = street.settlement.logs()[0]
    assert name == "Settled"
    assert event == {
        "member": street.homes[0].lower(), "interval": interval, "bought": 500, "sold": 0,
        "imported": 707, "exported": 3, "price": 180_000, "trade_micro": -90_000,
        "supplier_micro": -61_208,
    }  # fmt: skip


def test_settled_once_whatever_is_asked(street, interval):
    meter(street, interval, (700, 0), (0, 500))
    home = street.homes[0]
    settle(street, interval, [home, home, STRANGER])
    before = [street.balance(holder) for holder in street.holders]
    settle(street, interval, [home, STRANGER])
    assert [street.balance(holder) for holder in street.holders] == before
    assert street.settlement("results", STRANGER, interval) == 0


def test_nobody_is_settled_before_the_reading_is_known(street, interval):
    settle(street, interval)
    assert result_of(street, 0, interval) is None
    assert street.balance(street.market.address) == 90_000
    meter(street, interval, (500, 0), (0, 500))
    settle(street, interval)
    assert result_of(street, 0, interval).bought_wh == 500


def test_an_interval_that_nobody_cleared_is_cleared_first(street, interval):
    assert street.market("results", interval) == 0
    meter(street, interval, (500, 0), (0, 500))
    settle(street, interval)
    assert decode_clearing(street.market("results", interval), interval).volume_wh == 500


def test_before_the_gate_there_is_nothing_to_settle(street):
    late = street.first + 20
    street.settlement.refuses("the gate is still open", "settle", late, street.homes, by=STRANGER)


def test_other_zones_and_strangers_are_passed_over(street, interval):
    terms = (STRANGER, 2, street.retail, street.feed_in, street.meters[0].address, street.supplier)
    street.registry("add_member", *terms, by=street.community)
    street.settlement("settle", interval, [STRANGER], by=STRANGER)
    street.chain.time += WEEK + 1
    street.settlement("settle_unmetered", interval, [STRANGER, street.dso], by=STRANGER)
    assert street.settlement("results", STRANGER, interval) == 0
    assert street.settlement("results", street.dso, interval) == 0


def test_a_suspended_member_is_still_settled(street, interval):
    street.registry("set_active", street.homes[0], False, by=street.community)
    meter(street, interval, (500, 0), (0, 500))
    settle(street, interval)
    assert result_of(street, 0, interval).trade_micro == -90_000


@pytest.mark.parametrize("short_of", ["balance", "allowance"])
def test_what_a_payer_cannot_pay_is_remembered_and_collected(street, interval, short_of):
    home, payee = street.homes[2], street.supplier
    if short_of == "balance":
        street.credit("transfer", street.dso, street.funds - 100, by=home)
    else:
        street.credit("approve", street.settlement.address, 100, by=home)
    meter(street, interval, (500, 0), (0, 500), (10, 0), (10, 0))
    settle(street, interval)
    due = cost_up(10, street.retail)
    assert street.settlement("owed", home, payee) == due - 100
    assert result_of(street, 2, interval).supplier_micro == -due
    assert result_of(street, 3, interval).supplier_micro == -due
    assert street.balance(payee) == street.funds + 100 + due
    settlement = street.settlement
    settlement.refuses("the payer cannot pay", "collect", home, payee, by=STRANGER)
    settlement.refuses("nothing is owed", "collect", payee, home, by=STRANGER)
    street.credit("mint", home, due, by=street.treasury)
    street.credit("approve", settlement.address, due, by=home)
    assert settlement("collect", home, payee, by=STRANGER) == due - 100
    assert settlement("owed", home, payee) == 0
    assert street.balance(payee) == street.funds + 2 * due
    assert street.money_is_conserved()


def test_a_supplier_without_money_owes_the_member(street, interval):
    street.credit("approve", street.settlement.address, 0, by=street.supplier)
    meter(street, interval, (500, 0), (0, 700))
    settle(street, interval)
    due = 200 * street.feed_in // 1000
    assert street.settlement("owed", street.supplier, street.homes[1]) == due
    assert street.settlement("totals", street.supplier) == -due


def test_silence_is_settled_after_a_week_and_never_pays(street, interval):
    call = ("settle_unmetered", interval, street.homes)
    street.chain.time = (interval + 1) * 900 + WEEK
    street.settlement.refuses("readings may still come", *call, by=STRANGER)
    meter(street, interval, (500, 0))
    street.chain.time += 1
    street.settlement(*call, by=STRANGER)
    assert result_of(street, 0, interval) is None
    silent = result_of(street, 1, interval)
    assert silent.is_unmetered
    assert (silent.sold_wh, silent.trade_micro) == (500, 90_000)
    assert silent.supplier_micro == -cost_up(500, street.retail)
    assert silent.trade_micro + silent.supplier_micro <= 0
    settle(street, interval)
    assert result_of(street, 0, interval).trade_micro == -90_000
    assert street.balance(street.market.address) == 0


order_strategy = st.tuples(st.sampled_from([BUY, SELL]), st.integers(0, 44), st.integers(0, 3_000))
energy = st.tuples(st.integers(0, 3_000), st.integers(0, 3_000))


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(order_strategy, min_size=6, max_size=6),
    st.lists(energy, min_size=6, max_size=6),
    st.permutations(range(6)),
    st.integers(0, 6),
    st.integers(0, 700_000),
)
def test_all_accounts_sum_to_zero(street, orders, energies, sequence, cut, poor):
    street.reset()
    interval = street.first + 3
    for home, order in enumerate(orders):
        street.place(home, (interval, *order))
    short = street.homes[0]
    street.credit("transfer", street.dso, street.balance(short) - min(poor, street.balance(short)),
                  by=short)  # fmt: skip
    street.start_meters(interval)
    before = [street.balance(home) for home in street.homes]
    locked = street.balance(street.market.address)
    street.after(interval)
    meter(street, interval, *energies)
    for batch in (sequence[:cut], sequence[cut:]):
        settle(street, interval, [street.homes[i] for i in batch])
    results = [result_of(street, home, interval) for home in range(6)]
    assert sum(result.trade_micro for result in results) + street.market("dust") == 0
    assert street.market("dust") == street.balance(street.market.address) >= 0
    to_supplier = street.settlement("totals", street.supplier)
    assert sum(result.supplier_micro for result in results) + to_supplier == 0
    debt = sum(street.settlement("owed", home, street.supplier) for home in street.homes)
    assert street.balance(street.supplier) == street.funds + to_supplier - debt
    after = [street.balance(home) for home in street.homes]
    flows = sum(result.trade_micro + result.supplier_micro for result in results)
    assert sum(after) - sum(before) == flows + debt + locked
    for result, (imported, exported) in zip(results, energies, strict=True):
        deviation = imported - exported - result.bought_wh + result.sold_wh
        price = street.retail if deviation > 0 else street.feed_in
        assert result.supplier_micro == -deviation * price // 1000
    assert street.money_is_conserved()
