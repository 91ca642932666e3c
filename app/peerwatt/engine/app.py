"""The engine's process: lock, settings, services, API; and an end that frees all devices."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import signal
from contextlib import suppress

from peerwatt import __version__
from peerwatt.api.messages import SiteFile
from peerwatt.chain.bindings.community import Community
from peerwatt.chain.networks import NetworkFault
from peerwatt.chain.ports import VerifiedChain
from peerwatt.config.clock import DrivenClock, SystemClock
from peerwatt.config.logs import setup_logging
from peerwatt.config.paths import SitePaths, write_private
from peerwatt.config.settings import SettingsFault, SiteSettings, load_settings
from peerwatt.devices.factory import build_drivers
from peerwatt.history.facade import History
from peerwatt.history.faults import HistoryFault
from peerwatt.history.records import NoticeLevel, SentTransaction
from peerwatt.model.ports import Clock, DeviceFault, Signer
from peerwatt.model.verified import ChainFault
from peerwatt.wallet.agent_key import AgentKeyStore, FileKeyStore, KeyringKeyStore, load_or_create
from peerwatt.wallet.files import wallet_folder
from peerwatt.wallet.policy import AgentPolicy
from peerwatt.wallet.secret import WalletFault
from peerwatt.wallet.signer import LocalSigner

from .agent_calls import agent_calls
from .chain_opening import names_chain, open_site_chain
from .chain_service import ChainService
from .control_loop import ControlLoop
from .disk import Disk
from .dynamic_prices import DynamicPrices
from .flex_service import FlexService
from .forecasts import ForecastService
from .foresight import Foresight
from .gas import Gas, highest_fee_wei
from .house import HouseEngine
from .keeping_setup import HouseKeeping
from .lock import SiteBusy, SiteLock
from .notices import NoticeBoard
from .owner_wallet.accounts import AccountList
from .owner_wallet.fee_quote import quote
from .owner_wallet.service import OwnerWallet
from .planning import PlanKeeper, Planning
from .publisher import Publisher
from .sections import NO_CHAIN, Sections
from .sender import AgentSender
from .server import ApiServer, build_app
from .trading import TradingService
from .twins import HouseTwins
from .visits import Visits

log = logging.getLogger(__name__)

KEY_FILE_VARIABLE = "PEERWATT_PASSPHRASE"
"""Environment variable that opens the agent's key file where there is no keyring."""


class EngineFault(Exception):
    """The engine cannot start; the message is one line that says what to do."""


def run_engine(site: str) -> int:
    """Run the engine of a site until it is told to stop. Raises EngineFault."""
    paths = SitePaths.named(site)
    try:
        settings = load_settings(paths.settings)
        with SiteLock(paths.lock):
            setup_logging(paths.log)
            asyncio.run(_run(site, paths, settings))
    except (SettingsFault, SiteBusy, HistoryFault, WalletFault, ChainFault, DeviceFault) as fault:
        raise EngineFault(str(fault)) from None
    return 0


async def _run(site: str, paths: SitePaths, settings: SiteSettings) -> None:
    history = await asyncio.to_thread(History.open, paths.history)
    disk = Disk()
    builder = _Builder(site, paths, settings, history, disk)
    try:
        await builder.build()
        await _serve(builder)
    finally:
        await builder.close()


async def _serve(builder: _Builder) -> None:
    """Serve until a signal or a command ends it, then give back every device."""
    house, paths = builder.house, builder.paths
    await house.load()
    if builder.no_chain != NO_CHAIN:
        house.board.say(NoticeLevel.WARNING, "chain", builder.no_chain)
    token = secrets.token_urlsafe(32)
    server = ApiServer(build_app(house, token), builder.settings.api_port)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):
            loop.add_signal_handler(number, house.stopping.set)
    await builder.fleet.start()
    await server.start()
    site_file = SiteFile(url=server.url, token=token, pid=os.getpid(), version=__version__)
    write_private(paths.api, site_file.model_dump_json() + "\n")
    log.info("The engine of %s serves at %s.", builder.site, server.url)
    try:
        if isinstance(house.clock, DrivenClock):
            await house.stopping.wait()
        else:
            await house.run()
    finally:
        paths.api.unlink(missing_ok=True)
        for sentence in await builder.fleet.release():
            log.warning("Control was not given back: %s", sentence)
        house.publisher.close()
        await server.close()


