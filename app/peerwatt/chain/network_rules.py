"""Builds the consensus rules that a network's ``consensus`` object describes.

:data:`RULES` maps a kind to its builder; a builder imports its rules late, so that a consortium
chain does not load proof of stake. Schema of the BFT kinds: see ``networks``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, cast

from .consensus.base_fee import BaseFeeRule
from .consensus.bft_rules import BftRules
from .consensus.options import FieldFault, Options, known_only, one_of, whole
from .consensus.rules import ConsensusRules
from .consensus.schedule import Transition
from .consensus.validator_contract import ArrayLayout, ValidatorContract
from .encoding import EncodingFault, address_bytes

Builder = Callable[[Options, tuple[bytes, ...]], ConsensusRules]
"""Takes the ``consensus`` object and the trusted validators. Raises FieldFault or ValueError."""


def address(described: Options, name: str, where: str) -> bytes:
    """Return an address. Raises FieldFault."""
    try:
        return address_bytes(described.get(name, ""))
    except EncodingFault:
        raise FieldFault(f"the field {where}{name} must be an address") from None


def addresses(listed: object, where: str) -> tuple[bytes, ...]:
    """Return distinct addresses in ascending order. Raises FieldFault."""
    if not isinstance(listed, list | tuple):
        raise FieldFault(f"the field {where} must be a list of addresses")
    try:
        found = tuple(address_bytes(item) for item in listed)
    except EncodingFault:
        raise FieldFault(f"the field {where} must be a list of addresses") from None
    if len(set(found)) != len(found):
        raise FieldFault(f"the field {where} names an address twice")
    return tuple(sorted(found))


_BFT_FIELDS = (
    *("kind", "epoch_length", "max_drift_s", "period_s", "base_fee", "tally"),
    *("validator_contract", "transitions"),
)
_TRANSITION_FIELDS = ("block", "validators", "period_s", "validator_contract", "selection")


def _bft(kind: type[BftRules], described: Options, validators: tuple[bytes, ...]) -> BftRules:
    known_only(described, _BFT_FIELDS, "consensus.")
    listed = described.get("transitions", [])
    if not isinstance(listed, list):
        raise FieldFault("the field consensus.transitions must be a list")
    epoch_length = whole(described, "epoch_length", "consensus.", 30_000)
    if epoch_length == 0:
        raise FieldFault("the field consensus.epoch_length must be at least 1")
    return kind(
        epoch_length=epoch_length,
        max_drift_s=whole(described, "max_drift_s", "consensus.", 15),
        base_fee=cast(
            "BaseFeeRule", one_of(described, "base_fee", "consensus.", ("any", "zero", "eip1559"))
        ),
        validators=validators,
        transitions=tuple(map(_transition, listed)),
        contract=_contract(described, "consensus."),
        period_s=whole(described, "period_s", "consensus.", 0),
        tally=cast(
            "Literal['strict', 'overlap']",
            one_of(described, "tally", "consensus.", ("strict", "overlap")),
        ),
    )


def _transition(described: object) -> Transition:
    where = "consensus.transitions."
    if not isinstance(described, Mapping):
        raise FieldFault("the field consensus.transitions must hold objects")
    known_only(described, _TRANSITION_FIELDS, where)
    listed = described.get("validators")
    selection = one_of(described, "selection", where, ("", "blockheader", "contract"))
    contract = _contract(described, where)
    if selection == "contract" and contract is None:
        raise FieldFault(f"the field {where}validator_contract is missing")
    return Transition(
        block=whole(described, "block", where),
        validators=None if listed is None else addresses(listed, f"{where}validators"),
        period_s=whole(described, "period_s", where) if "period_s" in described else None,
        contract=contract,
        block_header=selection == "blockheader",
    )


def _contract(described: Options, where: str) -> ValidatorContract | None:
    inside = described.get("validator_contract")
    if inside is None:
        return None
    where += "validator_contract."
    if not isinstance(inside, Mapping):
        raise FieldFault(f"the field {where[:-1]} must be an object")
    known_only(inside, ("address", "slot", "layout"), where)
    layout = one_of(inside, "layout", where, ("solidity", "vyper"))
    return ValidatorContract(
        address(inside, "address", where), whole(inside, "slot", where), cast("ArrayLayout", layout)
    )


def _qbft(described: Options, validators: tuple[bytes, ...]) -> ConsensusRules:
    from .consensus.qbft import QbftRules

    return _bft(QbftRules, described, validators)


def _ibft2(described: Options, validators: tuple[bytes, ...]) -> ConsensusRules:
    from .consensus.ibft2 import Ibft2Rules

    if "validator_contract" in described:
        raise FieldFault("the field consensus.validator_contract belongs to QBFT only")
    return _bft(Ibft2Rules, described, validators)


_CLIQUE_FIELDS = ("kind", "period_s", "epoch_length", "max_drift_s", "london_block")
_AURA_FIELDS = (
    *("kind", "step_duration_s", "max_step_drift", "two_thirds_block", "london_block"),
    *("validators", "validator_lists", "validator_contract", "empty_steps"),
)
_ETHEREUM_FIELDS = (
    *("kind", "genesis_validators_root", "genesis_time", "seconds_per_slot", "forks", "preset"),
    *("min_participants", "checkpoint", "accepts_old_checkpoint", "beacon_endpoints"),
)


def _clique(described: Options, validators: tuple[bytes, ...]) -> ConsensusRules:
    from .consensus.clique import rules_from

    known_only(described, _CLIQUE_FIELDS, "consensus.")
    return rules_from(described, validators)


def _aura(described: Options, validators: tuple[bytes, ...]) -> ConsensusRules:
    from .consensus.aura import rules_from

    known_only(described, _AURA_FIELDS, "consensus.")
    return rules_from(described, validators)


def _ethereum(described: Options, validators: tuple[bytes, ...]) -> ConsensusRules:
    from .consensus.beacon.config import config_from
    from .consensus.beacon.rules import BeaconRules

    known_only(described, _ETHEREUM_FIELDS, "consensus.")
    if validators:
        raise FieldFault("the field trust_root.validators has no meaning under proof of stake")
    return BeaconRules(config_from(described))


RULES: Mapping[str, Builder] = {
    "qbft": _qbft,
    "ibft2": _ibft2,
    "clique": _clique,
    "aura": _aura,
    "ethereum": _ethereum,
}
"""Kind of consensus -> builder of its rules."""
