"""The market beside a plain model of it: random orders, clearings, releases, deposits."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.contracts.conftest import BASE, CHARGES, STEP, Refused, Street

HOMES, TICKS = 4, (0, 7, 8, 20)
bit = st.integers(0, 1)


def up(quantity, price):
    return -(-quantity * price // 1000)


class MarketMachine(RuleBasedStateMachine):
    """Every figure of the contract is recomputed from the orders that the model kept."""

    street: Street

    @initialize()
    def start(self):
        self.street.reset()
        self.first = self.street.first + 2
        self.cash = dict.fromkeys(range(HOMES), self.street.deposit)
        self.orders = {}
        self.done = set()
        self.charges = self.paid_in = self.paid_out = 0

    def limit(self, step):
        side, tick, quantity, reach = step
        book = 10 if reach else 1
        return 0 if side else up(quantity, BASE + STEP * tick) + up(quantity, CHARGES[book])

    def held(self, home):
        mine = (
            o for (who, at), o in self.orders.items() if who == home and (who, at) not in self.done
        )
        return sum(self.limit(step) for order in mine for step in order)

    @rule(
        home=st.integers(0, HOMES - 1), ahead=st.integers(0, 5),
        steps=st.lists(
            st.tuples(bit, st.sampled_from(TICKS), st.integers(1, 900), bit), max_size=2,
        ),
    )  # fmt: skip
    def place(self, home, ahead, steps):
        interval = self.first + ahead
        allowed = self.street.chain.time + self.street.gate_s <= interval * 900
        crossed = any(
            a[0] == 0 and b[0] == 1 and a[3] == b[3] and a[1] >= b[1] for a in steps for b in steps
        )
        try:
            order = self.street.curve(interval, *steps)
            self.street.market("place", [order], by=self.street.homes[home])
        except Refused:
            assert crossed or not allowed
            return
        assert allowed
        assert not crossed
        self.orders[home, interval] = steps

    @rule(minutes=st.integers(1, 20))
    def wait(self, minutes):
        self.street.chain.time += minutes * 60

    def cleared(self, interval, reach):
        """Volume, price and margins by definition."""
        steps = [
            s for (_, at), o in self.orders.items() if at == interval for s in o if s[3] == reach
        ]
        demand = {t: sum(s[2] for s in steps if s[0] == 0 and s[1] >= t) for t in range(21)}
        supply = {t: sum(s[2] for s in steps if s[0] == 1 and s[1] <= t) for t in range(21)}
        volume = max(min(demand[t], supply[t]) for t in range(21))
        if not volume:
            return None
        ask = min(t for t in supply if supply[t] >= volume)
        bid = max(t for t in demand if demand[t] >= volume)
        part = {
            0: (volume - demand.get(bid + 1, 0), sum(s[2] for s in steps if s[:2] == (0, bid))),
            1: (volume - supply.get(ask - 1, 0), sum(s[2] for s in steps if s[:2] == (1, ask))),
        }
        return BASE + STEP * (ask + bid) // 2, {0: bid, 1: ask}, part

    @rule(home=st.integers(0, HOMES - 1), ahead=st.integers(0, 5))
    def release(self, home, ahead):
        interval = self.first + ahead
        street, key = self.street, (home, interval)
        closed = street.chain.time + street.gate_s > interval * 900
        steps = self.orders.get(key, [])
        try:
            row = street.market("release", street.homes[home], interval, 1, by=street.dso)[0]
        except Refused:
            assert steps
            assert not closed
            return
        bought = sold = trade = charge = 0
        for side, tick, quantity, reach in steps:
            found = self.cleared(interval, reach)
            if found is None:
                continue
            price, margins, (part, size) = found[0], found[1], found[2][side]
            better = tick > margins[0] if side == 0 else tick < margins[1]
            filled = quantity if better else 0
            if tick == margins[side]:
                filled = quantity * part // size if side else -(-quantity * part // size)
            if side:
                sold, trade = sold + filled, trade + filled * price // 1000
                self.paid_out += 0 if key in self.done else filled * price // 1000
            else:
                bought, trade = bought + filled, trade - up(filled, price)
                charge += up(filled, CHARGES[10 if reach else 1])
                self.paid_in += 0 if key in self.done else up(filled, price)
        assert row == bought | sold << 21 | trade % 2**64 << 42 | charge << 106
        if key not in self.done and steps:
            self.done.add(key)
            self.cash[home] += trade - charge
            self.charges += charge

    @rule(home=st.integers(0, HOMES - 1), amount=st.integers(0, 10**6))
    def withdraw_and_deposit(self, home, amount):
        self.street.market("withdraw", amount, by=self.street.homes[home])
        back = amount // 2
        self.street.market("deposit", back, by=self.street.homes[home])
        self.cash[home] -= amount - back

    @rule(
        payer=st.integers(0, HOMES - 1), payee=st.integers(0, HOMES - 1), amount=st.integers(0, 999)
    )
    def post(self, payer, payee, amount):
        homes = self.street.homes
        pay = ("transfer_accounts", homes[payer], homes[payee], amount)
        assert self.street.market(*pay, by=self.street.poster) == amount
        self.cash[payer] -= amount
        self.cash[payee] += amount

    @invariant()
    def accounts_are_the_models(self):
        street = self.street
        for home in range(HOMES):
            held = self.held(home)
            assert street.escrow(street.homes[home]) == held
            assert street.available(street.homes[home]) == self.cash[home] - held
        assert street.available(street.dso) == street.deposit + self.charges

    @invariant()
    def the_market_holds_what_its_accounts_say(self):
        street = self.street
        accounts = [*street.homes, street.supplier, street.dso]
        held = sum(street.available(a) + street.escrow(a) for a in accounts)
        balance = street.balance(street.market.address)
        assert balance == held + self.paid_in - self.paid_out
        assert street.money_is_conserved()
