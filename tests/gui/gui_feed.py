"""A house made up for the window's tests: realistic, seeded, at rest or moving."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field

from community_feed import BEN, full_community, powers

from peerwatt.api import market_messages as mm
from peerwatt.api import messages as m
from peerwatt.api.community_messages import CommunityView
from peerwatt.api.wallet_messages import AccountView, TransactionView
from peerwatt.model.units import interval_at, interval_start_s

NOON_S = 1_781_786_100.0  # 2026-06-18 14:35 in Zurich
ZONE = "Europe/Zurich"
VERIFIED = m.TrustMark.VERIFIED


def history(start_s: float, end_s: float, step_s: int, seed: int = 1) -> m.PowerHistory:
    """Return what the engine would answer for a span, with one gap in it."""
    noise = random.Random(seed)
    first = int(start_s // step_s) * step_s
    times = range(first, int(end_s), step_s)
    gap = (NOON_S - 11.2 * 3600, NOON_S - 10.7 * 3600)
    rows = [None if gap[0] < t < gap[1] else powers(t, noise) for t in times]

    def column(name: str) -> tuple[float | None, ...]:
        return tuple(None if row is None else row[name] for row in rows)

    return m.PowerHistory(
        start_s=float(first),
        step_s=step_s,
        grid_w=column("grid"),
        pv_w=column("pv"),
        battery_w=column("battery"),
        ev_w=column("ev"),
        home_w=column("home"),
        soc_pct=column("soc"),
        price_micro=tuple(price(interval_at(t)) for t in times),
    )


def price(interval: int) -> int:
    """Return the neighbours' price of an interval."""
    hour = ((interval_start_s(interval) + 7200) / 3600) % 24
    cents = 17 - 6 * math.exp(-(((hour - 13) / 3.5) ** 2)) + 6 * math.exp(-(((hour - 19) / 2) ** 2))
    return int(round(cents * 2) / 2 * 10_000)


def proven(value: int | None, block: int = 1204, mark: m.TrustMark = VERIFIED) -> m.ChainValue:
    """Return a chain value with its mark."""
    return m.ChainValue(value=value, mark=mark, block_number=block, block_time_s=int(NOON_S) - 3)


def ladder(interval: int, cleared: bool = True) -> mm.LadderView:
    """Return a book whose curves cross."""
    levels = []
    for tick in range(24):
        micro = 80_000 + tick * 8_000
        demand = int(5200 / (1 + math.exp((tick - 12) / 3.0)))
        supply = int(4300 / (1 + math.exp((9 - tick) / 2.6)))
        levels.append(mm.LadderLevel(price_micro=micro, demand_wh=demand, supply_wh=supply))
    low = next(level for level in levels if level.supply_wh >= level.demand_wh)
    return mm.LadderView(
        interval=interval,
        levels=tuple(levels),
        clearing_price_micro=low.price_micro if cleared else None,
        cleared_wh=low.demand_wh if cleared else None,
        mark=VERIFIED if cleared else m.TrustMark.PENDING,
        block_number=1204 if cleared else None,
    )


def supply(state: str = "active", **more: object) -> mm.SupplyView:
    """Return a standing with the supplier."""
    told = {
        "none": ("You have chosen no supplier's offer.", "Choose an offer."),
        "active": ("Everything is paid; your orders are taken.", ""),
        "grace": ("A monthly fee is not paid in full. Nothing changes for now.",
                  "Deposit 4.20 to settle it."),
        "suspended": ("The market takes no new buy orders from you; you still have power and "
                      "pay the supplier's price.", "Deposit 4.20: buying resumes at once."),
    }[state]  # fmt: skip
    return mm.SupplyView.model_validate(
        {
            "state": state, "meaning": told[0], "action": told[1], "offer": 1, "supplier": BEN,
            "monthly_fee_micro": 6_500_000, "warn_below_micro": 5_000_000,
            "due_micro": 4_200_000 if state in {"grace", "suspended"} else 0,
            "until_s": int(NOON_S) + 5 * 86_400 + 60 if state == "grace" else None,
            "may_buy": state != "suspended", **more,
        }
    )  # fmt: skip


