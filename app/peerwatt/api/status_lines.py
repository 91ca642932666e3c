"""The light client's section in lines for a terminal."""

from __future__ import annotations

from .messages import ChainView, EndpointView


def chain_lines(chain: ChainView, now_s: float) -> list[str]:
    """Return the section in plain lines; ``now_s`` is the engine's Unix second."""
    name = chain.title or chain.network
    if not chain.consensus:
        return [chain.sentence]
    lines = [
        f"{name} ({chain.consensus}, chain {chain.chain_id}): {chain.state}",
        f"  {chain.sentence}",
    ]
    if chain.head is not None and chain.head_time_s is not None:
        lines.append(f"  newest verified block {chain.head}, {_age(now_s - chain.head_time_s)}")
    if chain.final is not None:
        lines.append(f"  final up to block {chain.final}: {chain.finality}")
    if chain.reading:
        lines.append(f"  values are not read: {chain.reading}")
    lines += [
        f"  trust root: {chain.trust_root or 'none yet'}",
        f"  {chain.validators} validators; {chain.headers_verified} headers and "
        f"{chain.proofs_verified} proofs verified, {chain.rejected} answers refused",
        *_found(chain),
        "endpoints:",
        *(f"  {_endpoint(item)}" for item in chain.endpoints),
    ]
    return lines


def _found(chain: ChainView) -> list[str]:
    found = chain.found
    if found is None:
        return []
    lines = [f"  evidence: {found.sentence}"]
    if found.ours_hash:
        lines += [f"    first {found.ours_hash}", f"    other {found.theirs_hash}"]
    return [*lines, f"  what to do: {found.todo}"]


def _endpoint(item: EndpointView) -> str:
    parts = [f"{item.url}: {item.state}"]
    if item.head is not None:
        parts.append(f"block {item.head}")
    if item.blocks_behind:
        parts.append(f"{item.blocks_behind} behind")
    if item.head_age_s is not None:
        parts.append(_age(item.head_age_s))
    words = ", ".join(parts)
    return f"{words}; {item.sentence}" if item.sentence else words


def _age(seconds: float) -> str:
    return f"{max(seconds, 0):.0f} s old"
