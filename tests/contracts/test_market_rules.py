"""Books, charges, changes of rules, pause, upgrade, posters and liens of the market."""

from __future__ import annotations

import pytest
from tests.contracts.conftest import BASE, CHARGES, COUNT, GATE_S, STEP

BUY, SELL = 0, 1
STRANGER = "0x" + "99" * 20
NOBODY = "0x" + "00" * 20


@pytest.fixture
def interval(street):
    return street.first + 4


def traded(street, interval, *orders):
    """Place one order a home, clear and release; return the rows."""
    for home, order in enumerate(orders):
        street.place(home, (interval, *order))
    street.after_gate(interval)
    return [
        street.market("release", home, interval, 1, by=STRANGER)[0]
        for home in street.homes[: len(orders)]
    ]


def test_a_book_that_reaches_further_has_its_own_price_and_charge(street, interval):
    terms = (STRANGER, 2, street.retail, street.feed_in, "0x" + "55" * 20, street.supplier)
    street.registry("add_member", *terms, by=street.community)
    street.market("place", [street.order(interval, SELL, 10, 300, 1)], by=STRANGER)
    rows = traded(street, interval, (BUY, 20, 100, 1), (BUY, 20, 100), (BUY, 20, 50, 2))
    price = BASE + STEP * 15
    cost, charge = -(-100 * price // 1000), -(-100 * CHARGES[10] // 1000)
    assert rows[0] == 100 | (-cost % 2**64) << 42 | charge << 106
    assert rows[1:] == [0, 0]
    assert street.available(street.homes[0]) == street.deposit - cost - charge
    assert street.available(street.dso) == street.deposit + charge
    street.market("release", STRANGER, interval, 1, by=street.dso)
    assert street.available(STRANGER) == 100 * price // 1000


def test_zones_meet_in_the_smallest_book_that_holds_both(street):
    for zones, book in (((1, 1), 1), ((1, 2), 10), ((2, 10), 10), ((20, 1), 20), ((1, 9), 0)):
        assert street.market("common_book", *zones) == book
    assert street.market("charge_of", 10, street.first) == CHARGES[10]
    reach = street.order(street.first + 4, BUY, 1, 5, 1)
    street.market("set_book", 5, 0, 0, by=street.community)
    terms = (STRANGER, 5, street.retail, street.feed_in, "0x" + "55" * 20, street.supplier)
    street.registry("add_member", *terms, by=street.community)
    street.market.refuses("the zone reaches no further", "place", [reach], by=STRANGER)


@pytest.mark.parametrize(
    ("reason", "terms"),
    [
        ("books are numbered from 1 to 254", (0, 0, 0)),
        ("books are numbered from 1 to 254", (255, 0, 0)),
        ("the book is there already", (1, 0, 0)),
        ("unknown parent", (5, 6, 0)),
        ("the charge is too large", (5, 0, 2**24)),
    ],
)
def test_books_that_make_no_sense_are_refused(street, reason, terms):
    street.market.refuses(reason, "set_book", *terms, by=street.community)


def test_only_the_community_changes_the_rules(street):
    for call in (
        ("set_book", 5, 0, 0), ("propose_params", 1, 1, 1, 1, 1), ("propose_charge", 1, 1, 1),
        ("set_charge_account", STRANGER), ("set_posters", []), ("retire", 1, STRANGER),
    ):  # fmt: skip
        street.market.refuses("only the community", *call, by=street.homes[0])
    street.market.refuses("the posters are set", "set_posters", [], by=street.community)


def test_rules_change_only_for_intervals_without_orders(street):
    now, community = street.first, street.community
    change = ("propose_params", BASE, STEP + 9, COUNT, GATE_S)
    reason = "terms change only for intervals without orders"
    street.market.refuses(reason, *change, now + 192, by=community)
    street.market(*change, now + 193, by=community)
    street.market("propose_charge", 1, 500, now + 193, by=community)
    late = ("propose_charge", 1, 900, now + 300)
    street.market.refuses("another change comes first", *late, by=community)
    street.chain.time += 50 * 900
    street.place(0, (now + 192, BUY, 10, 1000), (now + 193, BUY, 10, 1000))
    before, after = BASE + 10 * STEP, BASE + 10 * (STEP + 9) + 500
    assert street.escrow(street.homes[0]) == before + after
    # Two more changes later both orders are still worth what was held for them.
    for offset, charge in ((194, 700), (400, 900)):
        street.chain.time = (now + offset) * 900
        street.market("propose_charge", 1, charge, now + offset + 193, by=community)
    assert [street.market("charge_of", 1, now + i) for i in (0, 193, 387, 593)] == [
        0, 500, 700, 900,
    ]  # fmt: skip
    street.market("release", street.homes[0], now + 192, 2, by=STRANGER)
    assert street.market("accounts", street.homes[0]) == (street.deposit, 0, 0)


@pytest.mark.parametrize(
    ("reason", "params"),
    [
        ("between 1 and 256 ticks", (BASE, STEP, 0, 0)),
        ("between 1 and 256 ticks", (BASE, STEP, 257, 0)),
        ("the step is zero or too large", (BASE, 0, 5, 0)),
        ("the step is zero or too large", (BASE, 2**20, 5, 0)),
        ("a price is too large", (2**26, 1, 1, 0)),
        ("the gate closes over a day ahead", (BASE, STEP, 5, 86_401)),
    ],
)
def test_parameters_that_make_no_sense_are_refused(street, reason, params):
    later = street.first + 300
    street.market.refuses(reason, "propose_params", *params, later, by=street.community)


def test_a_pause_stops_trading_and_never_the_way_out(street, interval):
    street.place(0, (interval, BUY, 20, 100), (interval + 1, BUY, 20, 100))
    street.market.refuses("only a guardian", "set_paused", True, by=street.community)
    street.market("set_paused", True, by=street.guardian)
    new = [street.order(interval, BUY, 20, 200)]
    street.market.refuses("the market is paused", "place", new, by=street.homes[0])
    street.place(0, (interval, BUY, 20, 0))
    street.market("withdraw", street.available(street.homes[0]), by=street.homes[0])
    street.after(interval + 1)
    street.market.refuses("the market is paused", "clear", 1, interval + 1, by=STRANGER)
    street.chain.time += 576 * 900
    street.market("release", street.homes[0], interval + 1, 1, by=STRANGER)
    assert street.escrow(street.homes[0]) == 0
    street.market("set_paused", False, by=street.guardian)
    street.market("clear", 1, interval + 2, by=STRANGER)


def successor_of(street):
    places = (street.credit.address, street.registry.address)
    market = street.chain.deploy(
        "Market", *places, BASE, STEP, COUNT, GATE_S, 0, street.market.address
    )
    for book, parent in ((20, 0), (10, 20), (1, 10)):
        market("set_book", book, parent, CHARGES[book], by=street.community)
    return market


@pytest.mark.parametrize("with_orders", [True, False])
def test_an_upgrade_takes_credits_and_open_orders_along(street, interval, with_orders):
    home, successor, cut = street.homes[0], successor_of(street), interval + 6
    orders = [street.order(interval + i, BUY, 10, 100 + i) for i in range(12)]
    street.market("place", orders, by=home)
    street.market.refuses("the market is not retired", "migrate", home, True, by=home)
    street.market("retire", cut, successor.address, by=street.community)
    again = ("retire", cut, successor.address)
    street.market.refuses("the market is retired", *again, by=street.community)
    moved = "the market has moved to its successor"
    new = street.order(cut, SELL, 10, 1)
    street.market.refuses(moved, "place", [new], by=home)
    street.place(0, (cut - 1, SELL, 10, 50))
    street.market.refuses("not a member", "migrate", home, True, by=STRANGER)
    street.market.refuses("not the member's agent", "migrate", home, True, by=street.homes[1])
    receive = ("receive_position", home, 5, [])
    successor.refuses("only the predecessor", *receive, by=home)
    street.market("migrate", home, with_orders, by=home)
    kept, taken = street.market("accounts", home), successor("accounts", home)
    assert kept[0] == 0
    assert kept[1] + taken[0] + taken[1] == street.deposit
    expected = [order & 2**60 - 1 if with_orders else 0 for order in orders[6:]]
    for i, steps in enumerate(expected, 6):
        at = interval + i
        word = successor.slot("orders", home, field=at // 4 % 192)
        assert word >> 60 * (at % 4) & 2**60 - 1 == steps
    street.after(cut + 10)
    street.market("release", home, interval, 12, by=STRANGER)
    if with_orders:
        successor("release", home, interval, 12, by=STRANGER)
    assert street.market("accounts", home)[1] == successor("accounts", home)[1] == 0
    street.market("migrate", home, with_orders, by=home)
    assert successor("accounts", home)[0] == street.deposit
    successor("withdraw", street.deposit, by=home)
    assert street.balance(home) == street.funds


def test_only_posters_move_credits_and_never_more_than_there_is(street):
    home, other = street.homes[:2]
    pay = ("transfer_accounts", home, other, 7)
    for account in (street.community, home, street.dso):
        street.market.refuses("only a poster", *pay, by=account)
        street.market.refuses("only a poster", "set_lien", home, other, 1, 1, by=account)
    assert street.market(*pay, by=street.poster) == 7
    rest = street.deposit - 7
    assert street.market("transfer_accounts", home, other, 2**255, by=street.poster) == rest
    assert street.market(*pay, by=street.poster) == 0
    assert street.available(other) == 2 * street.deposit
    assert street.market("transfer_accounts", other, other, 5, by=street.poster) == 5
    assert street.available(other) == 2 * street.deposit
    nobody = ("transfer_accounts", other, NOBODY, 1)
    street.market.refuses("the payee has no address", *nobody, by=street.poster)


def test_a_lien_takes_its_share_of_trade_income_and_ends_at_zero(street, interval):
    seller, lender = street.homes[1], street.homes[5]
    income = 1000 * (BASE + STEP * 15) // 1000
    half = income // 2
    street.market("set_lien", seller, lender, 5_000, half + 10, by=street.poster)
    for at, part in ((interval, half), (interval + 1, 10), (interval + 2, 0)):
        before = street.available(seller), street.available(lender)
        traded(street, at, (BUY, 20, 1000), (SELL, 10, 1000))
        assert street.available(seller) == before[0] + income - part
        assert street.available(lender) == before[1] + part
    assert street.market("liens", seller) == 0
    assert street.market("accounts", seller)[2] == 0


def test_ten_orders_of_spam_cost_the_spammer_and_nobody_else(street, interval):
    """Orders of one account cannot crowd others out: each interval holds one of its orders."""
    for quantity in range(1, 11):
        street.place(5, (interval, BUY, 3, quantity))
    rows = traded(street, interval, (BUY, 20, 100), (SELL, 10, 100))
    assert [row & 2**21 - 1 for row in rows] == [100, 0]
    street.market("release", street.homes[5], interval, 1, by=STRANGER)
    assert street.available(street.homes[5]) == street.deposit
