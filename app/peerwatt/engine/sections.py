"""Publishes the sections of the API: the live ones each cycle, the others when there is news."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from peerwatt import __version__
from peerwatt.api.market_messages import KeepingView
from peerwatt.api.messages import (
    ClockView,
    DayView,
    EngineView,
    FlexibilityView,
    PowerHistory,
)
from peerwatt.config.clock import DrivenClock
from peerwatt.config.settings import SiteSettings
from peerwatt.history.records import EnergyTotals, PowerColumns, SentTransaction
from peerwatt.model.market import OrderState
from peerwatt.model.readings import ChargerReading, DeviceKind
from peerwatt.model.snapshot import Snapshot
from peerwatt.model.units import INTERVAL_S, interval_at

from .publisher import Publisher
from .views.chain_status import chain_view, no_chain_view
from .views.community import CommunityState, community_view
from .views.devices import TwinState, devices_view
from .views.flow import flow_view
from .views.forecast import forecast_view
from .views.market import MarketState, market_view
from .views.plan import PlanState, plan_view
from .views.wallet import WalletState, wallet_view

if TYPE_CHECKING:
    from .house import HouseEngine

SHOWN_TRANSACTIONS = 40
DEVICES_EVERY_CYCLES = 2
NO_CHAIN = "No chain is set up for this site yet."
ACTIVE = {OrderState.INTENDED, OrderState.SENT, OrderState.PLACED}


class Sections:
    """Turns the engine's state into messages; holds nothing but what spares work."""

    def __init__(
        self,
        publisher: Publisher,
        settings: SiteSettings,
        agent: str | None,
        agent_place: str,
        no_chain: str = NO_CHAIN,
    ) -> None:
        """``no_chain`` is what is said where the site has no chain."""
        self._publisher = publisher
        self._settings = settings
        self._agent = agent
        self._agent_place = agent_place
        self._no_chain = no_chain
        self._zone = ZoneInfo(settings.location.timezone)
        self._started_s: float | None = None
        self._day_due: tuple[int, int] | None = None

    def publish(self, house: HouseEngine) -> None:
        """Publish every section once, before the first cycle."""
        now_s = house.clock.now_s()
        self._started_s = now_s
        self._publisher.publish("day", DayView(date=self._local(now_s).date().isoformat()))
        self._publisher.publish("flow", flow_view(Snapshot(now_s, 0), None))
        self._publisher.publish("devices", devices_view(Snapshot(now_s, 0), {}, {}, {}))
        self.publish_live(house)
        self._slow(house, ())

    def _local(self, time_s: float) -> datetime:
        return datetime.fromtimestamp(time_s, self._zone)

    # -- every cycle -------------------------------------------------------------------------

    def publish_live(self, house: HouseEngine) -> None:
        """Publish what moves with the cycle."""
        now_s, control = house.clock.now_s(), house.control
        snapshot = control.snapshot
        self._publisher.publish(
            "clock",
            ClockView(
                now_s=now_s,
                simulated=isinstance(house.clock, DrivenClock),
                speed=house.speed,
                timezone=self._settings.location.timezone,
            ),
        )
        self._publisher.publish(
            "engine",
            EngineView(
                version=__version__,
                site_name=self._settings.name,
                started_s=self._started_s or now_s,
                cycle=snapshot.cycle if snapshot else 0,
                cycle_ms=round(control.cycle_ms, 1),
                demo=self._settings.demo,
            ),
        )
        self._publisher.publish("overrides", house.overrides.at(now_s).view())
        if snapshot is None:
            return
        position = house.position()
        traded = None if position is None else position.bought_wh - position.sold_wh
        self._publisher.publish("flow", flow_view(snapshot, traded))
        if snapshot.cycle % DEVICES_EVERY_CYCLES == 1:
            self._publisher.publish(
                "devices",
                devices_view(snapshot, self._twins(house), control.setpoints, control.writes),
            )

    def _twins(self, house: HouseEngine) -> dict[str, TwinState]:
        twins, snapshot = house.control.twins, house.control.snapshot
        found = {}
        for device_id in snapshot.devices if snapshot else ():
            state, root = twins.state(device_id), twins.twin_root(device_id)
            if state is not None and root is not None:
                found[device_id] = TwinState(state, twins.twin_transitions(device_id), root)
        return found

    # -- every round of the services ---------------------------------------------------------

    async def refresh(self, house: HouseEngine, news: bool) -> None:
        """Publish plan, market, wallet and chain; sums of the day when they may have changed."""
        sent = await house.disk.run(house.history.transactions.recent, SHOWN_TRANSACTIONS)
        self._slow(house, sent)
        now_s = house.clock.now_s()
        due = (interval_at(now_s), int(now_s % INTERVAL_S // 60))
        if news or due != self._day_due:
            self._day_due = due
            await self._day(house)

    def _slow(self, house: HouseEngine, sent: Sequence[SentTransaction]) -> None:
        chain = house.chain
        picture = chain.picture if chain else None
        status = chain.client.status if chain else None
        self._publisher.publish("plan", plan_view(self._plan_state(house)))
        self._publisher.publish("market", market_view(self._market_state(house)))
        flexibility = house.flex.view() if house.flex else FlexibilityView()
        self._publisher.publish("flexibility", flexibility)
        self._publisher.publish("community", community_view(self._community_state(house)))
        self._publisher.publish(
            "wallet",
            wallet_view(
                WalletState(
                    owner=self._settings.wallet.owner_address,
                    agent=self._agent,
                    agent_stored_in=self._agent_place,
                    currency=self._settings.currency,
                    picture=picture,
                    status=status,
                    transactions=house.wallet.rows(sent),
                    accounts=house.wallet.accounts,
                    incomplete=house.wallet.incomplete,
                    sentence=house.wallet.sentence or ("" if chain else self._no_chain),
                )
            ),
        )
        shown = chain_view(chain.client, chain.fault) if chain else no_chain_view(self._no_chain)
        self._publisher.publish("chain", shown)

    def _plan_state(self, house: HouseEngine) -> PlanState:
        now = interval_at(house.clock.now_s())
        intents = house.trading.intents if house.trading else ()
        kinds = (
            {i.kind for i in house.control.snapshot.devices.values()}
            if (house.control.snapshot)
            else set()
        )
        return PlanState(
            now_s=house.clock.now_s(),
            plan=house.prospect.plan if house.prospect else None,
            forecasts=house.prospect.forecasts if house.prospect else (),
            overrides=house.overrides,
            commitments=house.flex.commitments() if house.flex else (),
            orders=[
                (i.order, i.reason)
                for i in intents
                if i.order.interval > now and i.state in ACTIVE and not i.order.is_withdrawal
            ],
            has_car=DeviceKind.CHARGER in kinds and self.car_present(house),
            reasons=house.prospect.result.reasons if house.prospect else (),
            costs=house.prospect.override_costs if house.prospect else {},
            starts=house.prospect.result.starts if house.prospect else (),
            zone=self._zone,
            sentence=house.foresight.keeper.sentence,
            solve_ms=house.foresight.keeper.solve_ms,
            forecast=forecast_view(house.foresight.forecasts),
        )

    def _market_state(self, house: HouseEngine) -> MarketState:
        chain, trading = house.chain, house.trading
        return MarketState(
            now_s=house.clock.now_s(),
            facts=chain.facts if chain else None,
            picture=chain.picture if chain else None,
            intents=[i for i in trading.intents if not i.order.is_withdrawal] if trading else (),
            settled=[chain.settled[i] for i in sorted(chain.settled)] if chain else (),
            prices=[
                (c.interval, c.price_micro, c.volume_wh)
                for _, c in sorted(chain.clearings.items())[-96:]
                if c.volume_wh > 0
            ]
            if chain
            else (),
            paused=house.overrides.market_paused,
            sentence=trading.sentence if trading else "No market is set up for this site yet.",
            status=chain.client.status if chain else None,
            warn_below_micro=self._settings.market.warn_below_micro,
            lost_blocks=chain.outcomes.gap if chain else None,
            keeping=KeepingView(
                is_on=self._settings.market.keeper and house.keeping is not None,
                done=house.keeping.duties if house.keeping else {},
                sentence=house.keeping.sentence if house.keeping else "",
            ),
        )

    def _community_state(self, house: HouseEngine) -> CommunityState:
        chain, reader = house.chain, house.community
        return CommunityState(
            now_s=house.clock.now_s(),
            zone=self._zone,
            owner=chain.owner if chain else "",
            facts=reader.facts if reader else None,
            settled=chain.settled if chain else None,
            picture=chain.picture if chain else None,
            status=chain.client.status if chain else None,
            no_chain="" if chain else self._no_chain,
        )

    def car_present(self, house: HouseEngine) -> bool:
        """Whether a car is plugged in."""
        snapshot = house.control.snapshot
        return snapshot is not None and any(
            reading.car_present for reading in snapshot.fresh_of(ChargerReading)
        )

    def car_charging(self, house: HouseEngine) -> bool:
        """Whether a car charges now."""
        snapshot = house.control.snapshot
        return snapshot is not None and any(
            (reading.power_w or 0.0) > 100.0 for reading in snapshot.fresh_of(ChargerReading)
        )

    # -- today -------------------------------------------------------------------------------

    async def _day(self, house: HouseEngine) -> None:
        now = self._local(house.clock.now_s())
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
        first = interval_at(midnight)
        snapshot = house.control.snapshot
        readings = tuple(snapshot.readings.values()) if snapshot else ()
        totals = await house.disk.run(house.history.energy.totals_since, first, readings)
        self._publisher.publish("day", self._day_view(house, now.date().isoformat(), first, totals))

    def _day_view(self, house: HouseEngine, date: str, first: int, totals: EnergyTotals) -> DayView:
        chain = house.chain
        settled = [s for i, s in chain.settled.items() if i >= first] if chain else []
        bill = chain.facts.bill(settled) if chain and chain.facts else None
        flex = sum(
            offer.paid_micro
            for request_id, offer in (house.flex.offers.items() if house.flex else ())
            if self._requested_since(house, request_id, first)
        )
        used = (totals.home_wh or 0) + (totals.ev_wh or 0)
        own = used - min(totals.import_wh or 0, used)
        return DayView(
            date=date,
            pv_wh=totals.pv_wh or 0,
            import_wh=totals.import_wh or 0,
            export_wh=totals.export_wh or 0,
            home_wh=totals.home_wh or 0,
            ev_wh=totals.ev_wh or 0,
            battery_charged_wh=totals.battery_charged_wh or 0,
            battery_discharged_wh=totals.battery_discharged_wh or 0,
            bought_wh=bill.bought_wh if bill else 0,
            sold_wh=bill.sold_wh if bill else 0,
            mean_trade_price_micro=bill.mean_trade_price_micro if bill else None,
            bill_micro=bill.bill_micro if bill and settled else None,
            supplier_only_micro=bill.supplier_only_micro if bill and settled else None,
            flexibility_micro=flex,
            self_sufficiency_pct=100.0 * own / used if used > 0 else None,
        )

    @staticmethod
    def _requested_since(house: HouseEngine, request_id: int, first: int) -> bool:
        picture = house.chain.picture if house.chain else None
        request = picture.requests.get(request_id) if picture else None
        return request is not None and request.request.first_interval >= first

    # -- the past ----------------------------------------------------------------------------

    def power_history(self, house: HouseEngine, columns: PowerColumns) -> PowerHistory:
        """Return stored powers with the price of each step: neighbours' where cleared."""
        chain = house.chain
        retail = chain.facts.tariff.retail_micro_per_kwh if chain and chain.facts else None
        prices: list[int | None] = []
        for index in range(len(columns.grid_w)):
            interval = interval_at(columns.start_s + index * columns.step_s)
            clearing = chain.clearings.get(interval) if chain else None
            traded = clearing is not None and clearing.volume_wh > 0
            prices.append(clearing.price_micro if clearing and traded else retail)
        return PowerHistory(
            start_s=columns.start_s,
            step_s=columns.step_s,
            grid_w=columns.grid_w,
            pv_w=columns.pv_w,
            battery_w=columns.battery_w,
            ev_w=columns.ev_w,
            home_w=columns.home_w,
            soc_pct=columns.soc_pct,
            price_micro=tuple(prices),
        )
