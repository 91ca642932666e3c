"""The light client's section: what is verified, through whom, on what it rests, what was found."""

from __future__ import annotations

from peerwatt.api.messages import ChainView, EndpointView, EvidenceView
from peerwatt.chain.encoding import to_hex
from peerwatt.chain.networks import Network
from peerwatt.chain.ports import VerifiedChain
from peerwatt.chain.status import EndpointStatus

FINALITY = {
    "immediate": "final at once: at least two thirds of the validators sealed each block",
    "probabilistic": "settled once most validators have built on a block; "
    "newer blocks may still be replaced",
    "after a majority of validators": "settled once most validators have sealed blocks after it; "
    "newer blocks may still be replaced",
    "finalized by the validators' checkpoint": "final once two thirds of the stake voted for it, "
    "about 13 minutes later; newer blocks may still be replaced",
}
"""What a consensus' word for finality means; other words are shown as they are."""


def no_chain_view(sentence: str) -> ChainView:
    """Return the section of a site without a chain, with the reason."""
    return ChainView(
        network="none", consensus="", chain_id=0, validators=0, state="away", sentence=sentence
    )


def chain_view(client: VerifiedChain, reading: str = "") -> ChainView:
    """Return the section; ``reading`` says why values are not read from the verified block."""
    status = client.status
    found = _evidence(client)
    return ChainView.model_validate(
        {
            "network": status.network,
            "title": client.network.title,
            "consensus": status.consensus,
            "chain_id": status.chain_id,
            "validators": status.validators,
            "state": status.state.value,
            "sentence": status.sentence,
            "head": status.head,
            "head_time_s": status.head_time_s,
            "final": status.final,
            "finality": FINALITY.get(status.finality, status.finality),
            "evidence": found.sentence if found else "",
            "found": found,
            "trust_root": trust_root(client.network),
            "block_period_s": client.network.block_period_s,
            "reading": reading,
            "headers_verified": status.headers_verified,
            "proofs_verified": status.proofs_verified,
            "rejected": status.rejected,
            "endpoints": tuple(map(_endpoint, status.endpoints)),
        }
    )


def trust_root(network: Network) -> str:
    """Return what everything on a network rests on, in words."""
    if network.consensus == "ethereum":
        checkpoint = getattr(getattr(network.rules, "config", None), "checkpoint", None)
        return f"checkpoint {to_hex(checkpoint)}" if checkpoint else ""
    return f"block {network.trusted_number}, {to_hex(network.genesis_hash)}"


def _endpoint(status: EndpointStatus) -> EndpointView:
    return EndpointView(
        url=status.url,
        state=status.state.value,
        head=status.head,
        sentence=status.sentence,
        head_age_s=status.head_age_s,
        blocks_behind=status.blocks_behind,
        answered_s=status.answered_s,
    )


def _evidence(client: VerifiedChain) -> EvidenceView | None:
    """Return what stopped the client, with what the owner can do about it."""
    found = client.evidence
    if found is None:
        return None
    ours, theirs = (to_hex(item) for item in client.rivals) if client.rivals else ("", "")
    if not client.can_resolve:
        what = f"The validators attested to two histories that differ at height {found.height}."
        todo = (
            "No value is believed until you enter a new checkpoint: take it from a source you "
            "trust, write it into site.json and start the engine again."
        )
    else:
        what = (
            f"There are two blocks {found.height}, and both were sealed by the validators: the one "
            f"that was verified here first, and one that {found.endpoint} serves."
        )
        todo = (
            "No value is believed until you decide. Ask the people who run your community's chain "
            f"which hash block {found.height} has, over another way than this computer."
        )
    return EvidenceView(
        height=found.height,
        ours_hash=ours,
        theirs_hash=theirs,
        endpoint=found.endpoint,
        sentence=what,
        todo=todo,
        can_resolve=client.can_resolve,
    )
