"""What changes at given blocks of a BFT network: Besu's genesis ``transitions``.

Source: Besu ``ForkingVoteTallyCache`` (a list of validators replaces the set from its block on),
``QbftForksSchedulesFactory`` and ``ForkingValidatorProvider`` (selection mode, contract, period).
"""

from __future__ import annotations

from dataclasses import dataclass

from .validator_contract import ValidatorContract


@dataclass(frozen=True, slots=True)
class Transition:
    """One entry: whatever is not ``None`` holds from ``block`` on."""

    block: int
    validators: tuple[bytes, ...] | None = None
    """Ascending; replaces the elected set at this block."""
    period_s: int | None = None
    """Least seconds between blocks."""
    contract: ValidatorContract | None = None
    """Holds the validators from now on."""
    block_header: bool = False
    """Validators are elected by votes in headers again; needs ``validators``."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Transitions in ascending order of their blocks, after what the genesis says."""

    transitions: tuple[Transition, ...] = ()
    contract: ValidatorContract | None = None
    """Which contract holds the validators from the genesis on; ``None`` for votes in headers."""
    period_s: int = 0

    def __post_init__(self) -> None:
        """Refuse an order or a transition that Besu would not start with."""
        blocks = [transition.block for transition in self.transitions]
        if blocks != sorted(set(blocks)):
            raise ValueError("the transitions are not in ascending order of their blocks")
        for one in self.transitions:
            if one.block_header and (one.contract or not one.validators):
                raise ValueError(
                    f"the transition at block {one.block} to votes in headers names no validators"
                )

    def validators_at(self, block: int) -> tuple[bytes, ...] | None:
        """Return the list that replaces the set exactly at a block, if any."""
        if not self.transitions:
            return None
        return next((t.validators for t in self.transitions if t.block == block), None)

    def contract_at(self, block: int) -> ValidatorContract | None:
        """Return the contract that holds the validators of a block, if one does."""
        contract = self.contract
        for one in self.transitions:
            if one.block > block:
                break
            if one.contract is not None or one.block_header:
                contract = one.contract
        return contract

    def period_at(self, block: int) -> int:
        """Return the least number of seconds between a block and its parent."""
        period_s = self.period_s
        for one in self.transitions:
            if one.block > block:
                break
            period_s = period_s if one.period_s is None else one.period_s
        return period_s
