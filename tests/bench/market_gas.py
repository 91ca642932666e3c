"""Gas of the market's transactions beside the project's ceilings and a peer's contract."""

from __future__ import annotations

from .figures import Figure

SOFIE_GAS = 2_610_000
"""One request with ten offers, decided and paid, on SOFIE's marketplace contract; the project's
reference gives it for the same rules (Prague), it is not run here."""

BATCH_HOMES = 16
"""Homes whose days are settled in one transaction, as many as it takes."""

SETTLED_CEILING = 10_000
"""Of settlement per member and interval, signature check and all phases included."""

DAY_CEILING = 2_500_000
"""Of one household's day: 96 orders, 24 amendments, settlement."""


def figures() -> list[Figure]:
    """Return the gas of every case; the contracts' own tests hold the same ceilings."""
    from tests.contracts import gas_cases, gas_settlement

    found = gas_cases.all_figures()
    named = [_figure(name, gas, gas_cases.CEILINGS.get(name)) for name, gas in found.items()]
    settled = gas_settlement.day_batch(BATCH_HOMES)
    named += [_figure(name, gas, SETTLED_CEILING) for name, gas in settled.items()]
    day = sum(gas_cases.household_day().values())
    settling = 96 * max(settled.values())
    whole = _figure("household's day with settlement", day + settling, DAY_CEILING)
    return [*named, whole]


def _figure(name: str, gas: int, ceiling: int | None) -> Figure:
    goal = "reported" if ceiling is None else f"<= {ceiling}"
    reference = f"SOFIE, one request: {SOFIE_GAS}"
    return Figure(name, gas, "gas", reference, goal, ceiling is None or gas <= ceiling)