@dataclass
class FakeFeed:
    """The house; :meth:`state` is what ``GET /v1/state`` would answer."""

    now_s: float = NOON_S
    simulated: bool = True
    battery: bool = True
    car: bool = True
    event: bool = False
    stale: tuple[str, ...] = ()
    mark: m.TrustMark = VERIFIED
    commands: list[m.Message] = field(default_factory=list)
    accounts: tuple[AccountView, ...] = ()
    agent_state: str = "active"
    own_transactions: tuple[TransactionView, ...] = ()

    # --- sections -------------------------------------------------------------------------------

    def clock(self) -> m.ClockView:
        return m.ClockView(
            now_s=self.now_s, simulated=self.simulated, speed=60 if self.simulated else 1,
            timezone=ZONE,
        )  # fmt: skip

    def flow(self) -> m.FlowView:
        now = powers(self.now_s)
        return m.FlowView(
            time_s=self.now_s,
            grid_w=now["grid"],
            pv_w=now["pv"],
            battery_w=now["battery"] if self.battery else None,
            ev_w=now["ev"] if self.car else None,
            home_w=now["home"],
            soc_pct=now["soc"] if self.battery else None,
            battery_capacity_wh=10_000 if self.battery else None,
            car_present=True if self.car else None,
            car_status="Charging" if now["ev"] > 0 else "SuspendedEVSE",
            neighbours_w=-0.6 * abs(now["grid"]) if now["grid"] < 0 else 0.5 * now["grid"],
            stale=self.stale,
            has_battery=self.battery,
            has_car=self.car,
        )

    def day(self) -> m.DayView:
        return m.DayView(
            date="2026-06-18", pv_wh=24_310, import_wh=4_120, export_wh=8_940, home_wh=9_870,
            ev_wh=11_040, battery_charged_wh=6_200, battery_discharged_wh=3_100, bought_wh=2_360,
            sold_wh=6_480, mean_trade_price_micro=142_000, bill_micro=-1_240_000,
            supplier_only_micro=310_000, flexibility_micro=180_000, self_sufficiency_pct=82.4,
        )  # fmt: skip

    def plan(self) -> m.PlanView:
        first = interval_at(self.now_s)
        points = []
        for count in range(40):
            interval = first + count
            at = powers(interval_start_s(interval) + 450)
            points.append(
                m.PlanPoint(
                    interval=interval, pv_w=at["pv"], home_w=at["home"], battery_w=at["battery"],
                    ev_w=at["ev"], grid_w=at["grid"], band_w=120 + 14 * count,
                    price_micro=price(interval),
                )
            )  # fmt: skip
        actions = (
            m.NextAction(
                action_id="car-1", time_s=self.now_s + 16_500, subject="car", undo="Not tonight",
                what="The car starts charging", why="A kWh costs 11 ct then, 27 ct at 19:00.",
                change="Above 15 ct it waits.", undo_cost_micro=840_000,
            ),
            m.NextAction(
                action_id="sell-1", time_s=self.now_s + 1_500, subject="market", undo=None,
                what="Sells 0.8 kWh to neighbours",
                why="The battery is full by 17:00 and the sun still makes 3 kW.",
            ),
            m.NextAction(
                action_id="hold-1", time_s=self.now_s + 9_000, subject="battery", undo="Skip",
                what="The battery waits",
                why="Its charge is worth 24 ct after 19:00, only 12 ct now.",
                change="Above 25 ct it serves the house.", undo_cost_micro=3_000,
            ),
        )  # fmt: skip
        scores = tuple(
            m.ForecastScoreView(
                quantity=quantity, stage=stage, error_w=error, bias_w=bias, crps_w=error * 0.7,
                best="bands", best_error_w=error,
            )
            for quantity, stage, error, bias in (
                ("pv", "1 h", 140, 20), ("pv", "6 h", 310, 60), ("pv", "24 h", 480, -40),
                ("load", "1 h", 90, -5), ("load", "6 h", 130, 12), ("load", "24 h", 150, 8),
            )
        )  # fmt: skip
        return m.PlanView(
            made_s=self.now_s - 30, points=tuple(points), actions=actions,
            overrides=m.OverrideCosts(car_now=840_000, car_pause=0, battery_hold=30_000),
            forecast=m.ForecastView(learned_s=self.now_s, learned_days=41, scores=scores),
        )  # fmt: skip

    def devices(self) -> m.DevicesView:
        now = powers(self.now_s)

        def value(name: str, figure: float | int | str | None, unit: str = "") -> m.DeviceValue:
            return m.DeviceValue(name=name, value=figure, unit=unit)

        common = {"protocol": "SunSpec TCP", "health": "fresh", "last_reading_s": self.now_s - 1,
                  "samples": 12_043, "twin_transitions": 1_204,
                  "twin_root": "3fa4" * 16}  # fmt: skip
        views = [
            m.DeviceView(
                **{**common, "twin_state": None}, device_id="meter", kind="meter",
                title="Smart meter", address="127.0.0.1:5020", errors=0, writes=0,
                values=(value("Power", now["grid"], "W"), value("Voltage", 231.4, "V"),
                        value("Frequency", 50.02, "Hz"), value("Bought in total", 4_120_300, "Wh"),
                        value("Sold in total", 8_310_900, "Wh"), value("Current", 12.2, "A")),
            ),
            m.DeviceView(
                **common, device_id="inverter", kind="inverter", title="Roof inverter",
                address="127.0.0.1:5021", errors=2, writes=14, twin_state="producing",
                values=(value("Power", now["pv"], "W"), value("DC voltage", 612.0, "V"),
                        value("Energy", 12_482_000, "Wh"), value("Temperature", 41.2, "°C")),
            ),
        ]  # fmt: skip
        if self.battery:
            views.append(
                m.DeviceView(
                    **common, device_id="battery", kind="battery", title="Cellar battery",
                    address="127.0.0.1:5021", errors=0, writes=208, twin_state="charging",
                    control="Charge with 2.4 kW: the sun makes more than the house needs.",
                    values=(value("Power", now["battery"], "W"), value("Charge", now["soc"], "%"),
                            value("Capacity", 10_000, "Wh"), value("Temperature", 26.5, "°C")),
                )
            )  # fmt: skip
        if self.car:
            views.append(
                m.DeviceView(
                    **{**common, "protocol": "OCPP 1.6J"}, device_id="charger", kind="charger",
                    title="Garage charger", address="CP-01", errors=1, writes=31,
                    twin_state="charging",
                    control="Charge with 16 A until 15:00: neighbours' sun is cheap now.",
                    values=(value("Power", now["ev"], "W"), value("Limit", 16.0, "A"),
                            value("Status", "Charging"), value("Energy", 812_400, "Wh")),
                )
            )  # fmt: skip
        if self.stale:
            views[0] = views[0].model_copy(
                update={
                    "health": "stale",
                    "last_reading_s": self.now_s - 95,
                    "sentence": "The smart meter at 127.0.0.1:5020 has not answered for 95 s.",
                }
            )
        return m.DevicesView(devices=tuple(views))

    def market(self) -> mm.MarketView:
        now = interval_at(self.now_s)
        reasons = ("The sun makes more than the house needs.", "The car needs it before 07:00.",
                   "The battery is full by then.")  # fmt: skip
        states = ("placed", "cleared", "settled", "settled", "settled", "settled", "expired")
        orders = tuple(
            self._order(now + 1 - n, "sell" if n % 3 else "buy", n, states[n], reasons[n % 3])
            for n in range(len(states))
        )
        trades = tuple(self._trade(now - 2 - n, n) for n in range(9))
        return mm.MarketView(
            zone=1, retail_micro=270_000, feed_in_micro=80_000, open_interval=now + 1,
            ladder=mm.LadderView(interval=now + 1), last_cleared=ladder(now), orders=orders,
            trades=trades,
            price_history=tuple(
                (i, price(i), 2000 + 13 * (i % 7)) for i in range(now - 95, now + 1)
            ),
            account=mm.MarketAccountView(
                available=proven(12_450_000, mark=self.mark),
                escrowed=proven(620_000, mark=self.mark),
            ),
            supply=supply(),
        )  # fmt: skip

    def _order(self, interval: int, side: str, n: int, state: str, reason: str) -> mm.OrderView:
        done = state in {"cleared", "settled"}
        first, limit = 620 + 70 * n, 120_000 + 5_000 * n
        turn = 1 if side == "sell" else -1
        steps = tuple(
            mm.OrderStepView.model_validate(
                {
                    "side": side, "quantity_wh": wh, "limit_micro": limit + turn * rise,
                    "charge_micro": 15_000 if reach and side == "buy" else 0, "reach": reach,
                    "filled_wh": filled if done else None,
                    "price_micro": price(interval - 1) if done else None,
                }
            )
            for wh, rise, reach, filled in (
                (first - 240, 0, 0, first - 240), (240, 40_000, 1, 220 - 10 * n)
            )
        )  # fmt: skip
        return mm.OrderView.model_validate(
            {
                "interval": interval, "side": side, "quantity_wh": first, "limit_micro": limit,
                "state": state, "filled_wh": first - 20 - 10 * n if done else None,
                "price_micro": price(interval - 1) if done else None, "reason": reason,
                "mark": self.mark if n else m.TrustMark.PENDING, "steps": steps,
            }
        )  # fmt: skip

    def _trade(self, interval: int, n: int) -> mm.TradeView:
        sells = bool(n % 3)
        trade = 82_000 + 3_000 * n if sells else -68_000
        parts = {
            "trade_micro": trade, "supplier_micro": 4_000,
            "charge_micro": 0 if sells else -7_200, "accuracy_micro": -49_000 if n == 4 else 1_900,
            "mid_market_micro": 6_500 if n == 5 else 0, "deal_micro": 12_000 if n == 1 else 0,
        }  # fmt: skip
        total, only = sum(parts.values()), 51_000 if sells else -129_600
        why = "17 Wh that were sold but not there" if total < only else ""
        told = "worse" if total < only else "better"
        return mm.TradeView.model_validate(
            {
                **parts, "interval": interval, "bought_wh": 0 if sells else 480,
                "sold_wh": 640 + 30 * n if sells else 0, "import_wh": 0 if sells else 520,
                "export_wh": 700 if sells else 0, "price_micro": price(interval),
                "supplier_only_micro": only, "total_micro": total, "saved_micro": total - only,
                "is_estimated": n == 2, "is_final": n > 3, "mark": self.mark,
                "sentence": f"{told} than with the supplier alone" + (
                    f", because of {why}." if why else "."),
            }
        )  # fmt: skip

    def community(self) -> CommunityView:
        """Return a community with everything it can have."""
        return full_community(self.now_s, self.mark)

    def flexibility(self) -> m.FlexibilityView:
        now = interval_at(self.now_s)
        start_s = interval_start_s(now - 1)
        curve = tuple(
            (start_s + 60.0 * n, 600.0, 2300 * math.exp(-n / 3) + 480 + 90 * math.sin(n))
            for n in range(20)
        )

        def request(number: int, first: int, state: str, **more: object) -> m.FlexView:
            base = {
                "request_id": number, "direction": "reduce", "first_interval": first,
                "interval_count": 4, "quantity_wh": 6_000, "max_price_micro": 350_000,
                "penalty_micro": 100_000, "offer_deadline_s": interval_start_s(first) - 600,
                "state": state, "mark": self.mark,
            }  # fmt: skip
            return m.FlexView.model_validate({**base, **more})

        requests = (
            request(1, now - 60, "verified", offered_wh=1_800, awarded_wh=1_800,
                    delivered_wh=1_760, paid_micro=412_000),
            request(2, now - 34, "not for us", reason="The car was away."),
            request(3, now - 20, "verified", direction="increase", offered_wh=2_400,
                    awarded_wh=2_000, delivered_wh=2_000, paid_micro=380_000),
            request(4, now - 1, "delivering" if self.event else "verified", offered_wh=2_200,
                    awarded_wh=2_200, delivered_wh=1_310, offer_price_micro=240_000, curve=curve,
                    paid_micro=None if self.event else 288_000,
                    reason="The car waits until the window is over, the battery helps."),
            request(5, now + 14, "offered", offered_wh=1_500, offer_price_micro=260_000),
        )  # fmt: skip
        return m.FlexibilityView(
            requests=requests,
            earned_micro=1_080_000,
            active_request_id=4 if self.event else None,
            active_until_s=float(interval_start_s(now + 3)) if self.event else None,
        )

    def wallet(self) -> m.WalletView:
        what = ("Sold 0.64 kWh to neighbours", "Order for 15:00: sell 0.7 kWh",
                "Bought 0.48 kWh from neighbours", "Paid by the grid operator for flexibility",
                "The rest of 14:15 at the supplier's price",
                "Order for 14:45: sell 0.8 kWh")  # fmt: skip
        entries = tuple(
            TransactionView(
                transaction_hash="0x" + f"{n:02x}" * 32, time_s=self.now_s - 40 - 420 * n,
                what=what[n % len(what)],
                amount_micro=(91_000, None, -68_000, 288_000, 4_000, None)[n % 6],
                state="final" if n else "in block", block_number=1203 - 4 * n, mark=self.mark,
                by="other" if n % 6 in {0, 2, 3, 4} else "agent",
            )
            for n in range(14)
        )  # fmt: skip
        return m.WalletView(
            owner_address="0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf",
            credit=proven(48_310_000, mark=self.mark),
            escrowed=proven(620_000, mark=self.mark),
            total_supply=proven(612_000_000, mark=self.mark),
            agent=m.AgentView.model_validate(
                {
                    "address": "0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF",
                    "stored_in": "the system's keyring",
                    "daily_limit": proven(10_000_000, mark=self.mark),
                    "spent_today": proven(2_360_000, mark=self.mark),
                    "min_price_micro": 80_000,
                    "max_price_micro": 270_000,
                    "expires_s": int(NOON_S) + 90 * 86_400,
                    "daily_sales_wh": 20_000,
                    "sold_today_wh": 3_240,
                    "state": self.agent_state,
                    "may_trade": True,
                    "may_offer": True,
                }
            ),
            transactions=(*self.own_transactions, *entries),
            accounts=self.accounts,
        )

    def chain(self) -> m.ChainView:
        good = self.mark is VERIFIED
        return m.ChainView(
            network="devnet", consensus="qbft", chain_id=20211, validators=4,
            state="verified" if good else "starting",
            sentence="" if good else "The first blocks are being checked.",
            head=1204, head_time_s=int(self.now_s) - 3, headers_verified=1204,
            proofs_verified=8_120,
            endpoints=(
                m.EndpointView(url="http://127.0.0.1:8545", state="following", head=1204),
                m.EndpointView(url="http://127.0.0.1:8546", state="following", head=1204),
            ),
        )  # fmt: skip

    def notices(self) -> m.NoticesView:
        lines = (
            ("info", "market", "The order for 15:00 was placed: sell 0.7 kWh at 12.0 ct or more."),
            ("good", "devices", "The garage charger is back after 30 s."),
            ("warning", "devices", "The garage charger at CP-01 does not answer; trying again."),
            ("info", "flexibility", "The grid operator asks for 6 kWh less from 14:30 to 15:30."),
            ("good", "market", "14:15 was settled: sold 0.6 kWh at 11.0 ct."),
            ("fault", "chain", "The endpoint 127.0.0.1:8546 sent a header that does not verify."),
            ("info", "planner", "A new plan for 40 intervals."),
        )
        return m.NoticesView(
            notices=tuple(
                m.Notice(notice_id=n, time_s=self.now_s - 300 * (13 - n), level=level,
                         source=source, sentence=sentence)
                for n, (level, source, sentence) in enumerate(lines * 2)
            )
        )  # fmt: skip

    def state(self) -> m.SiteState:
        """Return the whole state."""
        return m.SiteState(
            clock=self.clock(),
            engine=m.EngineView(
                version="0.1.0", site_name="Lindenweg 7", started_s=NOON_S - 4000, cycle=4000,
                cycle_ms=3.1, demo=self.simulated,
            ),
            flow=self.flow(),
            day=self.day(),
            plan=self.plan(),
            devices=self.devices(),
            market=self.market(),
            flexibility=self.flexibility(),
            community=self.community(),
            wallet=self.wallet(),
            chain=self.chain(),
            notices=self.notices(),
            overrides=m.OverrideView(),
        )  # fmt: skip

    def step(self, seconds: float = 15) -> None:
        """Let time pass."""
        self.now_s += seconds

    def history(self, step_s: int = 60) -> m.PowerHistory:
        """Return the last day."""
        return history(self.now_s - 24 * 3600, self.now_s, step_s)


