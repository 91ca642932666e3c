"""The address book: names for addresses, and warnings before something is sent to a new one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from .address import checksum_address, look_alikes, parse_address
from .files import clean_text, damaged, read_object, write_object
from .secret import WalletFault

BOOK_FILE = "book.json"
MAX_ENTRIES = 5_000


@dataclass(frozen=True, slots=True)
class BookEntry:
    """A named address."""

    address: str
    name: str
    note: str = ""
    created_s: int = 0


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent to an address before."""

    count: int
    last_s: int


@dataclass(frozen=True, slots=True)
class AddressCheck:
    """What is known about an address before something is sent to it."""

    address: str
    name: str | None
    is_own: bool
    first_time: bool
    last_sent_s: int | None
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AddressBook:
    """All entries, and the addresses to which something was sent, by address."""

    entries: Mapping[str, BookEntry]
    sent: Mapping[str, Sent]

    def name(self, address: str) -> str | None:
        """Return the name of an address in any case."""
        entry = self.entries.get(checksum_address(address))
        return entry.name if entry else None

    def with_entry(self, entry: BookEntry) -> AddressBook:
        """Return the book with a new or changed entry. Raises WalletFault with the field."""
        address = parse_address(entry.address)
        name = clean_text(entry.name, "name", needed=True)
        for other in self.entries.values():
            if other.name.casefold() == name.casefold() and other.address != address:
                raise WalletFault(f"{name} is the name of another address already.", "name")
        if address not in self.entries and len(self.entries) >= MAX_ENTRIES:
            raise WalletFault("The address book is full.", "address")
        before = self.entries.get(address)
        kept = BookEntry(
            address=address,
            name=name,
            note=clean_text(entry.note, "note"),
            created_s=before.created_s if before else entry.created_s,
        )
        return replace(self, entries={**self.entries, address: kept})

    def without(self, address: str) -> AddressBook:
        """Return the book without an entry. Raises WalletFault when there is none."""
        wanted = parse_address(address)
        if wanted not in self.entries:
            raise WalletFault("The address book does not hold this address.", "address")
        return replace(self, entries={a: e for a, e in self.entries.items() if a != wanted})

    def with_sent(self, address: str, time_s: int) -> AddressBook:
        """Return the book after something was sent to an address."""
        wanted = parse_address(address)
        before = self.sent.get(wanted, Sent(0, 0))
        return replace(self, sent={**self.sent, wanted: Sent(before.count + 1, time_s)})

    def check(
        self, text: str, own: Iterable[str] = (), contracts: Iterable[str] = ()
    ) -> AddressCheck:
        """Return what to tell the owner about an address. Raises WalletFault when it is none."""
        address, own = parse_address(text), tuple(own)
        known = {*self.entries, *self.sent, *own, *contracts}
        warnings = [
            f"Looks like {self._called(alike.known)} but {alike.reason}."
            for alike in look_alikes(address, known)
        ]
        is_own = address in own
        sent = self.sent.get(address)
        if sent is None and not is_own:
            warnings.append("You have never sent anything to this address.")
        return AddressCheck(
            address=address,
            name=self.name(address),
            is_own=is_own,
            first_time=sent is None,
            last_sent_s=sent.last_s if sent else None,
            warnings=tuple(warnings),
        )

    def _called(self, address: str) -> str:
        name = self.name(address)
        return f"{name} ({address})" if name else address


def load_book(folder: Path) -> AddressBook:
    """Return the book of a wallet; an empty one where there is none. Raises WalletFault."""
    path = folder / BOOK_FILE
    content = read_object(path)
    if content is None:
        return AddressBook({}, {})
    try:
        entries = [BookEntry(**entry) for entry in content["entries"]]
        sent = {
            parse_address(address): Sent(int(one["count"]), int(one["last_s"]))
            for address, one in content["sent"].items()
        }
        book = AddressBook({}, sent)
        for entry in entries:
            book = book.with_entry(entry)
    except (KeyError, TypeError, ValueError, AttributeError, WalletFault):
        raise damaged(path) from None
    return book


def save_book(folder: Path, book: AddressBook) -> None:
    """Store the book. Raises WalletFault."""
    content = {
        "version": 1,
        "entries": [asdict(entry) for entry in book.entries.values()],
        "sent": {address: asdict(one) for address, one in book.sent.items()},
    }
    write_object(folder / BOOK_FILE, content)
