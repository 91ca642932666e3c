"""A random life of a small community on the contracts, with a plain Python model beside it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.contracts.settling import (
    BUY,
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

from peerwatt.chain.bindings.settlement import final_rows
from peerwatt.market.accuracy import START_H, AccuracyRules, accuracy_micro, next_h, zone_sums
from peerwatt.market.deals import served_wh
from peerwatt.market.settling import (
    Metered,
    SettlingRules,
    mid_market,
    shared_wh,
    supplier_micro,
    thin_sums,
)
from peerwatt.model.deals import DealKind, DealTerms
from peerwatt.model.market import Tariff
from peerwatt.model.units import cost_up_micro

HOMES = 4
DAY = 96
TARIFF = Tariff(RETAIL, FEED_IN)
RULES = SettlingRules(AccuracyRules(SPREAD, WEIGHT, G), THIN_WH, MID)
wh = st.integers(0, 900)
home_numbers = st.integers(0, HOMES - 1)
orders = st.tuples(st.sampled_from([BUY, SELL]), st.integers(15, 25), st.integers(1, 700))
built: list[Homes] = []


class SettlementMachine(RuleBasedStateMachine):
    """Trades, meters, settles, estimates, serves deals and finalises in any order."""

    @initialize(poor=wh)
    def begin(self, poor: int) -> None:
        if not built:
            built.append(Homes(HOMES))
            built[0].market("set_no_fuss", True, by=built[0].homes[0])
            built[0].market("set_no_fuss", True, by=built[0].homes[1])
            built[0].reset = built[0].chain.snapshot()
        street = self.street = built[0]
        street.reset()
        self.now = self.begins = street.first + 2
        self.truth: dict[tuple[int, int], tuple[int, int]] = {}
        self.facts: dict[tuple[int, int], Metered] = {}
        self.records: dict[tuple[int, int], int] = {}
        self.h = dict.fromkeys(range(HOMES), START_H)
        self.settled = dict.fromkeys(range(HOMES), self.begins - 1)
        self.signed = dict.fromkeys(range(HOMES), self.begins - 1)
        self.final = dict.fromkeys(range(HOMES), self.begins - 1)
        self.registers = dict.fromkeys(range(HOMES), (0, 0))
        self.imports: dict[tuple[int, int], int] = {}
        """Imports as the meter contract has them, signed or estimated."""
        self.estimated: set[tuple[int, int]] = set()
        self.served = self.begins - 1
        self.net: dict[str, int] = defaultdict(int)
        street.market("withdraw", FUNDS - 100 * poor, by=street.homes[3])
        self.net[street.homes[3]] = 100 * poor - FUNDS
        self.deals = [
            DealTerms("0", "1", DealKind.SHARE, 5000, 6000, 90_001, self.now, self.now + 60, 0),
            DealTerms("0", "2", DealKind.PER_INTERVAL, 120, 9000, 0, self.now, self.now + 60, 1),
        ]
        for deal in self.deals:
            street.agree(
                0, int(deal.buyer), kind=int(deal.kind), amount=deal.amount,
                need_share=deal.need_share, price=deal.price_micro, start=deal.start,
                end=deal.end, rank=deal.rank,
            )  # fmt: skip

    # What happens
    @rule(placed=st.lists(st.none() | orders, min_size=HOMES, max_size=HOMES),
          rows=st.lists(st.tuples(wh, wh), min_size=HOMES, max_size=HOMES))  # fmt: skip
    def interval(self, placed: list[Any], rows: list[tuple[int, int]]) -> None:
        street, at = self.street, self.now
        street.chain.time = (at - 1) * 900
        for home, order in enumerate(placed):
            bids = home == 3 and order is not None and order[0] == BUY
            if order is not None and not bids:
                street.place(home, street.order(at, order))
        street.after(at)
        street.market("clear", 1, at, by=STRANGER)
        for home, row in enumerate(rows):
            self.truth[home, at] = row
        self.now += 1

    def wait(self) -> None:
        """Time passes until the readings of all that was are overdue."""
        for _ in range(9):
            for home in range(HOMES):
                self.truth[home, self.now] = (0, 0)
            self.now += 1
        self.street.after(self.now - 1)

    @rule(home=home_numbers, most=st.integers(1, 9))
    def meter(self, home: int, most: int) -> None:
        street, first = self.street, self.signed[home] + 1
        rows = [self.truth[home, i] for i in range(first, min(first + most, self.now))]
        if not rows:
            return
        street.settle(street.batch(home, first, rows, self.registers[home]))
        self.imports |= {(home, first + k): row[0] for k, row in enumerate(rows)}
        self.signed[home] += len(rows)
        self.registers[home] = (
            self.registers[home][0] + sum(row[0] for row in rows),
            self.registers[home][1] + sum(row[1] for row in rows),
        )
        for i in range(self.settled[home] + 1, self.signed[home] + 1):
            self._settle(home, i, *self.truth[home, i])

    @rule(
        served=st.booleans(),
        placed=st.lists(orders, min_size=HOMES, max_size=HOMES),
        rows=st.lists(st.tuples(wh, wh), min_size=HOMES, max_size=HOMES),
    )
    def close(self, served: bool, placed: list[Any], rows: list[tuple[int, int]]) -> None:
        """A busy interval, and a keeper's whole round for everyone."""
        self.interval(placed, rows)
        for home in range(HOMES):
            self.meter(home, 96)
        if served:
            self.serve()
        self.wait()
        self.finalise(set(range(HOMES)), 30)

    @rule(home=home_numbers)
    def estimate(self, home: int) -> None:
        """A member stays silent until its readings are overdue."""
        self.wait()
        street, first = self.street, max(self.settled[home], self.signed[home]) + 1
        count = min(self._open_from() - first, 96)
        if count <= 0:
            return
        street.meter("estimate", street.homes[home], first, count, by=STRANGER)
        street.settlement("settle_known", street.homes[home], 96, by=STRANGER)
        for i in range(first, first + count):
            self.estimated.add((home, i))
            self.imports[home, i] = self.imports.get((home, i - DAY), 0)
            self._settle(home, i, self.imports[home, i], 0, is_late=True)

    @rule(home=home_numbers)
    def true_up(self, home: int) -> None:
        street = self.street
        found = [i for one, i in self.estimated if one == home and i <= self.signed[home]]
        if not found:
            return
        first, count = min(found), max(found) - min(found) + 1
        street.settlement("true_up", street.homes[home], first, count, by=STRANGER)
        for i in found:
            self.estimated.discard((home, i))
            imported, exported = self.truth[home, i]
            self._change(home, i, imported - exported - self.facts[home, i].import_wh)

    @rule()
    def serve(self) -> None:
        street, first = self.street, max(self.served + 1, self._open_from())
        half = (street.chain.time - street.due_s // 2) // 900
        end = self.settled[0] + 1
        for deal in self.deals:
            begin = max(first, deal.start)
            if begin < min(end, deal.end):
                end = min(end, max(self.settled[int(deal.buyer)] + 1, half, begin))
        count = street.deals("serve", street.homes[0], 96, by=STRANGER)
        assert count == max(0, end - first)
        if count:
            self.served = end - 1
        for i in range(first, end):
            known = {d.buyer: self.facts[int(d.buyer), i].import_wh for d in self.deals
                     if self.settled[int(d.buyer)] >= i}  # fmt: skip
            moved = served_wh(self.deals, i, self.facts[0, i].export_wh, known)
            for deal in self.deals:
                amount = moved.get(deal.rank, 0)
                if amount == 0:
                    continue
                self._change(0, i, amount)
                self._change(int(deal.buyer), i, -amount)
                cost = cost_up_micro(amount, deal.price_micro)
                self._flow(street.homes[int(deal.buyer)], street.homes[0], cost)

    @rule(which=st.sets(home_numbers, min_size=1), most=st.integers(1, 30))
    def finalise(self, which: set[int], most: int) -> None:
        street = self.street
        members = [street.homes[home] for home in sorted(which)]
        street.settlement("finalise", members, most, by=STRANGER)
        found = {
            values["member"]: final_rows(
                *(values[name] for name in ("first", "count", "accuracies", "shared"))
            )
            for name, values in street.settlement.logs()
            if name == "Finalised"
        }
        todo = {
            home: range(
                self.final[home] + 1,
                min(self.final[home] + 1 + most, self.settled[home] + 1, self._open_from()),
            )
            for home in which
        }
        assert len(found) == sum(1 for span in todo.values() if len(span))
        for home in sorted(which):
            for i in todo[home]:
                row = found[street.homes[home].lower()][i]
                assert (row.accuracy_micro, row.mid_market_micro) == self._finalise(home, i)
                self.final[home] = i

    # The model
    def _open_from(self) -> int:
        street = self.street
        return -(-(street.chain.time - street.due_s) // 900) - 1

    def _flow(self, payer: str, payee: str, amount: int) -> None:
        self.net[payer] -= amount
        self.net[payee] += amount

    def _settle(
        self, home: int, i: int, imported: int, exported: int, is_late: bool = False
    ) -> None:
        street = self.street
        bought, sold, trade, charge = street.market("share", street.homes[home], i)
        fact = Metered(
            imported, exported, bought, sold, TARIFF, no_fuss=home in {0, 1},
            is_late=is_late or i < self._open_from(),
        )  # fmt: skip
        self.facts[home, i] = fact
        self.records.setdefault((home, i // 4), self.h[home])
        self.settled[home] = i
        self.net[street.homes[home]] += trade
        assert charge == 0
        self._flow(street.supplier, street.homes[home], supplier_micro(fact.rest_wh, TARIFF))
        if is_late:
            assert trade + supplier_micro(fact.rest_wh, TARIFF) <= 0

    def _change(self, home: int, i: int, change: int) -> None:
        """Change a rest by a deal, a reading or by sharing."""
        fact = self.facts[home, i]
        new = Metered(
            fact.import_wh, fact.export_wh, fact.bought_wh, fact.sold_wh, TARIFF,
            fact.deal_bought_wh - change, fact.deal_sold_wh, fact.no_fuss, fact.is_late,
        )  # fmt: skip
        self.facts[home, i] = new
        moved = supplier_micro(new.rest_wh, TARIFF) - supplier_micro(fact.rest_wh, TARIFF)
        self._flow(self.street.supplier, self.street.homes[home], moved)

    def _finalise(self, home: int, i: int) -> tuple[int, int]:
        street = self.street
        members = {str(k): self.facts[k, i] for k in range(HOMES) if (k, i) in self.frozen(i)}
        own, record = self.facts[home, i], self.records[home, i // 4]
        result = street.market("results", 1, i)
        price, volume = result & 0xFFFFFFFF, result >> 32 & (2**40 - 1)
        sums = zone_sums(
            one.deviation(self.records[int(name), i // 4]) for name, one in members.items()
        )
        deviation = own.deviation(record)
        accuracy = accuracy_micro(deviation, sums, price, RULES.accuracy)
        need, surplus = thin_sums(members, MID)
        part = shared_wh(own.rest_wh, need, surplus) if own.shares and volume < THIN_WH else 0
        balance, supplier = mid_market(own.rest_wh, part, TARIFF, MID) if part else (0, 0)
        self._flow(street.balancer, street.homes[home], accuracy + balance)
        self._flow(street.supplier, street.homes[home], supplier)
        self.h[home] = next_h(self.h[home], deviation)
        return accuracy, balance + supplier

    def frozen(self, i: int) -> set[tuple[int, int]]:
        """Members that count in an interval's sums: settled on time."""
        return {key for key, fact in self.facts.items() if key[1] == i and not fact.is_late}

    @invariant()
    def everyone_has_what_the_model_says(self) -> None:
        street, owed = self.street, defaultdict(int)
        holders = street.holders
        for payer in holders:
            for payee in holders:
                due = street.settlement.slot("owed", payer, payee)
                owed[payer] -= due
                owed[payee] += due
        for holder in holders:
            word = street.market.slot("account_words", holder)
            held = (word & (2**88 - 1)) + (word >> 88 & (2**88 - 1))
            assert held + owed[holder] - FUNDS == self.net[holder]
