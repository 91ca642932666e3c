"""Checks proof files offline: from a trust root over headers and proofs to the values shown.

Pure: what is believed follows from the document, the networks known here and the time. The
result says on what it rests, and whether that root is known here or only claimed by the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from peerwatt.model.verified import ChainFault

from ..encoding import to_hex
from ..networks import Network, network_from
from .lines import value_lines
from .path import Way, follow_way, plain_rules
from .proofs import BundleProofs, VerifiedValue
from .values import (
    FORMAT,
    VERSION,
    BundleRefused,
    data_of,
    field_of,
    text_of,
)


@dataclass(frozen=True, slots=True)
class TrustRoot:
    """What a file's proofs start from."""

    block_number: int
    block_hash: bytes
    known_as: str | None
    """Name of the network here that has this root; ``None`` when only the file claims it."""
    consensus: str = "qbft"

    @property
    def words(self) -> str:
        """Number and hash; under proof of stake slot and root of the checkpoint."""
        what = "The beacon block of slot" if self.consensus == "ethereum" else "Block"
        return f"{what} {self.block_number} with hash {to_hex(self.block_hash)}"


@dataclass(frozen=True, slots=True)
class VerifiedBundle:
    """A proof file that holds, and what it rests on."""

    network: str
    chain_id: int
    consensus: str
    root: TrustRoot
    block_number: int
    block_hash: bytes
    block_time_s: int
    headers: int
    skipped: int
    """Blocks between the headers that the file leaves out."""
    finality: str
    """How final the block is by what the file shows, in a sentence."""
    root_age_days: float
    """Time from the trust root to the block, days."""
    values: tuple[VerifiedValue, ...]
    assumptions: tuple[str, ...]
    """What must be true for the values to be true, in plain sentences."""


def verify_bundle(
    document: object,
    *,
    now_s: float,
    known: Sequence[Network] = (),
    site: Network | None = None,
) -> VerifiedBundle:
    """Verify a proof file.

    ``now_s`` is Unix seconds; ``known`` are the networks whose roots are recognised; the file
    must be of the network ``site`` where that is given. Raises BundleRefused with the first
    thing that does not hold.
    """
    try:
        return _verify(document, now_s, known, site)
    except BundleRefused:
        raise
    except (ChainFault, RecursionError) as fault:
        raise BundleRefused(str(fault) or "The file is nested too deep.") from None


def _verify(
    document: object, now_s: float, known: Sequence[Network], site: Network | None
) -> VerifiedBundle:
    if not isinstance(document, Mapping) or document.get("format") != FORMAT:
        raise BundleRefused("This is no proof file of Peerwatt.")
    if type(document.get("version")) is not int or document["version"] != VERSION:
        raise BundleRefused("The file is of another version; use a newer Peerwatt.")
    described = dict(field_of(document, "network", dict))
    name = text_of(described, "name")
    del described["name"]
    network = network_from(name, described)
    known_as, contracts = _known(network, known, site)
    way = follow_way(network, document, now_s)
    root = TrustRoot(way.root_number, way.root_hash, known_as, network.consensus)
    claimed = field_of(document, "block", dict)
    number = field_of(claimed, "number", int)
    state = way.states.get(number)
    if state is None or state.block_hash != data_of(claimed, "hash", 32):
        raise BundleRefused("The file's headers do not lead to the block that it names.")
    if state.header.timestamp != field_of(claimed, "time_s", int):
        raise BundleRefused("The block has another time than the file says.")
    proofs = BundleProofs(document, way, number, contracts)
    values = proofs.values()
    return VerifiedBundle(
        network=name,
        chain_id=network.chain_id,
        consensus=network.consensus,
        root=root,
        block_number=number,
        block_hash=state.block_hash,
        block_time_s=state.header.timestamp,
        headers=len(way.states),
        skipped=way.skipped,
        values=values,
        finality=way.finality(number),
        root_age_days=way.days_to(number),
        assumptions=_assumptions(root, way, proofs.blocks, number),
    )


def _known(
    network: Network, known: Sequence[Network], site: Network | None
) -> tuple[str | None, Mapping[str, str]]:
    """Return as what a file's trust root is known here, and the contracts known of its network.

    Raises BundleRefused where the root must be the site's and is not.
    """
    for one in (site, *known):
        if one is not None and _is_same_chain(one, network):
            return one.title or one.name, one.contracts
    if site is not None:
        raise BundleRefused(
            f"The file rests on another trust root or on other rules than the site's network "
            f"{site.name!r}."
        )
    return None, {}


def _is_same_chain(one: Network, other: Network) -> bool:
    return (
        one.chain_id == other.chain_id
        and (one.trusted_number, one.genesis_hash) == (other.trusted_number, other.genesis_hash)
        and one.consensus == other.consensus
        and plain_rules(one) == plain_rules(other)
    )


def _assumptions(root: TrustRoot, way: Way, used: Sequence[int], number: int) -> tuple[str, ...]:
    """Return what must be true; ``used`` are the blocks in which the file's values stand."""
    said: list[str] = []
    if root.known_as is None:
        said.append(
            f"{root.words} is the right start of the chain: only the file says so; compare it with "
            "a source that you trust, such as your community's invitation."
        )
    said += dict.fromkeys(words for at in (number, *used) for words in way.rests_on(at))
    said.append(f"Nothing is said about what happened after block {number}.")
    return tuple(said)


def bundle_json(found: VerifiedBundle) -> dict[str, Any]:
    """Return a verified file as JSON for scripts."""
    record = asdict(found)
    record["block_hash"] = to_hex(found.block_hash)
    record["root"]["block_hash"] = to_hex(found.root.block_hash)
    return record


def bundle_lines(found: VerifiedBundle) -> list[str]:
    """Return a verified file in lines for people."""
    root = found.root
    whose = f"known here as {root.known_as}" if root.known_as else "claimed by the file alone"
    at = datetime.fromtimestamp(found.block_time_s, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return [
        f"The proofs hold: {found.network} ({found.consensus}, chain {found.chain_id}), "
        f"block {found.block_number} of {at}",
        f"Trust root: {root.words}, {whose}; {found.root_age_days:.1f} days before",
        f"{found.headers} headers shown, {found.skipped} between them left out",
        f"Finality: {found.finality}",
        *value_lines(found.values),
        "This is true if:",
        *(f"  {sentence}" for sentence in found.assumptions),
    ]
