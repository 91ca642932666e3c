"""The light client's states in words: for the dot, the card and the dialog."""

from __future__ import annotations

from peerwatt.api.messages import ChainView, EndpointView

from .. import words
from ..words import NOTHING, translate

ENDPOINT_TOKENS = {
    "following": "verified",
    "behind": "warning",
    "away": "muted",
    "contradicts": "fault",
}
ENDPOINT_ICONS = {
    "following": "verified",
    "behind": "pending",
    "away": "unverified",
    "contradicts": "fault",
}


def chain_token(chain: ChainView) -> str:
    """Return the colour token of the state as a whole."""
    if chain.state == "stopped":
        return "fault"
    if chain.state == "starting":
        return "faint"
    lied = any(point.state == "contradicts" for point in chain.endpoints)
    return "warning" if chain.state != "verified" or chain.reading or lied else "good"


def chain_said(chain: ChainView, now_s: float) -> str:
    """Return the state in a sentence: verified, block 1 204, 3 s ago."""
    if chain.state != "verified" or chain.head is None:
        return chain.sentence or translate("Chain", "not verified yet")
    passed_s = now_s - (chain.head_time_s or now_s)
    said = translate("Chain", "verified, block {0}, {1}").format(
        words.grouped(chain.head), words.ago(passed_s)
    )
    if chain.final is not None and chain.final < chain.head:
        settled = translate("Chain", "final up to block {0}").format(words.grouped(chain.final))
        said = f"{said}, {settled}"
    return said


def chain_caveat(chain: ChainView) -> str:
    """Return what should be known beside the state; empty when all is well."""
    if chain.reading:
        return chain.reading
    if chain.state != "verified":
        return ""
    # The first sentence says what the mark says as well.
    return chain.sentence.partition(". ")[2]


def state_word(chain: ChainView) -> str:
    """Return the state as a whole in one or two words."""
    return {
        "starting": translate("Chain", "starting"),
        "verified": translate("Chain", "verified"),
        "behind": translate("Chain", "catching up"),
        "stale": translate("Chain", "no new blocks"),
        "away": translate("Chain", "not reached"),
        "expired": translate("Chain", "needs you"),
        "stopped": translate("Chain", "stopped"),
    }[chain.state]


def endpoint_word(point: EndpointView) -> str:
    """Return an endpoint's state in as few words as will do."""
    return {
        "following": translate("Chain", "follows"),
        "behind": translate("Chain", "behind"),
        "away": translate("Chain", "does not answer"),
        "contradicts": translate("Chain", "its answers do not hold"),
    }[point.state]


def endpoint_line(point: EndpointView, now_s: float) -> str:
    """Return an endpoint's state with block, lag and age: follows, block 1 204, 3 s ago."""
    parts = [endpoint_word(point)]
    if point.state in ("following", "behind"):
        if point.blocks_behind and point.state == "behind":
            lag = translate("Chain", "behind by {0}")
            parts = [lag.format(words.grouped(point.blocks_behind))]
        if point.head is not None:
            parts.append(translate("words", "block {0}").format(words.grouped(point.head)))
        if point.head_age_s is not None:
            parts.append(words.ago(point.head_age_s))
    elif point.state == "away" and point.answered_s is not None:
        last = translate("Chain", "last answer {0}")
        parts.append(last.format(words.ago(now_s - point.answered_s)))
    return ", ".join(parts)


def endpoint_said(point: EndpointView) -> str:
    """Return what is to be said of an endpoint, with its name; empty when all is well."""
    if not point.sentence or point.url.partition(" ")[0] in point.sentence:
        return point.sentence
    return f"{point.url}: {point.sentence}"


def blocks_behind(point: EndpointView) -> str:
    """Return how many blocks an endpoint lacks, as a number."""
    return NOTHING if point.blocks_behind is None else words.grouped(point.blocks_behind)


def consensus_word(chain: ChainView) -> str:
    """Return who agrees on blocks, in words; the term stands in brackets."""
    kind = chain.consensus.lower()
    if kind in ("qbft", "ibft2", "ibft 2.0"):
        said = translate("Chain", "known validators vote on each block ({0})")
    elif kind in ("clique", "aura"):
        said = translate("Chain", "known validators seal blocks in turn ({0})")
    else:
        said = translate("Chain", "a committee of stakers attests to each block ({0})")
    return said.format(chain.consensus)
