"""Opens the chain that a site names; why it cannot is one sentence, and the house runs on."""

from __future__ import annotations

from pathlib import Path

from peerwatt.chain.bindings.community import Community
from peerwatt.chain.clients.opening import open_chain
from peerwatt.chain.networks import NetworkFault, load_network
from peerwatt.chain.ports import HeaderStore, VerifiedChain
from peerwatt.config.settings import ChainSettings, SiteSettings
from peerwatt.model.ports import Clock


def names_chain(settings: SiteSettings) -> bool:
    """Whether a site's settings speak of a chain at all."""
    return settings.chain != ChainSettings()


def open_site_chain(
    settings: SiteSettings, clock: Clock, store: HeaderStore, committees: Path
) -> tuple[VerifiedChain, Community, str]:
    """Return the client, the community's contracts and the member's address.

    ``store`` keeps headers and evidence, the folder ``committees`` the keys of sync committees.
    Nothing is asked of any endpoint yet. Raises NetworkFault with what the owner has to enter.
    """
    owner = settings.wallet.owner_address
    if owner is None:
        raise NetworkFault(
            "The site names a chain but no account; enter wallet.owner_address in site.json."
        )
    network = load_network(settings.chain)
    if not network.endpoints:
        raise NetworkFault(
            f"Network {network.name!r} names no endpoint; enter chain.endpoints in site.json."
        )
    community = Community(network.contracts)
    return open_chain(network, clock, store, committees=committees), community, owner
