"""The signer's list of accounts and its checks of addresses, as typed values of the window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Hsl = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Picture:
    """Identicon of an address: rows of 0 (ground), 1 (colour) or 2 (spot), colours in HSL."""

    cells: tuple[tuple[int, ...], ...]
    colour: Hsl
    background: Hsl
    spot: Hsl

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> Picture:
        """Return the picture in an answer."""

        def hsl(name: str) -> Hsl:
            hue, saturation, lightness = content[name]
            return int(hue), int(saturation), int(lightness)

        cells = tuple(tuple(int(cell) for cell in row) for row in content["cells"])
        return cls(cells, hsl("colour"), hsl("background"), hsl("spot"))


@dataclass(frozen=True, slots=True)
class KeyAccount:
    """One account of the wallet."""

    id: str
    label: str
    address: str
    kind: str
    """seed, keystore, watch, ledger or trezor."""
    secret: str
    blocks: tuple[str, ...]
    picture: Picture
    backup: str
    """unconfirmed, confirmed or not here."""

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> KeyAccount:
        """Return the account in an answer."""
        return cls(
            id=str(content["id"]),
            label=str(content["label"]),
            address=str(content["address"]),
            kind=str(content["kind"]),
            secret=str(content["secret"]),
            blocks=tuple(content["blocks"]),
            picture=Picture.read(content["identicon"]),
            backup=str(content["backup"]),
        )

    @property
    def on_device(self) -> bool:
        """Whether a device of its own signs."""
        return self.kind in {"ledger", "trezor"}

    @property
    def can_sign(self) -> bool:
        """Whether it can be used from here."""
        return self.kind != "watch"

    @property
    def needs_backup(self) -> bool:
        """Whether a loss of this computer would be a loss of its money."""
        return self.backup == "unconfirmed"


@dataclass(frozen=True, slots=True)
class Seed:
    """Words from which several accounts follow."""

    id: str
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """Everything public about the wallet."""

    accounts: tuple[KeyAccount, ...] = ()
    seeds: tuple[Seed, ...] = ()
    has_password: bool = False

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> Listing:
        """Return the answer to ``list``."""
        return cls(
            tuple(KeyAccount.read(one) for one in content["accounts"]),
            tuple(Seed(str(one["id"]), bool(one["confirmed"])) for one in content["seeds"]),
            bool(content["has_password"]),
        )

    def of_address(self, address: str | None) -> KeyAccount | None:
        """Return the account of an address in any case."""
        low = (address or "").lower()
        return next((one for one in self.accounts if one.address.lower() == low), None)


@dataclass(frozen=True, slots=True)
class AddressCheck:
    """What is known about an address before something is sent to it."""

    address: str
    name: str | None
    is_own: bool
    first_time: bool
    contract: str | None
    warnings: tuple[str, ...]
    blocks: tuple[str, ...]
    picture: Picture

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> AddressCheck:
        """Return the answer to ``book_check``."""
        return cls(
            address=str(content["address"]),
            name=content["name"],
            is_own=bool(content["is_own"]),
            first_time=bool(content["first_time"]),
            contract=content["contract"],
            warnings=tuple(content["warnings"]),
            blocks=tuple(content["blocks"]),
            picture=Picture.read(content["identicon"]),
        )


@dataclass(frozen=True, slots=True)
class BookEntry:
    """One named address."""

    address: str
    name: str
    note: str
    blocks: tuple[str, ...]
    picture: Picture
    last_sent_s: int | None

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> BookEntry:
        """Return one entry of the answer to ``book_list``."""
        last = content["last_sent_s"]
        return cls(
            address=str(content["address"]),
            name=str(content["name"]),
            note=str(content["note"]),
            blocks=tuple(content["blocks"]),
            picture=Picture.read(content["identicon"]),
            last_sent_s=None if last is None else int(last),
        )
