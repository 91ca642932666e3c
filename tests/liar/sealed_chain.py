"""Short chains of other consensus rules, written here byte by byte, and mutations of any of them.

Independent of the code under test: RLP, hashes and seals come from the devnet's codec and
coincurve. The Clique headers were sealed by a real geth.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from peerwatt.chain.consensus.header import Header
from peerwatt.devnet.codec import (
    EMPTY_LIST_HASH,
    EMPTY_ROOT,
    RlpItem,
    int_bytes,
    keccak256,
    rlp_decode,
    rlp_encode,
    to_list,
)
from peerwatt.devnet.header import MIX_HASH

from .corpus import Target
from .keys import SECOND_SET, sign
from .mutate import change_at, change_bytes, change_item

GETH_HEADERS = Path(__file__).parents[1] / "unit" / "chain" / "data" / "clique_headers.json"
START_S = 1_750_000_000
EXTRA = 12
"""Place of extraData among a header's fields."""
Items = list[RlpItem]


@dataclass
class SealedChain:
    """Headers as RLP, the trusted one first, with the rules and states that verify them."""

    name: str
    rules: Any
    raws: Sequence[bytes]
    read: Callable[[bytes], Header]
    hash_of: Callable[[bytes], bytes]
    now_s: float
    unpacks: bool = False
    """Whether extraData is RLP."""
    before: dict[int, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Verify the true chain."""
        state = self.rules.genesis(self.read(self.raws[0]), self.hash_of(self.raws[0]))
        for number in range(1, len(self.raws)):
            self.before[number] = state
            state = self.verify(number, self.raws[number])

    def verify(self, number: int, raw: bytes) -> Any:
        """Verify a header after the one before it."""
        return self.rules.verify(self.before[number], self.read(raw), self.now_s)

    def targets(self, weight: int) -> list[Target]:
        """Mutations of whole headers, and of their fields."""
        return [
            self._target(f"{self.name} header as bytes", self._bytes, weight),
            self._target(f"{self.name} header by field", self._field, 2 * weight),
        ]

    def _target(
        self, name: str, change: Callable[[Random, int], tuple[str, bytes]], weight: int
    ) -> Target:
        numbers = range(1, len(self.raws))

        def changed(rng: Random) -> tuple[str, tuple[int, bytes]]:
            number = rng.choice(numbers)
            kind, raw = change(rng, number)
            return kind, (number, raw)

        return Target(
            name, changed, lambda made: self.verify(*made),
            lambda made: not self._same(*made), weight,
        )  # fmt: skip

    def _bytes(self, rng: Random, number: int) -> tuple[str, bytes]:
        return change_bytes(rng, self.raws[number])

    def _field(self, rng: Random, number: int) -> tuple[str, bytes]:
        items = list(to_list(rlp_decode(self.raws[number])))
        at = rng.choice((EXTRA, rng.randrange(len(items))))
        if rng.random() < 0.1:
            other = to_list(rlp_decode(rng.choice(self.raws)))
            items[at] = other[at] if at < len(other) else b""
            return f"field {at}: of another block", rlp_encode(items)
        extra = items[at]
        if at == EXTRA and self.unpacks and isinstance(extra, bytes):
            parts = to_list(rlp_decode(extra))
            place = rng.randrange(len(parts))
            path = [place]
            part = parts[place]
            if isinstance(part, list) and part and rng.random() < 0.7:
                path.append(rng.randrange(len(part)))
            kind, tree = change_at(rng, parts, path)
            items[at] = rlp_encode(tree)
            return f"extraData {place}: {kind}", rlp_encode(items)
        kind, items[at] = change_item(rng, items[at])
        return f"field {at}: {kind}", rlp_encode(items)

    def _same(self, number: int, raw: bytes) -> bool:
        """Whether RLP is the same block; seals apart where the hash does not cover them."""
        true = self.raws[number]
        if raw == true or not self.unpacks:
            return raw == true
        try:
            items, ours = to_list(rlp_decode(raw)), to_list(rlp_decode(true))
            extra, own = (to_list(rlp_decode(bytes(each[EXTRA]))) for each in (items, ours))  # type: ignore[arg-type]
        except (ValueError, TypeError, IndexError):
            return False
        if items[:EXTRA] + items[EXTRA + 1 :] != ours[:EXTRA] + ours[EXTRA + 1 :]:
            return False
        seals, theirs = extra[-1], own[-1]
        if extra[:-1] != own[:-1] or not isinstance(seals, list) or not isinstance(theirs, list):
            return False
        distinct = all(seals.count(seal) == 1 and seal in theirs for seal in seals)
        return distinct and len(seals) >= -(-2 * len(to_list(own[1])) // 3)


def _fields(number: int, parent: bytes, **other: RlpItem) -> dict[str, RlpItem]:
    """The fields that all these chains have, in their order."""
    fields: dict[str, RlpItem] = {
        "parent": parent, "ommers": EMPTY_LIST_HASH, "beneficiary": bytes(20),
        "state": keccak256(b"state %d" % number), "transactions": EMPTY_ROOT,
        "receipts": EMPTY_ROOT, "bloom": bytes(256), "difficulty": b"\x01",
        "number": int_bytes(number), "gas_limit": int_bytes(30_000_000), "gas_used": b"",
        "timestamp": int_bytes(START_S + 5 * number), "extra": b"", "mix": MIX_HASH,
        "nonce": bytes(8),
    }  # fmt: skip
    return fields | other


def _ibft2_extra(vote: RlpItem, round_number: int, seals: Sequence[bytes], parts: int) -> bytes:
    """extraData of IBFT 2.0 (Besu ``IbftExtraDataCodec``): five items, four when signed, three
    when hashed."""
    items: Items = [
        b"liar".ljust(32, b"\0"), list(SECOND_SET), vote, round_number.to_bytes(4, "big"),
        list(seals),
    ]  # fmt: skip
    return rlp_encode(items[:parts])


def ibft2_hash(raw: bytes) -> bytes:
    """Hash of an IBFT 2.0 block: without round and seals."""
    items = list(to_list(rlp_decode(raw)))
    extra = to_list(rlp_decode(bytes(items[EXTRA])))  # type: ignore[arg-type]
    items[EXTRA] = rlp_encode(extra[:3])
    return keccak256(rlp_encode(items))


def ibft2_chain() -> SealedChain:
    """Four validators; a vote, a later round, and blocks of bare quorum among its blocks."""
    from peerwatt.chain.consensus.header import header_from_rlp
    from peerwatt.chain.consensus.ibft2 import Ibft2Rules

    raws = [rlp_encode([*_fields(0, bytes(32), extra=_ibft2_extra(b"", 0, (), 5)).values()])]
    for number in range(1, 9):
        vote: RlpItem = [bytes(19) + b"\x07", b"\xff" if number == 3 else b"\x00"]
        round_number = 2 if number == 5 else 0
        extra = vote if number in (3, 4) else b"", round_number
        proposer = SECOND_SET[number % len(SECOND_SET)]
        fields = _fields(number, ibft2_hash(raws[-1]), beneficiary=proposer)
        unsealed = fields | {"extra": _ibft2_extra(*extra, (), 4)}
        digest = keccak256(rlp_encode([*unsealed.values()]))
        signers = SECOND_SET[: 3 if number > 5 else 4]
        seals = [sign(signer, digest) for signer in signers]
        raws.append(rlp_encode([*(fields | {"extra": _ibft2_extra(*extra, seals, 5)}).values()]))
    now_s = START_S + 5 * len(raws)
    return SealedChain(
        "IBFT 2.0", Ibft2Rules(), raws, header_from_rlp, ibft2_hash, now_s, unpacks=True
    )


def aura_chain() -> SealedChain:
    """Four validators in turn; step and signature stand where others have mix hash and nonce."""
    from peerwatt.chain.consensus.aura import AuraRules
    from peerwatt.chain.consensus.aura_header import aura_header_from_rlp

    first = START_S // 5
    raws: list[bytes] = []
    for number in range(9):
        step = first + number
        fields = _fields(number, keccak256(raws[-1]) if raws else bytes(32))
        del fields["mix"], fields["nonce"]
        author = SECOND_SET[step % len(SECOND_SET)]
        fields |= {"difficulty": int_bytes((1 << 128) - 2), "beneficiary": author}
        digest = keccak256(rlp_encode([*fields.values()]))
        raws.append(rlp_encode([*fields.values(), int_bytes(step), sign(author, digest)]))
    now_s = START_S + 5 * len(raws)
    rules = AuraRules(validators=SECOND_SET)
    return SealedChain("AuRa", rules, raws, aura_header_from_rlp, keccak256, now_s)


def clique_chain() -> SealedChain:
    """Headers that a network of geth nodes sealed, with votes and epochs."""
    from peerwatt.chain.consensus.clique import rules_from
    from peerwatt.chain.consensus.header import header_from_json, header_from_rlp, header_to_rlp

    described = json.loads(GETH_HEADERS.read_text(encoding="utf-8"))
    blocks = [item["header"] for item in described["blocks"]]
    raws = [header_to_rlp(header_from_json(block)) for block in blocks]
    # The hashes are geth's own, so that the RLP written here is checked against it.
    assert ["0x" + keccak256(raw).hex() for raw in raws] == [block["hash"] for block in blocks]
    now_s = int(blocks[-1]["timestamp"], 16)
    return SealedChain("Clique", rules_from(described), raws, header_from_rlp, keccak256, now_s)
