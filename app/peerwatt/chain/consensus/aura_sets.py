"""Who may seal on an AuRa chain: fixed lists, lists by block, and a contract that signals changes.

Source: OpenEthereum ``validator_set`` (``safe_contract``, ``multi``) and Nethermind
``ContractBasedValidator``. A list that begins at block n takes over after block n. A change that
the contract signals takes over after the block that makes the signalling one final; further
signals are ignored until then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from ..encoding import keccak
from ..proofs.bloom import may_contain
from ..proofs.receipts import LogEntry, Receipt
from .header import Header, HeaderRefused

INITIATE_CHANGE = keccak(b"InitiateChange(bytes32,address[])")
MAX_VALIDATORS = 1024
_WORD = 32


@dataclass(frozen=True, slots=True)
class ValidatorSource:
    """Where validators come from after the set of the trusted block."""

    lists: Mapping[int, tuple[bytes, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Block -> the list that takes over after it."""
    contract: bytes | None = None
    """Address of the contract whose events signal changes."""

    def may_change(self, header: Header) -> bool:
        """Whether the bloom does not rule out that the contract signalled a change."""
        bloom = header.logs_bloom
        return self.contract is not None and all(
            may_contain(bloom, item)
            for item in (self.contract, INITIATE_CHANGE, header.parent_hash)
        )

    def signalled(self, header: Header, receipts: Sequence[Receipt]) -> tuple[bytes, ...] | None:
        """Return the set that a block's proven receipts signal, ``None`` where there is none.

        Of several signals in one block only that of the last transaction counts, and in it the
        first, as both clients do. Raises HeaderRefused for a list that cannot be read.
        """
        topics = (INITIATE_CHANGE, header.parent_hash)
        for receipt in reversed(receipts):
            for log in receipt.logs:
                if log.address == self.contract and log.topics == topics:
                    return decode_set(log) or None
        return None


def decode_set(log: LogEntry) -> tuple[bytes, ...]:
    """Return the addresses of an InitiateChange event. Raises HeaderRefused."""
    words = [log.data[at : at + _WORD] for at in range(0, len(log.data), _WORD)]
    numbers = [int.from_bytes(word, "big") for word in words]
    if len(log.data) % _WORD or len(words) < 2 or numbers[0] != _WORD:
        raise HeaderRefused("A change of validators is signalled in an unknown form.")
    listed = words[2:]
    if numbers[1] != len(listed) or len(listed) > MAX_VALIDATORS:
        raise HeaderRefused("A change of validators has another length than it says.")
    if any(word[:12] != bytes(12) for word in listed):
        raise HeaderRefused("A change of validators holds what is no address.")
    return tuple(word[12:] for word in listed)
