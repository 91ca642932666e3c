"""All state machines and differentials of the contracts' tests, with many more examples.

What ``tests/contracts`` defines is found, not listed: a new machine takes part by itself where
it needs no world, else its world is named here.
"""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test
from tests.contracts.conftest import Chain, Street
from tests.contracts.gas_cases import wide_market
from tests.contracts.settling import Homes
from tests.contracts.test_certificates import GreenVillage
from tests.contracts.test_flexibility import FlexStreet
from tests.contracts.test_loan import LoanVillage
from tests.contracts.test_pool import PoolVillage
from tests.contracts.test_supply import SupplyVillage
from tests.contracts.village import Village

pytestmark = pytest.mark.long

CALLS = 5_000
"""Contract calls of a part, at least."""

SETTINGS = settings(
    max_examples=10,
    stateful_step_count=50,
    deadline=None,
    database=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
WORLDS: dict[str, Callable[[], Any]] = {
    "MarketMachine": Street,
    "CreditMachine": Village,
    "TreasuryMachine": Village,
    "ServicesMachine": Village,
    "LoanMachine": LoanVillage,
    "SupplyMachine": SupplyVillage,
    "PoolMachine": PoolVillage,
    "GreenMachine": GreenVillage,
}
"""What machines expect as their ``street`` or ``village``."""


def _books() -> dict[str, Any]:
    street = Street()
    return {"built_street": street, "wide": wide_market(street)}


FIXTURES: dict[str, Callable[[], dict[str, Any]]] = {
    "test_random_books_clear_by_definition": _books,
    "test_what_homes_get_is_what_was_cleared_and_money_adds_up": lambda: {"street": Street()},
    "test_limits_are_kept_to_the_last_bit": lambda: {"street": Street()},
    "test_deals_equal_their_model": lambda: {"homes": Homes(4, zones=(1, 1, 1, 2))},
    "test_any_split_into_batches_keeps_every_row": lambda: {"homes": Homes(3)},
    "test_the_escrow_is_never_overpaid_and_never_kept": lambda: {"street": FlexStreet()},
}
"""What differentials get for their fixtures."""


def _takes_part(file: Path) -> bool:
    text = file.read_text(encoding="utf-8")
    return file.stem != "conftest" and any(
        word in text for word in ("(RuleBasedStateMachine)", *(f"def {name}(" for name in FIXTURES))
    )


MODULES = [
    importlib.import_module(f"tests.contracts.{file.stem}")
    for file in sorted(Path(__file__).parents[1].glob("*.py"))
    if _takes_part(file)
]
MACHINES: dict[str, type[RuleBasedStateMachine]] = {
    name: found
    for module in MODULES
    for name, found in vars(module).items()
    if isinstance(found, type)
    and issubclass(found, RuleBasedStateMachine)
    and found.__module__ == module.__name__
}
DIFFERENTIALS: dict[str, Callable[..., None]] = {
    name: getattr(module, name) for module in MODULES for name in FIXTURES if hasattr(module, name)
}

world = cache(lambda name: WORLDS[name]())
fixtures = cache(lambda name: FIXTURES[name]())


def through(name: str, seed: int, one_round: Callable[[int], None]) -> None:
    """Repeat rounds with seeds that follow from the part's until it has made its calls."""
    before, number = Chain.calls, 0
    while Chain.calls < before + CALLS:
        one_round(zlib.crc32(f"{name} {seed} {number}".encode()))
        number += 1


@pytest.mark.parametrize("name", MACHINES)
def test_lives_follow_the_model(name: str, seed: int) -> None:
    machine = MACHINES[name]
    if name in WORLDS:
        machine.village = machine.street = world(name)  # type: ignore[attr-defined]

    def one_round(number: int) -> None:
        run_state_machine_as_test(seeded(number)(machine), settings=SETTINGS)

    through(name, seed, one_round)


def plain(body: Any) -> Any:
    """Return a test's function without the settings that its module gave it."""
    facts = body.__code__, body.__globals__, body.__name__, body.__defaults__, body.__closure__
    return FunctionType(*facts)


@pytest.mark.parametrize("name", DIFFERENTIALS)
def test_contracts_equal_their_definition(name: str, seed: int) -> None:
    test: Any = DIFFERENTIALS[name]
    body, drawn = plain(test.hypothesis.inner_test), test.hypothesis._given_kwargs

    def one_round(number: int) -> None:
        many = settings(SETTINGS, max_examples=250)
        many(seeded(number)(given(**drawn)(body)))(**fixtures(name))

    through(name, seed, one_round)
