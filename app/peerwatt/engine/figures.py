"""Collects the figures that were counted where things happened, for reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peerwatt.api.messages import Figures
from peerwatt.market.settlement_view import Bill
from peerwatt.model.flexibility import OfferState
from peerwatt.model.units import INTERVALS_PER_DAY, interval_at, interval_start_s

if TYPE_CHECKING:
    from .house import HouseEngine


ENERGIES = (
    "pv",
    "import",
    "export",
    "battery_charge",
    "battery_discharge",
    "ev",
    "home",
    "balance_error",
)


async def collect(house: HouseEngine) -> Figures:
    """Return the figures of a site since it began. Replays the twins' logs (blocking, off loop)."""
    fault = await house.disk.run(house.control.twins.replay_fault)
    energy = await _energy(house)
    return Figures(
        energy_wh=energy,
        devices=_devices(house),
        market=_market(house),
        flexibility=_flexibility(house),
        settlement=_settlement(house),
        chain=_chain(house),
        twins={"transitions": house.control.twins.transitions, "replay_ok": fault is None},
        errors=tuple(house.board.faults) + ((fault,) if fault else ()),
    )


async def _energy(house: HouseEngine) -> dict[str, float]:
    """Energies between the first and the last interval boundary that were metered, Wh.

    All but the home come from cumulative registers. The home has no meter of its own: its power
    is found by balance each cycle and summed over time. What the registers say it used differs
    from that by ``balance_error``: energy that the readings leave unexplained.
    """
    since = interval_at(house.clock.now_s()) - INTERVALS_PER_DAY * 400
    rows = await house.disk.run(house.history.energy.recent_intervals, since)
    if not rows:
        return dict.fromkeys(ENERGIES, 0.0)
    total = {
        "pv": sum(r.pv_wh for r in rows),
        "import": sum(r.import_wh for r in rows),
        "export": sum(r.export_wh for r in rows),
        "battery_charge": sum(r.battery_charged_wh for r in rows),
        "battery_discharge": sum(r.battery_discharged_wh for r in rows),
        "ev": sum(r.ev_wh for r in rows),
    }
    begin, end = interval_start_s(rows[0].interval), interval_start_s(rows[-1].interval + 1)
    summed = await house.disk.run(house.history.power.energy, begin, end)
    home = summed.home_wh or 0
    used = total["import"] - total["export"] + total["pv"] - total["ev"]
    used += total["battery_discharge"] - total["battery_charge"]
    found = {**total, "home": home, "balance_error": used - home}
    return {name: float(found[name]) for name in ENERGIES}


def _devices(house: HouseEngine) -> tuple[dict[str, str | int], ...]:
    snapshot = house.control.snapshot
    if snapshot is None:
        return ()
    return tuple(
        {
            "id": device_id,
            "kind": info.kind.value,
            "protocol": info.protocol,
            "samples": snapshot.health[device_id].samples,
            "errors": snapshot.health[device_id].errors,
        }
        for device_id, info in sorted(snapshot.devices.items())
    )


def _bill(house: HouseEngine) -> Bill:
    chain = house.chain
    if chain is None or chain.facts is None:
        return Bill()
    return chain.facts.bill(chain.settled.values())


def _market(house: HouseEngine) -> dict[str, int | list[int]]:
    chain, bill = house.chain, _bill(house)
    cleared = [c for _, c in sorted(chain.clearings.items()) if c.volume_wh > 0] if chain else []
    return {
        "orders": house.trading.figures.orders if house.trading else 0,
        "cleared_intervals": len(cleared),
        "bought_wh": bill.bought_wh,
        "sold_wh": bill.sold_wh,
        "paid_micro": bill.paid_micro,
        "received_micro": bill.received_micro,
        "prices_micro_per_kwh": [c.price_micro for c in cleared],
    }


def _flexibility(house: HouseEngine) -> dict[str, int]:
    offers = list(house.flex.offers.values()) if house.flex else []
    awarded = [o for o in offers if o.awarded_wh > 0]
    picture = house.chain.picture if house.chain else None
    return {
        "requests": max(picture.requests, default=-1) + 1 if picture else 0,
        "offers": len(offers),
        "awards": len(awarded),
        "promised_wh": sum(o.awarded_wh for o in awarded if o.state is OfferState.VERIFIED),
        "delivered_wh": sum(o.delivered_wh for o in offers),
        "earned_micro": sum(o.paid_micro for o in offers),
    }


def _settlement(house: HouseEngine) -> dict[str, int]:
    bill = _bill(house)
    return {
        "intervals": bill.intervals,
        "bill_micro": bill.bill_micro,
        "bill_supplier_only_micro": bill.supplier_only_micro,
    }


def _chain(house: HouseEngine) -> dict[str, str | int | bool]:
    if house.chain is None:
        return {}
    status = house.chain.client.status
    return {
        "consensus": status.consensus,
        "validators": status.validators,
        "head": status.head or 0,
        "headers_verified": status.headers_verified,
        "proofs_verified": status.proofs_verified,
        "rejected": status.rejected,
    }
