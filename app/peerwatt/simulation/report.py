"""The demo's report: the engine's figures, and sums over all accounts proven from the chain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from peerwatt.api.messages import Figures
from peerwatt.chain.bindings.wants import Want, fetch_all, together

from .street.street import Street


@dataclass(frozen=True, slots=True)
class Sums:
    """What the chain's books add up to, micro-units."""

    all_accounts_micro: int
    """What settlement gave to and took from all accounts together: 0, to the micro-unit."""
    supply_ok: bool
    """Whether all balances together are the credits issued."""


async def prove_sums(street: Street, first_interval: int, count: int) -> Sums:
    """Prove every account's balance and every settled result at one block and add them up."""
    await street.client.sync()
    contracts, operators = street.contracts, street.operators
    holders = (
        *street.members,
        operators.dso.address,
        operators.supplier.address,
        operators.treasury.address,
        contracts.market.address,
        contracts.settlement.address,
        contracts.flexibility.address,
    )
    balances = {holder: contracts.credit.balance(holder) for holder in holders}
    results = {
        f"{member} {interval}": contracts.settlement.result(member, interval)
        for member in street.members
        for interval in range(first_interval, first_interval + count)
    }
    wants: dict[str, Want[Any]] = {
        "balances": together(balances, contracts.credit.address),
        "supply": contracts.credit.total_supply(),
        "results": together(results, contracts.settlement.address),
        "supplier": contracts.settlement.supplier_total(operators.supplier.address),
        "dust": contracts.market.dust(),
    }
    found = (await fetch_all(street.reader, wants)).value
    settled = [result for result in found["results"].values() if result is not None]
    members = sum(result.trade_micro + result.supplier_micro for result in settled)
    return Sums(
        all_accounts_micro=members + found["supplier"] + found["dust"],
        supply_ok=sum(found["balances"].values()) == found["supply"],
    )


def make_report(
    figures: Figures, sums: Sums, *, seed: int, intervals: int, wall_s: float
) -> dict[str, Any]:
    """Return the report; ``balance_error`` is what the readings leave unexplained, Wh."""
    energy = {name: round(value) for name, value in figures.energy_wh.items()}
    return {
        "schema": 1,
        "seed": seed,
        "intervals": intervals,
        "wall_s": round(wall_s, 3),
        "energy_wh": energy,
        "devices": list(figures.devices),
        "market": figures.market,
        "flexibility": figures.flexibility,
        "settlement": {
            "intervals": figures.settlement["intervals"],
            "sum_of_all_accounts_micro": sums.all_accounts_micro,
            "bill_micro": figures.settlement["bill_micro"],
            "bill_supplier_only_micro": figures.settlement["bill_supplier_only_micro"],
        },
        "chain": {**figures.chain, "credit_supply_ok": sums.supply_ok},
        "twins": figures.twins,
        "errors": list(figures.errors),
    }
