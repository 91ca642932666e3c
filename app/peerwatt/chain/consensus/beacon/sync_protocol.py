"""Bootstrap, validation and application of updates: the light-client sync protocol.

Source: consensus specifications, ``light-client/sync-protocol.md`` (Altair to Gloas). What is
accepted here is what the specification accepts, but for ``BeaconConfig.min_participants``; an
update is never forced through without finality (``process_light_client_store_force_update``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..header import HeaderRefused, HeaderTooEarly
from .committee_points import CommitteePoints
from .config import BeaconConfig
from .forks import EXECUTION_PAYLOAD, LAYOUTS, Fork
from .objects import Bootstrap, LightHeader, SyncCommittee, Update
from .signature import signing_root, verifies
from .ssz import ZERO_CHUNK, proves
from .store import LightClientStore

PointSource = Callable[[SyncCommittee], CommitteePoints]
"""Gives the points of a committee that is proven."""


class UpdateRefused(HeaderRefused):
    """A light-client object breaks a rule; the message says which."""


class UpdateIrrelevant(UpdateRefused):
    """An update tells nothing that is not known already; nobody lied."""


class UpdateSkips(UpdateRefused):
    """An update belongs to a later committee than is known; those between come first."""


class CheckpointTooOld(UpdateRefused):
    """The checkpoint is older than weak subjectivity allows."""


def initialize(config: BeaconConfig, trusted_root: bytes, bootstrap: Bootstrap) -> LightClientStore:
    """Return the store that begins at a trusted block. Raises UpdateRefused."""
    header = bootstrap.header
    if header.beacon.root != trusted_root:
        raise UpdateRefused("The bootstrap is not of the block that is the checkpoint.")
    _check_header(config, header)
    gindex = config.layout_at(header.slot).current_committee
    if not proves(bootstrap.committee.root, bootstrap.branch, gindex, header.beacon.state_root):
        raise UpdateRefused("The bootstrap's sync committee is not proven by its branch.")
    return LightClientStore(header, bootstrap.committee, None, header)


def check_age(config: BeaconConfig, slot: int, now_s: float) -> None:
    """Check that trust may begin at a slot. Raises CheckpointTooOld.

    Validators who have left since can sign another history without loss, so an old block is
    trusted only when the owner says so (``phase0/weak-subjectivity.md``).
    """
    age_s = now_s - config.slot_time_s(slot)
    if age_s > config.checkpoint_max_age_s and not config.accepts_old_checkpoint:
        raise CheckpointTooOld(
            f"The trusted checkpoint is {age_s / 86_400:.0f} days old, more than the "
            f"{config.checkpoint_max_age_s / 86_400:.0f} days that are safe; enter a newer one, "
            "or accept this one if you are sure of it."
        )


def process(
    config: BeaconConfig,
    store: LightClientStore,
    update: Update,
    current_slot: int,
    points: PointSource,
) -> LightClientStore:
    """Return the store after an update. Raises UpdateRefused, HeaderTooEarly.

    ``points`` is asked only for committees of the store, which are proven.
    """
    validate(config, store, update, current_slot, points)
    count = update.aggregate.participants
    store = replace(store, current_max_participants=max(store.current_max_participants, count))
    if count > store.safety_threshold and update.attested.slot > store.optimistic.slot:
        store = replace(store, optimistic=update.attested)
    if count * 3 < config.committee_size * 2:
        return store
    settles_committee = (
        store.following is None
        and update.next_committee is not None
        and bool(update.finality_branch)
        and config.period_at(update.finalized_slot) == config.period_at(update.attested.slot)
    )
    if update.finalized_slot > store.finalized.slot or settles_committee:
        return _apply(config, store, update)
    return store


def _apply(config: BeaconConfig, store: LightClientStore, update: Update) -> LightClientStore:
    """Take over finality and committees from an update that two thirds signed."""
    period = config.period_at(store.finalized.slot)
    finalized_period = config.period_at(update.finalized_slot)
    if store.following is None:
        if finalized_period != period:
            raise UpdateRefused("The update finalizes a period whose committee is not known.")
        store = replace(store, following=update.next_committee)
    elif finalized_period == period + 1:
        store = replace(
            store,
            current=store.following,
            following=update.next_committee,
            previous_max_participants=store.current_max_participants,
            current_max_participants=0,
        )
    if update.finalized is not None and update.finalized.slot > store.finalized.slot:
        store = replace(store, finalized=update.finalized)
        if update.finalized.slot > store.optimistic.slot:
            store = replace(store, optimistic=update.finalized)
    return store


def validate(
    config: BeaconConfig,
    store: LightClientStore,
    update: Update,
    current_slot: int,
    points: PointSource,
) -> None:
    """Check an update against a store; the signature last, it costs most. Raises as process."""
    count = update.aggregate.participants
    if count < max(config.min_participants, 1):
        raise UpdateRefused(
            f"Only {count} of {config.committee_size} members of the sync committee signed; "
            f"{max(config.min_participants, 1)} are needed."
        )
    _check_header(config, update.attested)
    committee = _check_times(config, store, update, current_slot)
    _check_finality(config, update)
    _check_next_committee(config, store, update)
    message = signing_root(
        update.attested.beacon.root, config.signing_domain(update.signature_slot)
    )
    if not verifies(points(committee), update.aggregate, message):
        raise UpdateRefused("The sync committee's signature does not hold.")


def _check_header(config: BeaconConfig, header: LightHeader) -> None:
    """Check the execution block that a header names (``is_valid_light_client_header``)."""
    fork = config.fork_at(header.slot)
    if fork not in LAYOUTS:
        raise UpdateRefused("The header lies before light clients existed.")
    if fork < Fork.CAPELLA:
        if any(header.block_hash or b"") or any(map(any, header.execution_branch)):
            raise UpdateRefused("The header names an execution block before Capella.")
        return
    if header.payload is None:
        leaf, gindex = header.block_hash or ZERO_CHUNK, LAYOUTS[fork].block_hash
    else:
        leaf = header.payload.root(with_blobs=fork >= Fork.DENEB)
        gindex = EXECUTION_PAYLOAD
        has_blobs = header.payload.blob_gas_used or header.payload.excess_blob_gas
        if fork >= Fork.GLOAS or (fork < Fork.DENEB and has_blobs):
            raise UpdateRefused("The execution header has the form of another fork.")
    if not proves(leaf, header.execution_branch, gindex, header.beacon.body_root):
        raise UpdateRefused("The execution block is not proven by its branch.")


def _check_times(
    config: BeaconConfig, store: LightClientStore, update: Update, current_slot: int
) -> SyncCommittee:
    """Check the order of slots and periods and return the committee that must have signed."""
    attested = update.attested.slot
    if update.signature_slot > current_slot:
        raise HeaderTooEarly("The update was signed in the future; check this machine's clock.")
    if not update.signature_slot > attested >= update.finalized_slot:
        raise UpdateRefused("The update's slots are out of order.")
    period, signed = config.period_at(store.finalized.slot), config.period_at(update.signature_slot)
    names_committee = (
        store.following is None
        and bool(update.committee_branch)
        and config.period_at(attested) == period
    )
    if signed < period or (attested <= store.finalized.slot and not names_committee):
        raise UpdateIrrelevant("The update is not newer than what is finalized.")
    if signed == period:
        return store.current
    if signed == period + 1 and store.following is not None:
        return store.following
    raise UpdateSkips("The update was signed by a sync committee that is not known yet.")


def _check_finality(config: BeaconConfig, update: Update) -> None:
    if not update.finality_branch:
        return
    root = ZERO_CHUNK
    if update.finalized is not None:
        _check_header(config, update.finalized)
        root = update.finalized.beacon.root
    gindex = config.layout_at(update.attested.slot).finalized_root
    if not proves(root, update.finality_branch, gindex, update.attested.beacon.state_root):
        raise UpdateRefused("The finalized header is not proven by its branch.")


def _check_next_committee(config: BeaconConfig, store: LightClientStore, update: Update) -> None:
    committee = update.next_committee
    if committee is None:
        return
    attested = update.attested.slot
    is_same_period = config.period_at(attested) == config.period_at(store.finalized.slot)
    if is_same_period and store.following is not None and committee != store.following:
        raise UpdateRefused("The update names another next sync committee than was proven.")
    gindex = config.layout_at(attested).next_committee
    root = update.attested.beacon.state_root
    if not proves(committee.root, update.committee_branch, gindex, root):
        raise UpdateRefused("The next sync committee is not proven by its branch.")
