"""Parameters of one beacon chain: its genesis, forks, sizes and trust, and time in slots."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from peerwatt.model.verified import ChainFault

from ...encoding import EncodingFault, hex_data
from .forks import LAYOUTS, Fork, Layout
from .ssz import ZERO_CHUNK

FAR_FUTURE = 2**64 - 1
"""Epoch of a fork that has no date yet."""
DOMAIN_SYNC_COMMITTEE = bytes.fromhex("07000000")
CHECKPOINT_MAX_AGE_S = 14 * 86_400
"""Weak subjectivity: validators who left longer ago may sign anything without loss."""


class BeaconConfigFault(ChainFault):
    """The description of a beacon chain cannot be used; the message names the field."""


@dataclass(frozen=True, slots=True)
class BeaconConfig:
    """One beacon chain. The defaults are the mainnet preset."""

    genesis_validators_root: bytes
    genesis_time_s: int
    forks: Mapping[Fork, tuple[int, bytes]]
    """Fork -> (first epoch, version of 4 bytes)."""
    seconds_per_slot: int = 12
    slots_per_epoch: int = 32
    epochs_per_period: int = 256
    committee_size: int = 512
    min_participants: int = 1
    """Fewest signers of any update; the specification's 1 leaves the head to a single member."""
    checkpoint: bytes | None = None
    """Root of the beacon block that is trusted from the start."""
    accepts_old_checkpoint: bool = False
    """Whether the owner accepts a checkpoint older than :attr:`checkpoint_max_age_s`."""
    checkpoint_max_age_s: int = CHECKPOINT_MAX_AGE_S
    beacon_endpoints: tuple[str, ...] = field(default=())
    """Addresses of the beacon REST API."""

    @property
    def slots_per_period(self) -> int:
        """Slots for which one sync committee serves."""
        return self.slots_per_epoch * self.epochs_per_period

    def fork_at(self, slot: int) -> Fork:
        """Return the fork that is in force at a slot."""
        epoch = slot // self.slots_per_epoch
        return max(fork for fork, (first, _) in self.forks.items() if first <= epoch)

    def layout_at(self, slot: int) -> Layout:
        """Return where the state and body of a slot keep things. Raises EncodingFault."""
        fork = self.fork_at(slot)
        if fork not in LAYOUTS:
            raise EncodingFault(f"Slot {slot} lies before light clients existed.")
        return LAYOUTS[fork]

    def period_at(self, slot: int) -> int:
        """Return the sync committee period of a slot."""
        return slot // self.slots_per_period

    def slot_at(self, now_s: float) -> int:
        """Return the slot at a Unix second; 0 before genesis."""
        return max(math.floor((now_s - self.genesis_time_s) / self.seconds_per_slot), 0)

    def slot_time_s(self, slot: int) -> int:
        """Return the Unix second at which a slot begins."""
        return self.genesis_time_s + slot * self.seconds_per_slot

    def signing_domain(self, signature_slot: int) -> bytes:
        """Return the domain of sync committee signatures made in a slot.

        The fork is that of the slot before, in which the signed block lies at the latest.
        """
        version = self.forks[self.fork_at(max(signature_slot, 1) - 1)][1]
        return _domain(version, self.genesis_validators_root)


@lru_cache(maxsize=16)
def _domain(version: bytes, genesis_validators_root: bytes) -> bytes:
    """Return DOMAIN_SYNC_COMMITTEE with the root of ForkData, as ``compute_domain``."""
    root = sha256(version.ljust(32, b"\0") + genesis_validators_root).digest()
    return DOMAIN_SYNC_COMMITTEE + root[:28]


def config_from(consensus: Mapping[str, Any]) -> BeaconConfig:
    """Return the chain that a network's ``consensus`` describes. Raises BeaconConfigFault.

    Needed: ``genesis_validators_root``, ``genesis_time`` (Unix s), ``forks`` (name -> ``epoch``
    and ``version``). Optional: ``seconds_per_slot``, ``preset`` (``slots_per_epoch``,
    ``epochs_per_period``, ``committee_size``), ``min_participants`` (more than half of the
    committee where it is not given), ``checkpoint``, ``accepts_old_checkpoint``,
    ``beacon_endpoints``.
    """
    preset = _mapping(consensus, "preset")
    committee_size = _number(preset, "committee_size", 512)
    checkpoint = consensus.get("checkpoint") or None
    return BeaconConfig(
        genesis_validators_root=_bytes(consensus, "genesis_validators_root", 32),
        genesis_time_s=_number(consensus, "genesis_time"),
        forks=_forks(_mapping(consensus, "forks")),
        seconds_per_slot=_number(consensus, "seconds_per_slot", 12),
        slots_per_epoch=_number(preset, "slots_per_epoch", 32),
        epochs_per_period=_number(preset, "epochs_per_period", 256),
        committee_size=committee_size,
        min_participants=_number(consensus, "min_participants", committee_size // 2 + 1),
        checkpoint=None if checkpoint is None else _bytes(consensus, "checkpoint", 32),
        accepts_old_checkpoint=consensus.get("accepts_old_checkpoint") is True,
        beacon_endpoints=tuple(str(url) for url in consensus.get("beacon_endpoints", ())),
    )


def _forks(described: Mapping[str, Any]) -> Mapping[Fork, tuple[int, bytes]]:
    """Read the fork table; it must begin at epoch 0 and never step back."""
    names = {fork.name.lower(): fork for fork in Fork}
    unknown = sorted(set(described) - set(names))
    if unknown:
        raise BeaconConfigFault(f"The beacon chain's fork {unknown[0]!r} is not known here.")
    table: dict[Fork, tuple[int, bytes]] = {}
    epoch = 0
    for name, fork in names.items():
        if name not in described:
            continue
        entry = _mapping(described, name)
        first = _number(entry, "epoch", FAR_FUTURE, least=0)
        if first < epoch:
            raise BeaconConfigFault(f"The fork {name} is dated before the one it follows.")
        epoch = first
        table[fork] = (first, _bytes(entry, "version", 4))
    if not table or min(first for first, _ in table.values()) != 0:
        raise BeaconConfigFault("The beacon chain's forks name none that begins at epoch 0.")
    return MappingProxyType(table)


def _mapping(described: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = described.get(name, {})
    if not isinstance(value, Mapping):
        raise BeaconConfigFault(f"The beacon chain's {name} must be an object.")
    return value


def _number(
    described: Mapping[str, Any], name: str, default: int | None = None, *, least: int = 1
) -> int:
    value = described.get(name, default)
    if type(value) is not int or not least <= value <= FAR_FUTURE:
        raise BeaconConfigFault(f"The beacon chain's {name} must be a number from {least} on.")
    return value


def _bytes(described: Mapping[str, Any], name: str, length: int) -> bytes:
    try:
        data = hex_data(described.get(name), length)
    except EncodingFault:
        raise BeaconConfigFault(
            f"The beacon chain's {name} must be 0x and {2 * length} hexadecimal digits."
        ) from None
    if name == "checkpoint" and data == ZERO_CHUNK:
        raise BeaconConfigFault("The beacon chain's checkpoint must not be zero.")
    return data
