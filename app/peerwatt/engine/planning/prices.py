"""The supplier's price of each coming step, whatever the tariff's shape, and the market's curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from peerwatt.config.settings import PriceZone, TariffSettings
from peerwatt.forecast.prices import LEVELS, PriceForecast
from peerwatt.model.market import Tariff
from peerwatt.model.plan import IntervalForecast
from peerwatt.model.units import MICRO, interval_start_s
from peerwatt.planner.inputs import StepInput, steps_at_tariff
from peerwatt.planner.shape import HouseShape
from peerwatt.planner.spec import Capacity, Offer, Tier

SHARE = 0.5
"""Part of the market's volume that one house counts on."""

PRICE_LEVELS = ((0.25, 0.5), (0.75, 0.5))
"""Quantile of the market's price, and how much of the probability it stands for."""


def priced_steps(
    forecasts: tuple[IntervalForecast, ...],
    tariff: Tariff,
    settings: TariffSettings,
    dynamic_micro: Mapping[int, int],
    timezone: str,
) -> tuple[StepInput, ...]:
    """Return the steps with the supplier's prices: dynamic, else by zone, else flat."""
    steps = steps_at_tariff(forecasts, tariff)
    if not settings.zones and not dynamic_micro:
        return steps
    zone = ZoneInfo(timezone)
    found = []
    for step in steps:
        price = dynamic_micro.get(step.interval)
        if price is None:
            local = datetime.fromtimestamp(interval_start_s(step.interval), zone)
            price = zone_price_micro(settings.zones, local)
        found.append(step if price is None else replace(step, import_price_micro=price))
    return tuple(found)


def zone_price_micro(zones: Sequence[PriceZone], local: datetime) -> int | None:
    """Return the price of the first zone that holds a local time; ``None`` outside all."""
    clock = local.strftime("%H:%M")
    for zone in zones:
        overnight = zone.until_local <= zone.from_local
        after, before = clock >= zone.from_local, clock < zone.until_local
        if not (after or before if overnight else after and before):
            continue
        begun = local - timedelta(days=1) if overnight and not after else local
        if begun.weekday() in zone.weekdays:
            return zone.import_micro_per_kwh
    return None


def shape_of(
    settings: TariffSettings,
    market: Sequence[PriceForecast],
    steps: Sequence[StepInput],
    imported_kwh: float,
    peak_kw: float,
) -> HouseShape:
    """Return the tariff's tiers and charges and what neighbours are likely to trade."""
    tiers = tuple(
        Tier(max(tier.above_kwh - imported_kwh, 0.0), tier.add_micro_per_kwh / MICRO)
        for tier in sorted(settings.tiers, key=lambda tier: tier.above_kwh)
    )
    capacity = None
    if settings.capacity_micro_per_kw:
        capacity = Capacity(settings.capacity_micro_per_kw / MICRO, peak_kw)
    curve = market_curve(market, steps)
    co2 = settings.co2_g_per_kwh
    return HouseShape(
        tiers=tiers,
        capacity=capacity,
        market_buy=curve,
        market_sell=curve,
        co2_g_per_kwh=None if co2 is None else np.full(len(steps), co2),
        co2_price_per_kg=settings.co2_micro_per_kg / MICRO,
    )


def market_curve(market: Sequence[PriceForecast], steps: Sequence[StepInput]) -> tuple[Offer, ...]:
    """Return the expected price curve: each quantile with its part of the expected volume."""
    known = {one.interval: one for one in market if one.volume_wh > 0}
    if not known:
        return ()
    offers = []
    for level, part in PRICE_LEVELS:
        place = LEVELS.index(level)
        price = np.zeros(len(steps))
        kwh = np.zeros(len(steps))
        for number, step in enumerate(steps):
            one = known.get(step.interval)
            if one is None:
                continue
            micro = one.quantiles_micro[place]
            price[number] = min(max(micro, step.export_price_micro), step.import_price_micro)
            kwh[number] = one.volume_wh * SHARE * part / 1000
        offers.append(Offer(price / MICRO, kwh, 1.0))
    return tuple(offers)
