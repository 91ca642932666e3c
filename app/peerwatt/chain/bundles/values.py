"""What a proof file can show: words of storage, accounts, receipts, events; each by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from peerwatt.model.verified import Unproven

from ..bindings.artefact import CONTRACTS, load_artefact
from ..bindings.fields import fields_of
from ..bindings.layout import Key, LayoutFault, bits, mapping_slot, signed
from ..encoding import EncodingFault, checksum_address, hex_data, to_hex
from ..proofs.account import Account
from ..proofs.receipts import LogEntry

FORMAT = "peerwatt-proof"
VERSION = 1
MAX_TEXT = 200
"""Characters of a name or unit that a file gives."""


class BundleRefused(Unproven):
    """A proof file does not hold; the message names the first thing that does not."""


@dataclass(frozen=True, slots=True)
class Derivation:
    """How a slot follows from a contract's storage layout (Vyper: keccak(slot || key))."""

    contract: str
    """Name of the contract whose layout it is, for example ``Credit``."""
    variable: str
    base_slot: int
    keys: tuple[Key, ...] = ()
    member: int = 0
    """Place in a struct."""

    @property
    def slot(self) -> int:
        """The slot that follows."""
        return (mapping_slot(self.base_slot, *self.keys) + self.member) % 2**256

    @property
    def words(self) -> str:
        """For example ``Credit.balanceOf[0x…]``."""
        keys = "".join(f"[{key}]" for key in self.keys)
        return f"{self.contract}.{self.variable}{keys}{f' +{self.member}' if self.member else ''}"

    def is_known(self) -> bool:
        """Whether this program's own copy of the contract has the variable there."""
        try:
            return load_artefact(self.contract).layout.slot(self.variable) == self.base_slot
        except LayoutFault:
            return False


@dataclass(frozen=True, slots=True)
class SlotValue:
    """A number in a storage word of a contract: ``width`` bits from bit ``offset`` on."""

    label: str
    address: str
    slot: int
    unit: str = ""
    derivation: Derivation | None = None
    offset: int = 0
    width: int = 256
    is_signed: bool = False

    @property
    def is_whole_word(self) -> bool:
        """Whether it is a word as it is, which leaves nothing to choose."""
        return (self.offset, self.width, self.is_signed) == (0, 256, False)

    @property
    def field_name(self) -> str:
        """Name of the field that it is of one of our contracts' words; empty for other bits."""
        d = self.derivation
        place = (self.offset, self.width, self.is_signed)
        known = fields_of(d.contract, d.variable, d.member) if d else ()
        return next((f.name for f in known if (f.offset, f.width, f.is_signed) == place), "")

    def decode(self, word: int) -> int:
        """Return the number in a word."""
        found = bits(word, self.offset, self.width)
        return signed(found, self.width) if self.is_signed else found


@dataclass(frozen=True, slots=True)
class AccountValue:
    """An account's balance (wei), its nonce, or the hash of its code."""

    label: str
    address: str
    field: Literal["balance", "nonce", "code_hash"] = "balance"
    unit: str = "wei"


@dataclass(frozen=True, slots=True)
class EventValue:
    """An event: the log of a transaction, counted within its block."""

    label: str
    transaction_hash: str
    log_index: int
    contract: str = ""
    """Name of the contract whose ABI decodes it."""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class ReceiptValue:
    """Whether a transaction succeeded."""

    label: str
    transaction_hash: str


Value: TypeAlias = SlotValue | AccountValue | EventValue | ReceiptValue


def packed_values(
    label: str, address: str, contract: str, variable: str, *keys: Key, member: int = 0
) -> list[SlotValue]:
    """Return all fields of a word of one of our contracts, or the word where it is one number.

    Raises LayoutFault.
    """
    whole = storage_value(label, address, contract, variable, *keys, member=member)
    return [
        replace(
            whole,
            label=f"{label}: {item.name}",
            offset=item.offset,
            width=item.width,
            is_signed=item.is_signed,
        )
        for item in fields_of(contract, variable, member)
    ] or [whole]


def storage_value(
    label: str,
    address: str,
    contract: str,
    variable: str,
    *keys: Key,
    member: int = 0,
    unit: str = "",
    offset: int = 0,
    width: int = 256,
) -> SlotValue:
    """Return a value of one of our contracts by the name of its variable. Raises LayoutFault."""
    base = load_artefact(contract).layout.slot(variable)
    derived = Derivation(contract, variable, base, keys, member)
    return SlotValue(label, address, derived.slot, unit, derived, offset, width)


