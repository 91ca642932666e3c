"""Checks proof files offline: from a trust root over headers and proofs to the values shown.

Pure: what is believed follows from the document, the networks known here and the time. The
result says on what it rests, and whether that root is known here or only claimed by the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from peerwatt.model.verified import ChainFault

from ..consensus.bft_rules import BftRules
from ..encoding import to_hex
from ..networks import Network, network_from
from .path import Way, follow_way
from .proofs import BundleProofs, VerifiedValue
from .values import (
    FORMAT,
    VERSION,
    BundleRefused,
    data_of,
    field_of,
)

NAMED_BY_FILE = ", and it alone says whose contract that is"


@dataclass(frozen=True, slots=True)
class TrustRoot:
    """What a file's proofs start from."""

    block_number: int
    block_hash: bytes
    known_as: str | None
    """Name of the network here that has this root; ``None`` when only the file claims it."""


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
    if document.get("version") != VERSION:
        raise BundleRefused("The file is of another version; use a newer Peerwatt.")
    described = dict(field_of(document, "network", dict))
    name = str(described.pop("name", ""))
    network = network_from(name, described)
    root, contracts = _root(network, known, site)
    way = follow_way(network, document.get("headers"), now_s)
    claimed = field_of(document, "block", dict)
    number = field_of(claimed, "number", int)
    state = way.states.get(number)
    if state is None or state.block_hash != data_of(claimed, "hash", 32):
        raise BundleRefused("The file's headers do not lead to the block that it names.")
    if state.header.timestamp != field_of(claimed, "time_s", int):
        raise BundleRefused("The block has another time than the file says.")
    values = BundleProofs(document, way, number, contracts).values()
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
        assumptions=_assumptions(network, root, way, number),
    )


def _root(
    network: Network, known: Sequence[Network], site: Network | None
) -> tuple[TrustRoot, Mapping[str, str]]:
    """Return a file's trust root, and the contracts by name that are known of its network here.

    Raises BundleRefused where the root must be the site's and is not.
    """
    for one in (site, *known):
        if one is not None and _is_same_chain(one, network):
            name = one.title or one.name
            return TrustRoot(network.trusted_number, network.genesis_hash, name), one.contracts
    if site is not None:
        raise BundleRefused(
            f"The file rests on another trust root or on other rules than the site's network "
            f"{site.name!r}."
        )
    return TrustRoot(network.trusted_number, network.genesis_hash, None), {}


def _is_same_chain(one: Network, other: Network) -> bool:
    return (
        one.chain_id == other.chain_id
        and (one.trusted_number, one.genesis_hash) == (other.trusted_number, other.genesis_hash)
        and one.consensus == other.consensus
        and _plain(one.rules) == _plain(other.rules)
    )


def _plain(rules: Any) -> Any:
    """Rules without the set of the trusted block, which the block's hash covers anyway."""
    return replace(rules, validators=()) if isinstance(rules, BftRules) else rules


def _assumptions(network: Network, root: TrustRoot, way: Way, number: int) -> tuple[str, ...]:
    first, last = way.states[root.block_number], way.states[number]
    days = (last.header.timestamp - first.header.timestamp) / 86_400
    said: list[str] = []
    if root.known_as is None:
        said.append(
            f"Block {root.block_number} with hash {to_hex(root.block_hash)} is the right start of "
            "the chain: only the file says so; compare it with your community's invitation."
        )
    if way.skipped:
        said.append(
            f"{way.skipped} headers in {days:.1f} days are left out: no third of the validators "
            "named by a header shown had signed for a second chain up to the next one."
        )
    said.append(
        f"Less than a third of the {last.validator_count} validators cheat."
        if network.rules.finality == "immediate"
        else f"Finality is {network.rules.finality}: a later branch may replace the block."
    )
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
        f"Trust root: block {root.block_number} {to_hex(root.block_hash)}, {whose}",
        f"{found.headers} headers shown, {found.skipped} between them left out",
        *(_value_line(item) for item in found.values),
        "This is true if:",
        *(f"  {sentence}" for sentence in found.assumptions),
    ]


def _value_line(item: VerifiedValue) -> str:
    words = f"{item.label}, {item.unit}" if item.unit else item.label
    caveat = "" if item.is_named_here else NAMED_BY_FILE
    return f"  {item.source} = {item.value}; the file calls it {words!r}{caveat}"