def empty_state(now_s: float = NOON_S) -> m.SiteState:
    """Return the state of an engine that knows nothing yet."""
    unread = m.ChainValue(value=None, mark=m.TrustMark.UNVERIFIED)
    return m.SiteState(
        clock=m.ClockView(now_s=now_s, simulated=False, timezone=ZONE),
        engine=m.EngineView(version="0.1.0", site_name="My house", started_s=now_s, cycle=0,
                            cycle_ms=0.0),
        flow=m.FlowView(time_s=now_s, has_battery=False, has_car=False, has_pv=False),
        day=m.DayView(date="2026-06-18"),
        plan=m.PlanView(),
        devices=m.DevicesView(),
        market=mm.MarketView(),
        flexibility=m.FlexibilityView(),
        community=CommunityView(),
        wallet=m.WalletView(credit=unread, escrowed=unread, total_supply=unread,
                            agent=m.AgentView(daily_limit=unread, spent_today=unread)),
        chain=m.ChainView(network="devnet", consensus="qbft", chain_id=20211, validators=0,
                          state="starting"),
        notices=m.NoticesView(),
        overrides=m.OverrideView(),
    )  # fmt: skip


def missing_state(now_s: float = NOON_S) -> m.SiteState:
    """Return a state in which every value that may be missing is missing."""
    state = FakeFeed(now_s=now_s).state()
    flow = m.FlowView(time_s=now_s)
    devices = m.DevicesView(
        devices=tuple(
            device.model_copy(
                update={
                    "health": "away",
                    "last_reading_s": None,
                    "values": (m.DeviceValue(name="Power", value=None, unit="W"),),
                    "sentence": f"{device.title} at {device.address} does not answer.",
                }
            )
            for device in state.devices.devices
        )
    )
    return state.model_copy(update={"flow": flow, "devices": devices, "plan": m.PlanView()})


def low_market() -> mm.MarketView:
    """Return a market whose account runs low, whose grid is the limit, with a wider book."""
    market = FakeFeed().market()
    assert market.account is not None
    assert market.last_cleared is not None
    book = market.last_cleared
    account = market.account.model_copy(
        update={
            "available": proven(840_000),
            "is_low": True,
            "sentence": "Only 0.84 left for orders and fees: deposit credits.",
        }
    )
    return market.model_copy(
        update={
            "account": account,
            "last_cleared": book.model_copy(update={"limit_wh": book.cleared_wh}),
            "wider": (ladder(book.interval).model_copy(update={"reach": 1}),),
        }
    )
