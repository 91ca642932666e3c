"""Lies about blocks: altered headers, seals that are not enough, sets that are not the set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from peerwatt.devnet.header import BlockHeader, QbftExtra, Vote

from .forge import one
from .front import Deceit
from .keys import (
    OUTSIDER,
    REMOVED,
    SECOND_SET,
    malleated,
    quorum,
    reseal,
    seal_as,
)
from .lie import Lie, Verdict
from .scene import Scene

AT = 38
"""The block that is lied about: late enough that the removed validator is long gone."""
QUORUM = quorum(len(SECOND_SET))
Change = Callable[[BlockHeader], BlockHeader]


def _extra(change: Callable[[QbftExtra], QbftExtra]) -> Change:
    """Change extraData and leave the seals as they are."""
    return lambda header: replace(
        header, extra_data=change(QbftExtra.decode(header.extra_data)).encode()
    )


def _sealed(*signers: bytes, **values: Any) -> Change:
    """Change extraData and seal anew."""

    def changed(header: BlockHeader) -> BlockHeader:
        extra = replace(QbftExtra.decode(header.extra_data), seals=(), **values)
        return seal_as(header, extra, signers or SECOND_SET)

    return changed


def _field(*, sealed: bool = False, **values: Any) -> Change:
    """Change fields; ``sealed`` when the validators did so, against the rules."""

    def changed(header: BlockHeader) -> BlockHeader:
        altered = replace(header, **values)
        return reseal(altered) if sealed else altered

    return changed


def _relative(change: Callable[[BlockHeader], dict[str, Any]]) -> Change:
    return lambda header: reseal(replace(header, **change(header)))


def _seals(change: Callable[[tuple[bytes, ...]], tuple[bytes, ...]]) -> Change:
    return _extra(lambda extra: replace(extra, seals=change(extra.seals)))


def _other_round(header: BlockHeader) -> BlockHeader:
    """Seals of round 0 under the claim of round 1."""
    return _extra(lambda extra: replace(extra, round_number=1))(header)


def _trailing(header: BlockHeader) -> BlockHeader:
    """An item more at the end of extraData, within the list."""
    from peerwatt.devnet.codec import rlp_decode, rlp_encode, to_list

    items = to_list(rlp_decode(header.extra_data))
    return replace(header, extra_data=rlp_encode([*items, b"more"]))


_HEADER_LIES: dict[str, tuple[Change, str]] = {
    # Altered without the validators: the seals are for another header.
    "forged state root": (_field(state_root=b"\x11" * 32), "validator"),
    "forged receipts root": (_field(receipts_root=b"\x11" * 32), "validator"),
    "forged transactions root": (_field(transactions_root=b"\x11" * 32), "validator"),
    "forged bloom": (_field(logs_bloom=b"\xff" * 256), "validator"),
    "forged time": (_field(timestamp=2_000_000_000), "validator|future"),
    "forged vanity": (_extra(lambda e: replace(e, vanity=b"x" * 32)), "validator"),
    "invented vote": (_extra(lambda e: replace(e, vote=Vote(OUTSIDER, True))), "validator"),
    # Seals.
    "quorum minus one": (_sealed(*SECOND_SET[: QUORUM - 1]), "2 seals where 3 to 4"),
    "no seals": (_seals(lambda seals: ()), "0 seals"),
    "doubled seal": (_seals(lambda s: (s[0], s[0], s[1])), "sealed the block twice"),
    "doubled seal among enough": (_seals(lambda s: (s[0], s[1], s[2], s[0])), "twice"),
    "seal twice by malleation": (_seals(lambda s: (s[0], s[1], malleated(s[0]))), "twice"),
    "seal twice by malleation among enough": (
        _seals(lambda s: (s[0], s[1], s[2], malleated(s[2]))),
        "twice",
    ),
    "more seals than validators": (_seals(lambda s: (*s, s[0])), "5 seals where 3 to 4"),
    "seal from a removed validator": (
        _sealed(REMOVED, *SECOND_SET[: QUORUM - 1]),
        "not made by a validator",
    ),
    "seal from a removed validator among enough": (
        _sealed(*SECOND_SET[:QUORUM], REMOVED),
        "not made by a validator",
    ),
    "sealed by a stranger": (_sealed(*SECOND_SET[:2], OUTSIDER), "not made by a validator"),
    "seal of 64 bytes": (_seals(lambda s: (s[0][:64], *s[1:])), "65 bytes"),
    "seal of zeros": (_seals(lambda s: (bytes(65), *s[1:])), "no signature|validator"),
    "recovery id 27": (_seals(lambda s: (s[0][:64] + b"\x1b", *s[1:])), "recovery id"),
    "wrong round": (_other_round, "not made by a validator"),
    "round with leading zeros": (
        lambda h: replace(h, extra_data=_round_text(h, b"\0")),
        "leading zeros|number|RLP",
    ),
    # The set.
    "unsorted set": (_sealed(validators=SECOND_SET[::-1]), "validators"),
    "set with the removed validator": (
        _sealed(validators=tuple(sorted((*SECOND_SET, REMOVED)))),
        "other validators",
    ),
    "set with a stranger": (
        _sealed(OUTSIDER, validators=(OUTSIDER,)),
        "other validators",
    ),
    "set shrunk to two": (
        _sealed(*SECOND_SET[:2], validators=SECOND_SET[:2]),
        "other validators",
    ),
    "set empty": (_sealed(validators=()), "validators"),
    "validator listed twice": (_sealed(validators=(*SECOND_SET[:1], *SECOND_SET)), "validators"),
    # Sealed by the validators, against the rules.
    "number skipped": (_relative(lambda h: {"number": h.number + 1}), "number"),
    "time standing still": (_relative(lambda h: {"timestamp": h.timestamp - 5}), "not later"),
    "gas limit jumping": (_relative(lambda h: {"gas_limit": h.gas_limit * 2}), "gas limit"),
    "more gas than the limit": (
        _relative(lambda h: {"gas_used": h.gas_limit + 1}),
        "more gas",
    ),
    "another parent": (_field(sealed=True, parent_hash=b"\x22" * 32), "does not follow"),
    "difficulty two": (_field(sealed=True, difficulty=2), "difficulty"),
    "another mix hash": (_field(sealed=True, mix_hash=b"\x33" * 32), "mix hash"),
    "uncles": (_field(sealed=True, ommers_hash=b"\x44" * 32), "uncles"),
    "a base fee": (_field(sealed=True, base_fee=7), "base fee"),
    "proposer that is no validator": (
        _field(sealed=True, beneficiary=REMOVED),
        "proposer is no validator",
    ),
    # extraData.
    "extraData empty": (lambda h: replace(h, extra_data=b""), "RLP"),
    "extraData garbage": (lambda h: replace(h, extra_data=b"\xde\xad" * 40), "RLP"),
    "extraData huge": (lambda h: replace(h, extra_data=b"\0" * 70_000), "extra data"),
    "extraData nested": (lambda h: replace(h, extra_data=b"\xc1" * 9000 + b"\xc0"), "RLP"),
    "extraData with a trailing item": (_trailing, "RLP"),
}


def _round_text(header: BlockHeader, text: bytes) -> bytes:
    """Return extraData with its round written as a string of the liar's choice."""
    from peerwatt.devnet.codec import rlp_decode, rlp_encode, to_list

    items = to_list(rlp_decode(header.extra_data))
    items[3] = text
    return rlp_encode(items)


