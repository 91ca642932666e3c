"""What a proof file can show: words of storage, accounts, events; each with its name and unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from peerwatt.model.verified import ChainFault, Unproven

from ..bindings.artefact import load_artefact
from ..bindings.layout import Key, bits, mapping_slot, signed
from ..encoding import EncodingFault, checksum_address, hex_data, to_hex
from ..proofs.account import Account
from ..proofs.receipts import LogEntry

FORMAT = "peerwatt-proof"
VERSION = 1


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
        except (ChainFault, FileNotFoundError, ValueError):
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


Value: TypeAlias = SlotValue | AccountValue | EventValue


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
    offset, width, is_signed = _fields(record, "bits", list, 3)
    derivation = None
    if "derivation" in record:
        given = field_of(record, "derivation", dict)
        keys = field_of(given, "keys", list)
        if not all(isinstance(key, int | str) for key in keys):
            raise BundleRefused("A key of a mapping is neither a number nor an address.")
        derivation = Derivation(
            field_of(given, "contract", str),
            field_of(given, "variable", str),
            field_of(given, "base_slot", int),
            tuple(keys),
            field_of(given, "member", int),
        )
    value = SlotValue(
        label=field_of(record, "label", str),
        address=address_of(record),
        slot=int.from_bytes(data_of(record, "slot", 32), "big"),
        unit=field_of(record, "unit", str),
        derivation=derivation,
        offset=offset,
        width=width,
        is_signed=is_signed,
    )
    numbers = (value.offset, value.width)
    if not all(isinstance(n, int) and 0 <= n <= 256 for n in numbers) or sum(numbers) > 256:
        raise BundleRefused(f"The value {value.label!r} takes bits that its word does not have.")
    if derivation is not None and derivation.slot != value.slot:
        raise BundleRefused(
            f"The slot of {value.label!r} is not the one that {derivation.words} has."
        )
    return value


def account_field(account: Account, field: str) -> int | str:
    """Return a field of an account as a proof file shows it."""
    if field == "code_hash":
        return to_hex(account.code_hash)
    return int(account.balance_wei if field == "balance" else account.nonce)


def event_text(contract: str, log: LogEntry) -> tuple[str, bool]:
    """Return an event in words, and whether this program's own copy of the ABI decoded it."""
    try:
        found = load_artefact(contract).decode_event(log) if contract else None
    except (ChainFault, FileNotFoundError, ValueError):
        found = None
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


def _fields(record: Mapping[str, Any], name: str, kind: type, length: int) -> Sequence[Any]:
    value = field_of(record, name, kind)
    if len(value) != length:
        raise BundleRefused(f"The field {name!r} of the file has not {length} items.")
    return list(value)


def address_of(record: Mapping[str, Any]) -> str:
    """Return the address of a record. Raises BundleRefused."""
    return checksum_address(data_of(record, "address", 20))


def data_of(record: Mapping[str, Any], name: str, length: int | None = None) -> bytes:
    """Return a record's field of hexadecimal data. Raises BundleRefused."""
    try:
        return hex_data(field_of(record, name, str), length)
    except EncodingFault:
        raise BundleRefused(f"The field {name!r} of the file is no data of that length.") from None
