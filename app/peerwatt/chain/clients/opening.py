"""Chooses the client that a network's rules ask for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from peerwatt.model.ports import Clock

from ..networks import Network
from ..ports import HeaderStore, VerifiedChain
from ..status import Evidence


def open_chain(
    network: Network,
    clock: Clock,
    store: HeaderStore | None = None,
    *,
    timeout_s: float = 5.0,
    on_evidence: Callable[[Evidence], None] | None = None,
    committees: Path | None = None,
) -> VerifiedChain:
    """Return the client for a network; it asks nothing before its first ``sync``.

    ``store`` keeps verified headers between runs, and evidence where it is an ``EvidenceStore``;
    ``timeout_s`` bounds one exchange with an endpoint; ``on_evidence`` hears of two valid headers
    at one height; ``committees`` is a folder for the keys of sync committees (proof of stake).
    Raises NetworkFault.
    """
    if network.consensus in ("qbft", "ibft2"):
        from .bft.light_client import LightClient

        return LightClient(network, clock, store, timeout_s=timeout_s, on_evidence=on_evidence)
    if network.consensus == "ethereum":
        from .beacon.client import BeaconClient
        from .beacon.store import FolderCommitteeStore

        return BeaconClient(
            network,
            clock,
            store,
            timeout_s=timeout_s,
            on_evidence=on_evidence,
            committees=None if committees is None else FolderCommitteeStore(committees),
        )
    from .forking.client import ForkingClient

    return ForkingClient(network, clock, store, timeout_s=timeout_s, on_evidence=on_evidence)
