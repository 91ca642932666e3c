"""The proofs of one proof file: which values they show, each node used at least once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..encoding import hex_data, keccak, to_hex
from ..proofs.account import Account, verify_account, verify_slot
from ..proofs.mpt import NodeCache, ordered_key, verify_path
from ..proofs.receipts import decode_receipt
from .path import Way
from .values import (
    BundleRefused,
    account_field,
    address_of,
    data_of,
    event_text,
    field_of,
    slot_from_json,
    text_of,
)

MAX_NODES = 100_000


@dataclass(frozen=True, slots=True)
class VerifiedValue:
    """One value of a file that holds."""

    label: str
    value: int | str
    unit: str
    source: str
    """Where on the chain it stands, for example ``Credit.balanceOf[0x…] of 0x…``."""
    is_named_here: bool
    """Whether the network and contracts known here confirm ``source``; label and unit are
    always the file's words."""
    field: str = ""
    """Name of a field of a packed word of one of our contracts; empty for everything else."""
    word: str = ""
    """The packed word, where it is a field of one."""


class BundleProofs:
    """The proofs of one file, each node used at least once."""

    def __init__(
        self, document: Mapping[str, Any], way: Way, number: int, contracts: Mapping[str, str]
    ) -> None:
        self._document = document
        self._way = way
        self._state = way.states[number]
        listed = field_of(document, "nodes", list)
        if len(listed) > MAX_NODES:
            raise BundleRefused("The file has more nodes than any proof needs.")
        self._nodes = [hex_data(item) for item in listed]
        self._used: set[int] = set()
        self._cache: NodeCache = {}
        self._contracts = {name: address.lower() for name, address in contracts.items()}
        self._accounts: dict[str, tuple[Account, dict[int, int]]] = {}
        self.blocks: list[int] = []
        """Numbers of the blocks in which events and receipts of the file stand."""

    def values(self) -> tuple[VerifiedValue, ...]:
        """Verify all proofs and return the values. Raises BundleRefused."""
        for record in field_of(self._document, "accounts", list):
            self._account(_object(record))
        receipts = [
            self._receipt(_object(item)) for item in field_of(self._document, "receipts", list)
        ]
        if len(self._used) != len(self._nodes):
            raise BundleRefused("The file has nodes that no proof uses.")
        listed = field_of(self._document, "values", list)
        if not listed:
            raise BundleRefused("The file shows no value.")
        return tuple(self._value(_object(record), receipts) for record in listed)

    def _path(self, places: object) -> list[bytes]:
        if not isinstance(places, list):
            raise BundleRefused("A proof of the file is no list of nodes.")
        for place in places:
            if type(place) is not int or not 0 <= place < len(self._nodes):
                raise BundleRefused("A proof names a node that the file does not have.")
        self._used.update(places)
        return [self._nodes[place] for place in places]

    def _account(self, record: Mapping[str, Any]) -> None:
        address = address_of(record)
        root, path = self._state.header.state_root, self._path(record.get("proof"))
        account = verify_account(root, hex_data(address, 20), path, self._cache)
        slots: dict[int, int] = {}
        for entry in map(_object, field_of(record, "slots", list)):
            slot = int.from_bytes(data_of(entry, "slot", 32), "big")
            nodes = self._path(entry.get("proof"))
            slots[slot] = verify_slot(account.storage_root, slot, nodes, self._cache)
        self._accounts[address] = (account, slots)

    def _receipt(self, record: Mapping[str, Any]) -> tuple[int, bytes, Any]:
        """Return (block, transaction hash, receipt)."""
        number, index = field_of(record, "block", int), field_of(record, "index", int)
        state = self._way.states.get(number)
        if state is None or index < 0:
            raise BundleRefused(f"The file has no header of block {number} for its event.")
        self.blocks.append(number)
        key, header = ordered_key(index), state.header
        raw = verify_path(header.transactions_root, key, self._path(record.get("transaction")))
        receipt = verify_path(header.receipts_root, key, self._path(record.get("receipt")))
        if raw is None or receipt is None:
            raise BundleRefused(f"Block {number} has no transaction {index}.")
        return number, keccak(raw), decode_receipt(receipt)

    def _value(self, record: Mapping[str, Any], receipts: Sequence[Any]) -> VerifiedValue:
        kind = record.get("kind")
        if kind == "slot":
            return self._slot_value(record)
        if kind == "account":
            return self._account_value(record)
        if kind == "event":
            return self._event_value(record, receipts)
        if kind == "receipt":
            return self._receipt_value(record, receipts)
        raise BundleRefused(f"The file has a value of the unknown kind {kind!r:.40}.")

    def _slot_value(self, record: Mapping[str, Any]) -> VerifiedValue:
        value = slot_from_json(record)
        _, slots = self._accounts.get(value.address, (None, {}))
        if value.slot not in slots:
            raise BundleRefused(f"The file does not prove {value.label!r}.")
        number = value.decode(slots[value.slot])
        _same(value.label, field_of(record, "value", int), number)
        derived = value.derivation
        where = word = derived.words if derived else f"slot {value.slot:#x}"
        if value.field_name:
            where += f".{value.field_name}"
        elif not value.is_whole_word:
            where = f"{value.width} bits from bit {value.offset} of {where}"
        named = (
            derived is not None
            and (value.is_whole_word or bool(value.field_name))
            and self._contracts.get(derived.contract) == value.address.lower()
            and derived.is_known()
        )
        source = f"{where} of {value.address}"
        if not value.field_name:
            return VerifiedValue(value.label, number, value.unit, source, named)
        word = f"{word} of {value.address}"
        return VerifiedValue(value.label, number, value.unit, source, named, value.field_name, word)

    def _account_value(self, record: Mapping[str, Any]) -> VerifiedValue:
        label, address = text_of(record, "label"), address_of(record)
        field = field_of(record, "field", str)
        if address not in self._accounts or field not in ("balance", "nonce", "code_hash"):
            raise BundleRefused(f"The file does not prove {label!r}.")
        shown = account_field(self._accounts[address][0], field)
        _same(label, record.get("value"), shown)
        unit = text_of(record, "unit")
        return VerifiedValue(label, shown, unit, f"{field} of {address}", True)

    @staticmethod
    def _shown(
        record: Mapping[str, Any], label: str, receipts: Sequence[Any]
    ) -> tuple[int, bytes, Any]:
        """Return (block, transaction hash, receipt) that a value stands on."""
        place = field_of(record, "receipt", int)
        if not 0 <= place < len(receipts):
            raise BundleRefused(f"The file does not prove {label!r}.")
        found: tuple[int, bytes, Any] = receipts[place]
        _same(label, field_of(record, "transaction", str), to_hex(found[1]))
        return found

    def _receipt_value(self, record: Mapping[str, Any], receipts: Sequence[Any]) -> VerifiedValue:
        label = text_of(record, "label")
        number, transaction_hash, receipt = self._shown(record, label, receipts)
        value = "succeeded" if receipt.succeeded else "failed"
        _same(label, record.get("value"), value)
        source = f"block {number}, transaction {to_hex(transaction_hash)}"
        return VerifiedValue(label, value, "", source, True)

    def _event_value(self, record: Mapping[str, Any], receipts: Sequence[Any]) -> VerifiedValue:
        label = text_of(record, "label")
        number, transaction_hash, receipt = self._shown(record, label, receipts)
        at = field_of(record, "log", int)
        if not 0 <= at < len(receipt.logs):
            raise BundleRefused(f"The transaction of {label!r} has no event {at}.")
        contract, log = text_of(record, "contract"), receipt.logs[at]
        text, decoded = event_text(contract, log)
        named = decoded and self._contracts.get(contract) == to_hex(log.address)
        source = f"block {number}, transaction {to_hex(transaction_hash)}, log {at}"
        return VerifiedValue(label, text, text_of(record, "unit"), source, named)


def _object(record: object) -> Mapping[str, Any]:
    if not isinstance(record, Mapping):
        raise BundleRefused("An entry of the file is no object.")
    return record


def _same(label: str, claimed: object, proven: object) -> None:
    if type(claimed) is not type(proven) or claimed != proven:
        raise BundleRefused(f"The file says {claimed!s:.80} for {label!r}; proven is {proven}.")
