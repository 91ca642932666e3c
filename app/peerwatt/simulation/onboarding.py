"""Makes the demo's household a member: keys, allowances, an agent with limits, settings on disk."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

from peerwatt.chain.bindings.registry import Agent
from peerwatt.config.clock import SystemClock
from peerwatt.config.paths import SitePaths
from peerwatt.config.settings import (
    OcppDevice,
    OcppServer,
    SiteSettings,
    SunSpecDevice,
    WalletSettings,
    save_settings,
)
from peerwatt.engine.app import KEY_FILE_VARIABLE
from peerwatt.engine.owner_wallet.words import DEMO_PASSWORD
from peerwatt.wallet.agent_key import FileKeyStore, load_or_create
from peerwatt.wallet.book import AddressBook, BookEntry, save_book
from peerwatt.wallet.files import wallet_folder
from peerwatt.wallet.mnemonic import key_from_seed, new_seed
from peerwatt.wallet.secret import SecretKey
from peerwatt.wallet.store import WalletStore

from .street.account import StreetAccount
from .street.community import RULES, TARIFF
from .street.street import Street

DAILY_LIMIT_MICRO = 20_000_000
"""What the demo's agent may put into orders on one day: 20 EUR."""

DAILY_SALES_WH = 60_000
"""What it may offer for sale on one day: 60 kWh."""

AGENT_LIFE_S = 30 * 86_400


@dataclass(frozen=True, slots=True)
class Home:
    """The demo's household before its engine runs."""

    paths: SitePaths
    owner_key: SecretKey
    agent_address: str
    passphrase: str
    """Opens the agent's encrypted key file while the demo runs; kept in memory only."""

    @property
    def environment(self) -> dict[str, str]:
        """What the engine's process needs to open the agent's key."""
        return {KEY_FILE_VARIABLE: self.passphrase}

    def __repr__(self) -> str:
        return f"Home({self.paths.folder})"


async def make_home(paths: SitePaths) -> Home:
    """Make an empty site with a fresh wallet and agent's key; an earlier demo's is removed.

    The wallet opens with DEMO_PASSWORD: it holds play money, and people should try it.
    """
    if paths.folder.exists():
        shutil.rmtree(paths.folder)
    passphrase = secrets.token_urlsafe(24)
    words = new_seed()
    owner = key_from_seed(words)
    wallet = WalletStore(wallet_folder(paths))
    now_s = int(SystemClock().now_s())
    await asyncio.to_thread(wallet.import_seed, DEMO_PASSWORD, words, "", "Maple Street 1", now_s)
    store = FileKeyStore(paths.keys / "agent.json", passphrase)
    agent, _ = await load_or_create(store)
    return Home(paths, owner, agent.address, passphrase)


async def admit_agent(street: Street, owner: StreetAccount, agent: str) -> None:
    """Let the agent's key trade for the owner within limits that the contract enforces."""
    registry = street.contracts.registry
    limits = Agent(
        owner=owner.address,
        daily_limit_micro=DAILY_LIMIT_MICRO,
        daily_sales_wh=DAILY_SALES_WH,
        min_price_micro=TARIFF.feed_in_micro_per_kwh,
        max_price_micro=TARIFF.retail_micro_per_kwh,
        expires_s=street.options.start_s + AGENT_LIFE_S,
        scope=0,
        is_active=True,
    )
    allowed = (street.contracts.market.address, street.contracts.flexibility.address)
    await owner.send(registry.address, registry.authorise_agent(agent, limits, allowed))
    await street.node.tick()


def write_address_book(street: Street, home: Home) -> None:
    """Put the neighbours and the community's parties into the household's address book."""
    named = [(f"Maple Street {i}", address) for i, address in enumerate(street.members[1:], 2)]
    operators = street.operators
    named += [("Grid operator", operators.dso.address), ("Supplier", operators.supplier.address)]
    book = AddressBook({}, {})
    for name, address in named:
        book = book.with_entry(BookEntry(address, name))
    save_book(wallet_folder(home.paths), book)


def write_settings(street: Street, home: Home, owner: str, cycle_s: float) -> SiteSettings:
    """Write the settings of the household's engine: its devices, its chain, its accounts."""
    peers, spec = street.peers[0], street.houses[0].spec
    devices: list[SunSpecDevice | OcppDevice] = [
        SunSpecDevice(
            device_id="meter", host="127.0.0.1", port=peers.meter_port, unit=1, role="meter"
        )
    ]
    if peers.inverter_port is not None:
        devices.append(
            SunSpecDevice(
                device_id="inverter",
                host="127.0.0.1",
                port=peers.inverter_port,
                unit=1,
                role="inverter",
                control=True,
            )
        )
    if spec.charger is not None:
        devices.append(
            OcppDevice(
                device_id="charger",
                charge_point_id=f"CP-{spec.seed}",
                control=True,
                max_current_a=spec.charger.max_current_a,
                phases=spec.charger.phases,
                voltage_v=spec.charger.voltage_v,
            )
        )
    settings = SiteSettings(
        name="Maple Street 1",
        clock="driven",
        demo=True,
        location=street.weather.location,
        devices=tuple(devices),
        ocpp=OcppServer(port=street.options.ocpp_port, sample_interval_s=max(int(cycle_s), 1)),
        chain=street.chain_settings(),
        wallet=WalletSettings(owner_address=owner, agent_key="file"),
        cycle_s=cycle_s,
    )
    save_settings(home.paths.settings, settings)
    return settings


def free_port() -> int:
    """Return a port of the loopback interface that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def chain_folder(paths: SitePaths) -> Path:
    """Return where the demo's chain is kept."""
    return paths.folder / "street"


__all__ = [
    "DEMO_PASSWORD",
    "RULES",
    "Home",
    "admit_agent",
    "chain_folder",
    "free_port",
    "make_home",
    "write_address_book",
    "write_settings",
]
