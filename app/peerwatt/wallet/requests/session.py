"""One run of the signer's process: the site it serves, and strict reading of requests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from peerwatt.config.paths import SitePaths

from ..accounts import Account, Accounts, Kind
from ..backup import Challenge
from ..book import AddressBook, load_book
from ..files import wallet_folder
from ..hardware.device import Device
from ..keystore import SCRYPT_N
from ..meaning.parts import Surroundings, Ticks
from ..secret import WalletFault
from ..store import WalletStore


def _open_device(kind: str) -> Device:
    from ..hardware.find import open_device

    return open_device(kind)


@dataclass
class Session:
    """What lives as long as the process: no key and no password."""

    paths: SitePaths
    now_s: Callable[[], float]
    scrypt_n: int = SCRYPT_N
    open_device: Callable[[str], Device] = _open_device
    challenges: dict[str, Challenge] = field(default_factory=dict)

    @property
    def store(self) -> WalletStore:
        """The wallet of the site."""
        return WalletStore(wallet_folder(self.paths), scrypt_n=self.scrypt_n)

    def book(self) -> AddressBook:
        """The address book of the site."""
        return load_book(wallet_folder(self.paths))

    def time_s(self) -> int:
        """The present Unix second."""
        return int(self.now_s())

    def around(self, accounts: Accounts, book: AddressBook, ticks: Ticks | None) -> Surroundings:
        """Return the community as the site's own settings name it: not as anybody asks."""
        from peerwatt.config.settings import SettingsFault, load_settings

        try:
            settings = load_settings(self.paths.settings)
        except SettingsFault as fault:
            raise WalletFault(str(fault)) from None
        return Surroundings(
            chain_id=settings.chain.chain_id,
            contracts=settings.chain.contracts,
            name_of=book.name,
            zone=settings.location.timezone,
            own=frozenset(one.address for one in accounts.accounts if one.kind is not Kind.WATCH),
            ticks=ticks,
        )


class Request:
    """One request; its parts are read by name, and faults name the part."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self._content = content

    def has(self, name: str) -> bool:
        """Whether a part is there and not null."""
        return self._content.get(name) is not None

    def raw(self, name: str) -> Any:
        """Return a part as it is. Raises WalletFault when it is missing."""
        if not self.has(name):
            raise WalletFault(f"The request lacks its {name}.", name)
        return self._content[name]

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text. Raises WalletFault."""
        if not self.has(name) and default is not None:
            return default
        value = self.raw(name)
        if not isinstance(value, str):
            raise WalletFault(f"The {name} of the request is no text.", name)
        return value

    def number(self, name: str, default: int | None = None) -> int:
        """Return a number of 0 or more, also one written as decimal text. Raises WalletFault."""
        if not self.has(name) and default is not None:
            return default
        value = self.raw(name)
        if isinstance(value, str) and value.isdecimal() and value.isascii() and len(value) <= 78:
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise WalletFault(f"The {name} of the request is no number.", name)
        return value

    def flag(self, name: str) -> bool:
        """Return whether a part is true. Raises WalletFault when it is neither true nor false."""
        value = self._content.get(name, False)
        if not isinstance(value, bool):
            raise WalletFault(f"The {name} of the request is neither true nor false.", name)
        return value

    def account(self, accounts: Accounts) -> Account:
        """Return the account that the request is about."""
        return accounts.get(self.text("account"))

    def ticks(self) -> Ticks | None:
        """Return the market's ladder, when the request says it."""
        if not self.has("ticks"):
            return None
        content = self.raw("ticks")
        if not isinstance(content, Mapping):
            raise WalletFault("The ticks of the request are no object.", "ticks")
        part = Request(content)
        return Ticks(part.number("base_micro"), part.number("step_micro"))