def slot_to_json(value: SlotValue, word: int) -> dict[str, Any]:
    """Write a storage value with its number."""
    record: dict[str, Any] = {
        "kind": "slot",
        "label": value.label,
        "unit": value.unit,
        "address": value.address,
        "slot": f"0x{value.slot:064x}",
        "bits": [value.offset, value.width, value.is_signed],
        "value": value.decode(word),
    }
    if value.derivation is not None:
        d = value.derivation
        record["derivation"] = {
            "contract": d.contract,
            "variable": d.variable,
            "base_slot": d.base_slot,
            "keys": list(d.keys),
            "member": d.member,
        }
    return record


def slot_from_json(record: Mapping[str, Any]) -> SlotValue:
    """Read a storage value. Raises BundleRefused."""
    derivation = (
        _derivation(field_of(record, "derivation", dict)) if "derivation" in record else None
    )
    value = SlotValue(
        text_of(record, "label"),
        address_of(record),
        int.from_bytes(data_of(record, "slot", 32), "big"),
        text_of(record, "unit"),
        derivation,
        *_bits(field_of(record, "bits", list)),
    )
    if derivation is not None and derivation.slot != value.slot:
        raise BundleRefused(
            f"The slot of {value.label!r} is not the one that {derivation.words} has."
        )
    return value


def _derivation(given: Mapping[str, Any]) -> Derivation:
    keys = field_of(given, "keys", list)
    for key in keys:
        if not isinstance(key, str) and (type(key) is not int or not 0 <= key < 2**256):
            raise BundleRefused("A key of a mapping is neither a number nor an address.")
    return Derivation(
        text_of(given, "contract"),
        text_of(given, "variable"),
        number_of(given, "base_slot"),
        tuple(keys),
        number_of(given, "member"),
    )


def _bits(given: Sequence[Any]) -> tuple[int, int, bool]:
    """Return (offset, width, is signed) of the bits that a value takes of its word."""
    if [type(item) for item in given] != [int, int, bool]:
        raise BundleRefused("The field 'bits' of the file is no offset, width and sign.")
    offset, width, is_signed = given
    if offset < 0 or width < 1 or offset + width > 256:
        raise BundleRefused("A value of the file takes bits that its word does not have.")
    return offset, width, is_signed


def account_field(account: Account, field: str) -> int | str:
    """Return a field of an account as a proof file shows it."""
    if field == "code_hash":
        return to_hex(account.code_hash)
    return int(account.balance_wei if field == "balance" else account.nonce)


def event_text(contract: str, log: LogEntry) -> tuple[str, bool]:
    """Return an event in words, and whether this program's own copy of the ABI decoded it."""
    found = load_artefact(contract).decode_event(log) if contract in CONTRACTS else None
    if found is None:
        topics = " ".join(to_hex(topic) for topic in log.topics)
        return f"log of {checksum_address(log.address)}: {topics} {to_hex(log.data)}", False
    name, values = found
    return f"{name}({', '.join(f'{k}={_shown(v)}' for k, v in values.items())})", True


def _shown(value: object) -> str:
    return to_hex(value) if isinstance(value, bytes) else str(value)


def field_of(record: Mapping[str, Any], name: str, kind: type) -> Any:
    """Return a record's field, which must be of a kind. Raises BundleRefused."""
    value = record.get(name)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise BundleRefused(f"The field {name!r} of the file is missing or of the wrong kind.")
    return value


def number_of(record: Mapping[str, Any], name: str) -> int:
    """Return a record's field, a number from 0 on and below 2^256. Raises BundleRefused."""
    value: int = field_of(record, name, int)
    if not 0 <= value < 2**256:
        raise BundleRefused(f"The field {name!r} of the file is out of range.")
    return value


def text_of(record: Mapping[str, Any], name: str) -> str:
    """Return a record's field of text that can be shown in a line. Raises BundleRefused."""
    value: str = field_of(record, name, str)
    if len(value) > MAX_TEXT or not value.isprintable():
        raise BundleRefused(f"The field {name!r} of the file is no line of text.")
    return value


def address_of(record: Mapping[str, Any]) -> str:
    """Return the address of a record. Raises BundleRefused."""
    return checksum_address(data_of(record, "address", 20))


def data_of(record: Mapping[str, Any], name: str, length: int | None = None) -> bytes:
    """Return a record's field of hexadecimal data. Raises BundleRefused."""
    try:
        return hex_data(field_of(record, name, str), length)
    except EncodingFault:
        raise BundleRefused(f"The field {name!r} of the file is no data of that length.") from None
