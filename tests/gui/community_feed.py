"""A made-up community: where energy came from, deals, offers, services."""

from __future__ import annotations

import math
import random

from peerwatt.api.base import TrustMark
from peerwatt.api.community_messages import (
    CertificatesView,
    CommunityView,
    DealView,
    MixView,
    OfferView,
    ServiceView,
)

ANNA = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
BEN = "0x71C7656EC7ab88b098defB751B7401B5f6d8976F"


def powers(time_s: float, noise: random.Random | None = None) -> dict[str, float]:
    """Return the powers of the made-up house at an instant, balanced to the watt."""
    hour = ((time_s + 7200) / 3600) % 24
    cloud = 1 - 0.35 * max(0.0, math.sin(time_s / 1300) * math.sin(time_s / 410 + 1))
    pv = max(0.0, math.sin((hour - 5.6) / 15.2 * math.pi)) ** 1.4 * 6400 * cloud
    if not 5.6 < hour < 20.8:
        pv = 0.0
    home = 310 + 120 * math.sin(time_s / 700) ** 2
    home += 900 * math.exp(-(((hour - 7.3) / 0.7) ** 2))
    home += 1500 * math.exp(-(((hour - 12.2) / 0.5) ** 2))
    home += 1900 * math.exp(-(((hour - 19.1) / 1.1) ** 2))
    if noise is not None:
        home += noise.gauss(0, 60)
    home = max(home, 120.0)
    ev = 3680.0 if 1.5 < hour < 4.2 or 13.4 < hour < 14.9 else 0.0
    surplus = pv - home - ev
    if surplus > 0:
        battery = -min(surplus, 1100.0) if 8 < hour < 17.5 else 0.0
    else:
        battery = min(-surplus, 2600.0) if hour > 17 or hour < 1.5 or 5 < hour < 8 else 0.0
    grid = home + ev - pv - battery
    soc = 22 + 60 * min(max((hour - 8) / 8.5, 0), 1) - 45 * min(max((hour - 18) / 6, 0), 1)
    return {"pv": pv, "home": home, "ev": ev, "battery": battery, "grid": grid, "soc": soc}


def mix(start_s: int) -> MixView:
    """Return where an hour's energy came from."""
    now = powers(start_s + 1800)
    need = int(now["home"] + now["ev"])
    own = int(min(need, now["pv"] + max(now["battery"], 0.0)))
    rest = need - own
    deal, green, other = rest * 15 // 100, rest * 35 // 100, rest * 10 // 100
    return MixView(start_s=start_s, own_wh=own, deals_wh=deal, neighbours_green_wh=green,
                   neighbours_other_wh=other, supplier_wh=rest - deal - green - other,
                   mark=TrustMark.VERIFIED)  # fmt: skip


def day_mix(start_s: int) -> MixView:
    """Return where a day's energy came from."""
    parts = [mix(start_s + 3600 * n) for n in range(24)]
    names = ("own_wh", "deals_wh", "neighbours_green_wh", "neighbours_other_wh", "supplier_wh")
    sums = {name: sum(getattr(part, name) for part in parts) for name in names}
    return MixView(start_s=start_s, mark=TrustMark.VERIFIED, **sums)


def deals(now_s: int, mark: TrustMark) -> tuple[DealView, ...]:
    """Return one deal of each kind."""
    day = 86_400
    return (
        DealView(deal_id="0x" + "a1" * 32, role="buyer", partner=ANNA, kind="share", amount=2_500,
                 price_micro=110_000, start_s=now_s - 40 * day, end_s=now_s + 200 * day,
                 state="running", delivered_wh=38_400, delivered_today_wh=910,
                 paid_micro=-4_224_000, mark=mark),
        DealView(deal_id="0x" + "b2" * 32, role="seller", partner=BEN, kind="per interval",
                 amount=150, price_micro=0, start_s=now_s - 3 * day, end_s=now_s + 20 * day,
                 state="running", rank=1, delivered_wh=6_150, mark=mark),
        DealView(deal_id="0x" + "c3" * 32, role="seller", partner=ANNA, kind="share",
                 amount=1_000, price_micro=95_000, start_s=now_s - 90 * day,
                 end_s=now_s - 5 * day, state="ended", delivered_wh=51_900,
                 paid_micro=4_930_500, mark=mark),
    )  # fmt: skip


def offers(mark: TrustMark) -> tuple[OfferView, ...]:
    """Return offers of which one is the own and one is closed."""
    rows = (("Town works", 270_000, 80_000, 6_500_000), ("Sunny Power", 262_000, 76_000, 8_900_000),
            ("Old tariff", 250_000, 60_000, 4_000_000))  # fmt: skip
    return tuple(
        OfferView(offer=n + 1, supplier=BEN if n == 0 else ANNA, name=name, retail_micro=retail,
                  feed_in_micro=feed_in, monthly_fee_micro=fee, is_open=n < 2,
                  is_chosen=n == 0, mark=mark)
        for n, (name, retail, feed_in, fee) in enumerate(rows)
    )  # fmt: skip


def full_community(now_s: float, mark: TrustMark) -> CommunityView:
    """Return a community with everything it can have."""
    hour_s = int(now_s) // 3600 * 3600
    return CommunityView(
        hours=tuple(mix(hour_s - 3600 * n) for n in range(24, 0, -1)),
        days=tuple(day_mix(hour_s - 86_400 * n) for n in range(7, 0, -1)),
        certificates=CertificatesView(issued_wh=184_300, used_wh=121_700, passed_on_wh=74_900,
                                      since_s=hour_s - 30 * 86_400, mark=mark),
        deals=deals(hour_s, mark), offers=offers(mark), services=(
            ServiceView(service=1, name="Charging point, Lindenweg", unit="1 kWh",
                        price_micro=310_000, provider=ANNA, mark=mark),
            ServiceView(service=2, name="Shared battery", unit="1 kWh a day",
                        price_micro=42_000, provider=BEN, mark=mark),
            ServiceView(service=3, name="Cargo bicycle", unit="1 h", price_micro=1_500_000,
                        provider=BEN, is_open=False, mark=mark),
        ),
    )  # fmt: skip
