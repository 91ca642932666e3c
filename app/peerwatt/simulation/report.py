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
    """Accounts with the market and its pool less what was ever deposited: 0, to the micro-unit."""
    supply_ok: bool
    """Whether all balances together are the credits issued."""


async def prove_sums(street: Street) -> Sums:
    """Prove every balance and every account with the market at one block and add them up."""
    await street.client.sync()
    contracts, operators = street.contracts, street.operators
    parties = (*street.members, operators.dso.address, operators.supplier.address)
    holders = (*parties, operators.community.address, *contracts.addresses.values())
    balances = {holder: contracts.credit.balance(holder) for holder in holders}
    accounts = {holder: contracts.market.account(holder) for holder in holders}
    wants: dict[str, Want[Any]] = {
        "balances": together(balances, contracts.credit.address),
        "accounts": together(accounts, contracts.market.address),
        "supply": contracts.credit.total_supply(),
        "pool": contracts.market.pool(),
    }
    found = (await fetch_all(street.reader, wants)).value
    booked = sum(one.available_micro + one.escrow_micro for one in found["accounts"].values())
    deposited, pool = found["balances"][contracts.market.address], found["pool"]
    return Sums(
        all_accounts_micro=booked + pool.paid_in_micro - pool.paid_out_micro - deposited,
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
