"""Proof of stake: checkpoint, updates of each period, a finalized block, and headers back from it.

The objects are those of the beacon API, kept as they are. Nothing that is not final is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from peerwatt.model.verified import ChainFault, Unproven

from ...consensus.beacon.committee_points import CommitteePoints, decompress
from ...consensus.beacon.config import FAR_FUTURE, BeaconConfig
from ...consensus.beacon.objects import SyncCommittee
from ...consensus.beacon.parsing import (
    bootstrap_from_json,
    finality_update_from_json,
    update_from_json,
)
from ...consensus.beacon.rules import BeaconRules
from ...consensus.beacon.store import LightClientStore
from ...consensus.beacon.sync_protocol import UpdateIrrelevant, initialize, process
from ...consensus.header import Header, HeaderRefused, header_from_rlp, header_to_rlp
from ...consensus.rules import ChainState
from ...encoding import to_hex
from ...networks import Network
from ...reading.reader import ProvenReader
from ..values import BundleRefused
from .way import DAY_S, MAX_HEADERS, FoundWay, Json, Way, extras_of, listed_headers

MAX_UPDATES = 1024
PAGE = 128


class Source(Protocol):
    """A beacon endpoint; what it answers is checked."""

    async def bootstrap(self, block_root: bytes) -> object:
        """Return the bootstrap at a block."""

    async def updates(self, start_period: int, count: int) -> list[object]:
        """Return updates of consecutive periods."""

    async def finality_update(self) -> object:
        """Return the newest finality update."""


@runtime_checkable
class BeaconSources(Protocol):
    """A client that follows a beacon chain."""

    @property
    def beacon_sources(self) -> Sequence[Source]:
        """The endpoints whose answers hold, best first."""


def describe(kind: str, rules: BeaconRules) -> Json:
    """Return the rules as a description has them, with the checkpoint."""
    config = rules.config
    return {
        "kind": kind,
        "genesis_validators_root": to_hex(config.genesis_validators_root),
        "genesis_time": config.genesis_time_s,
        "seconds_per_slot": config.seconds_per_slot,
        "preset": {
            "slots_per_epoch": config.slots_per_epoch,
            "epochs_per_period": config.epochs_per_period,
            "committee_size": config.committee_size,
        },
        "min_participants": config.min_participants,
        "checkpoint": to_hex(config.checkpoint or b""),
        "forks": {
            fork.name.lower(): _fork(epoch, version)
            for fork, (epoch, version) in sorted(config.forks.items())
        },
    }


def _fork(epoch: int, version: bytes) -> Json:
    known: Json = {} if epoch == FAR_FUTURE else {"epoch": epoch}
    return known | {"version": to_hex(version)}


# -- reading -------------------------------------------------------------------------------------


def follow(network: Network, rules: BeaconRules, document: Mapping[str, Any], now_s: float) -> Way:
    """Verify what a file shows. Raises BundleRefused or HeaderRefused."""
    del network
    shown = extras_of(document, "bootstrap", "updates", "finality")
    headers = [header_from_rlp(raw) for raw in listed_headers(document)]
    start, store = _synced(rules.config, shown, now_s)
    states = {state.header.number: state for state in _linked(rules, headers, store)}
    return _way(rules.config, start, store, states, max(states))


def _synced(
    config: BeaconConfig, shown: Mapping[str, Any], now_s: float
) -> tuple[LightClientStore, LightClientStore]:
    """Return the store at the checkpoint, and after the updates and the finality update."""
    updates = shown["updates"]
    if config.checkpoint is None:
        raise BundleRefused("The file names no checkpoint.")
    if not isinstance(updates, list) or len(updates) > MAX_UPDATES:
        raise BundleRefused("The updates of the file are no list, or too many.")
    slot, points = config.slot_at(now_s), _Points()
    start = initialize(config, config.checkpoint, bootstrap_from_json(config, shown["bootstrap"]))
    store = start
    for update in updates:
        before, store = (
            store,
            process(config, store, update_from_json(config, update), slot, points),
        )
        if (before.finalized, before.following) == (store.finalized, store.following):
            raise BundleRefused("An update of the file tells nothing new.")
    final = finality_update_from_json(config, shown["finality"])
    try:
        after = process(config, store, final, slot, points)
    except UpdateIrrelevant:
        raise BundleRefused("The file's last update tells nothing new.") from None
    if final.finalized is None or after.finalized.beacon != final.finalized.beacon:
        raise BundleRefused("The file's last update finalizes nothing.")
    return start, after


class _Points:
    """Decompressed committees of one file."""

    def __init__(self) -> None:
        self._known: dict[bytes, CommitteePoints] = {}

    def __call__(self, committee: SyncCommittee) -> CommitteePoints:
        if committee.root not in self._known:
            self._known[committee.root] = decompress(committee)
        return self._known[committee.root]


def _linked(
    rules: BeaconRules, headers: Sequence[Header], store: LightClientStore
) -> list[ChainState]:
    """Return the blocks of a file: the finalized one last, each named by the next one."""
    wanted = store.finalized.block_hash
    found: list[ChainState] = []
    for header in reversed(headers):
        state = rules.state(header)
        if state.block_hash != wanted or (found and header.number != found[-1].header.number - 1):
            raise HeaderRefused("A header is not the one that the finalized block leads to.")
        found.append(state)
        wanted = header.parent_hash
    return found[::-1]


def _way(
    config: BeaconConfig,
    start: LightClientStore,
    store: LightClientStore,
    states: Mapping[int, ChainState],
    final: int,
) -> Way:
    slot = start.finalized.slot
    days = config.slot_time_s(store.finalized.slot) - config.slot_time_s(slot)

    def finality(number: int) -> str:
        return (
            f"Block {number} is final: the validators finalized block {final} on it, in slot "
            f"{store.finalized.slot}."
        )

    def rests_on(number: int) -> list[str]:
        """Return what must hold: of each committee a third is honest, also of one long past."""
        del number
        said = [
            "Of each sync committee shown, fewer than two thirds signed for another history "
            f"({config.committee_size} members drawn from all validators; signing twice is not "
            "punished there)."
        ]
        if days > config.checkpoint_max_age_s:
            said.append(
                f"{days / DAY_S:.0f} days lie between the checkpoint and the block, more than the "
                f"{config.checkpoint_max_age_s / DAY_S:.0f} that are safe: validators who left "
                "since could have signed another history without loss."
            )
        return said

    root = config.checkpoint or b""
    return Way(slot, root, config.slot_time_s(slot), states, 0, finality, rests_on)


# -- finding -------------------------------------------------------------------------------------


async def find(
    reader: ProvenReader, rules: BeaconRules, targets: Sequence[ChainState], now_s: float
) -> FoundWay:
    """Return what leads from the checkpoint to a final block behind all targets.

    Raises BundleRefused for a target that is not final yet, or ChainFault.
    """
    client = reader.client
    if not isinstance(client, BeaconSources):
        raise BundleRefused("This client follows no beacon chain.")
    last: ChainFault = BundleRefused("No beacon endpoint can be used at the moment.")
    for source in client.beacon_sources:
        try:
            shown = await _ask(source, rules.config, now_s)
            _, store = _synced(rules.config, shown, now_s)
        except ChainFault as fault:
            last = fault
            continue
        return FoundWay(_headers(reader, store, targets), shown)
    raise last


async def _ask(source: Source, config: BeaconConfig, now_s: float) -> Json:
    if config.checkpoint is None:
        raise BundleRefused("The network has no checkpoint.")
    bootstrap = await source.bootstrap(config.checkpoint)
    header = bootstrap_from_json(config, bootstrap).header
    first, present = config.period_at(header.slot), config.period_at(config.slot_at(now_s))
    updates: list[object] = []
    while first + len(updates) < present:
        page = await source.updates(first + len(updates), min(PAGE, present - first - len(updates)))
        if not page:
            raise BundleRefused("A beacon endpoint does not serve all updates needed.")
        updates += page
    final = await source.finality_update()
    return {"bootstrap": bootstrap, "updates": updates, "finality": final}


def _headers(
    reader: ProvenReader, store: LightClientStore, targets: Sequence[ChainState]
) -> list[bytes]:
    """Return the headers from the oldest target to the finalized block."""
    client, wanted = reader.client, store.finalized.block_hash
    newest = client.head.header.number if client.head else -1
    oldest = min(item.header.number for item in targets)
    found: list[ChainState] = []
    for number in range(newest, max(oldest, newest - MAX_HEADERS) - 1, -1):
        state = client.block(number)
        if state is None:
            break
        if found or state.block_hash == wanted:
            found.append(state)
    held = {state.header.number: state.block_hash for state in found}
    if any(held.get(item.header.number) != item.block_hash for item in targets):
        raise Unproven("The block is not final yet; ask again in about a quarter of an hour.")
    return [header_to_rlp(state.header) for state in reversed(found)]