class _Builder:
    """Builds the house from its settings, in the order in which parts need each other."""

    house: HouseEngine

    def __init__(
        self, site: str, paths: SitePaths, settings: SiteSettings, history: History, disk: Disk
    ) -> None:
        self.site = site
        self.paths = paths
        self.settings = settings
        self._history = history
        self._disk = disk
        self._clock: Clock = SystemClock()
        self._publisher = Publisher()
        self._client: VerifiedChain | None = None
        self.no_chain = NO_CHAIN
        """Why the site has no chain, for the owner."""

    async def build(self) -> None:
        """Build everything; nothing moves yet. Raises the faults that end the engine."""
        settings, history, disk = self.settings, self._history, self._disk
        if settings.clock == "driven":
            last = await disk.run(history.power.last)
            self._clock = DrivenClock(last.time_s if last else 0.0)
        clock = self._clock
        board = NoticeBoard(history, disk, self._publisher, clock)
        self.fleet = build_drivers(
            settings.devices, settings.ocpp, clock, history.undo, cycle_s=settings.cycle_s
        )
        twins = HouseTwins(history.twins)
        control = ControlLoop(settings, self.fleet, twins, history, disk, clock, board.say)
        planning = Planning(settings)
        store = self._key_store()
        chain = trading = flex = keeping = signer = None
        opened = self._open_chain()
        if opened is not None:
            client, community, owner = opened
            chain, signer = await self._chain(client, community, board, owner, store)
            gas = self._gas(signer, chain)
            sender = self._sender(owner, signer, chain, community, gas)
            common = (owner, history, disk, clock, board.say)
            trading = TradingService(settings, chain, sender, *common, gas)
            keeping = HouseKeeping(settings.market, chain, sender, clock, gas)
            flex = FlexService(
                settings.flexibility,
                chain,
                sender,
                planning,
                owner,
                settings.location.timezone,
                *common[1:],
            )
        agent = signer.address if signer else None
        self.house = HouseEngine(
            settings,
            clock,
            history,
            disk,
            self._publisher,
            board,
            control,
            self._foresight(planning, board),
            chain,
            trading,
            flex,
            keeping,
            self._wallet(board, chain, agent),
            Sections(
                self._publisher,
                settings,
                agent,
                store.place if signer else "",
                no_chain=self.no_chain,
            ),
        )

    def _foresight(self, planning: Planning, board: NoticeBoard) -> Foresight:
        settings, history, disk, clock = self.settings, self._history, self._disk, self._clock
        return Foresight(
            ForecastService(settings, history, disk, clock, board.say),
            planning,
            PlanKeeper(planning, clock, board.say),
            DynamicPrices(settings.tariff, clock, board.say),
            Visits(history, disk, settings.location.timezone),
        )

    def _wallet(
        self, board: NoticeBoard, chain: ChainService | None, agent: str | None
    ) -> OwnerWallet:
        member = self.settings.wallet.owner_address
        accounts = AccountList(wallet_folder(self.paths), member, self._disk, board.say)
        return OwnerWallet(
            accounts,
            chain,
            agent,
            member,
            self._history,
            self._disk,
            self._clock,
            board.say,
            demo=self.settings.demo,
        )

    def _key_store(self) -> AgentKeyStore:
        if self.settings.wallet.agent_key == "keyring":
            return KeyringKeyStore(self.site)
        passphrase = os.environ.pop(KEY_FILE_VARIABLE, "")
        if not passphrase:
            raise EngineFault(
                "the agent's key is in an encrypted file; "
                f"set {KEY_FILE_VARIABLE} to its passphrase"
            )
        return FileKeyStore(self.paths.keys / "agent.json", passphrase)

    def _open_chain(self) -> tuple[VerifiedChain, Community, str] | None:
        """Open the site's chain; ``no_chain`` says why there is none."""
        if not names_chain(self.settings):
            return None
        committees = self.paths.folder / "committees"
        try:
            opened = open_site_chain(self.settings, self._clock, self._history.headers, committees)
        except NetworkFault as fault:
            self.no_chain = str(fault)
            return None
        self._client = opened[0]
        return opened

    async def _chain(
        self,
        client: VerifiedChain,
        community: Community,
        board: NoticeBoard,
        owner: str,
        store: AgentKeyStore,
    ) -> tuple[ChainService, Signer]:
        key, _ = await load_or_create(store)
        policy = AgentPolicy.allowing(
            client.network.chain_id,
            agent_calls(community),
            max_gas=15_000_000,
            max_fee_wei=highest_fee_wei(self.settings.market),
        )
        signer = LocalSigner(key, policy)
        service = ChainService(
            client,
            community,
            owner,
            signer.address,
            self._history,
            self._disk,
            self._clock,
            board.say,
        )
        return service, signer

    def _gas(self, signer: Signer, chain: ChainService) -> Gas:
        async def balance_wei() -> int:
            return (await chain.reader.account(signer.address)).value.balance_wei

        ours = (self.settings.market, self._history, self._disk, self._clock)
        return Gas(lambda: quote(chain.reader), balance_wei, signer.address, *ours)

    def _sender(
        self, owner: str, signer: Signer, chain: ChainService, community: Community, gas: Gas
    ) -> AgentSender:
        async def note(sent: SentTransaction) -> None:
            await self._disk.run(self._history.transactions.put, sent)

        return AgentSender(
            owner,
            signer,
            chain.client,
            chain.reader,
            community.market,
            community.flexibility,
            self._clock,
            note,
            gas,
        )

    async def close(self) -> None:
        """Close everything that was opened."""
        if hasattr(self, "fleet"):
            await self.fleet.close()
        if self._client is not None:
            await self._client.close()
        if hasattr(self, "house"):
            self.house.wallet.close()
            await self.house.foresight.close()
            await self.house.board.flush()
        self._disk.close()
        await asyncio.to_thread(self._history.close)