def _forged(change: Change) -> Callable[[Scene], Deceit]:
    return lambda scene: one(scene, AT, change(scene.block(AT).header))


def _field_lie(name: str, value: Any) -> Callable[[Scene], Deceit]:
    """Put something else than a value of its type into a header's JSON."""

    def result(method: str, params: list[Any], honest: Any) -> Any:
        if method == "eth_getBlockByNumber" and honest and honest["number"] == hex(AT):
            honest[name] = value
        return honest

    return lambda _: Deceit(result=result)


_FIELD_LIES: dict[str, tuple[str, Any, str]] = {
    "header without a root": ("stateRoot", None, "expected data"),
    "header with a gap": ("withdrawalsRoot", None, "gap"),
    "header of an older fork": ("requestsHash", None, "older fork"),
    "number as number": ("number", AT, "expected a number"),
    "number with leading zeros": ("number", "0x026", "expected a number"),
    "time beyond 64 bits": ("timestamp", "0x" + "f" * 17, "expected a number"),
    "bloom cut short": ("logsBloom", "0x00", "expected 256 bytes"),
    "root as a list": ("stateRoot", ["0x00"], "expected data"),
    "digits of another script": ("gasUsed", "0x\u0661", "expected a number"),
    "nonce of nine bytes": ("nonce", "0x" + "00" * 9, "expected 8 bytes"),
}

HEADER_LIES = [
    *(
        Lie(name, "headers", _forged(change), Verdict.CONTRADICTS, words)
        for name, (change, words) in _HEADER_LIES.items()
    ),
    *(
        Lie(name, "headers", _field_lie(field, value), Verdict.CONTRADICTS, words)
        for name, (field, value, words) in _FIELD_LIES.items()
    ),
]
