"""The house: builds every service, runs them in order, and carries out the owner's commands."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress

from peerwatt.api.messages import (
    AdvanceClock,
    Changed,
    Command,
    DeclineRequest,
    Figures,
    NoticesView,
    PauseMarket,
    PowerHistory,
    SetBattery,
    SetCar,
    Shutdown,
    UndoAction,
)
from peerwatt.api.proof_messages import ProofFile, ProofRequest
from peerwatt.api.wallet_messages import (
    BroadcastSend,
    LabelTransaction,
    PreparedSend,
    PrepareSend,
    RefreshAccounts,
    ResolveEvidence,
)
from peerwatt.config.clock import DrivenClock
from peerwatt.config.settings import SiteSettings
from peerwatt.history.facade import History
from peerwatt.history.records import NoticeLevel
from peerwatt.market.ladder import fill
from peerwatt.model.plan import IntervalEnergy
from peerwatt.model.ports import Clock
from peerwatt.model.snapshot import Snapshot
from peerwatt.model.units import interval_at
from peerwatt.model.verified import ChainFault

from .chain_service import ChainService
from .community_facts import CommunityReader
from .control_loop import ControlLoop, Intent
from .controllers import AwardedWindow, MarketPosition
from .disk import Disk
from .figures import collect
from .flex_service import FlexService
from .foresight import Foresight
from .keeping_setup import HouseKeeping
from .notices import NoticeBoard
from .overrides import Overrides
from .owner_wallet.service import OwnerWallet
from .planning import Prospect
from .proofs import make_proof
from .publisher import Publisher
from .refusal import ApiRefusal
from .sections import Sections
from .trading import TradingService

log = logging.getLogger(__name__)

WAIT_S = 0.8
"""How long a cycle waits for a slow device, real seconds."""

OVERRIDES = "overrides"


class HouseEngine:
    """Everything of one site that runs; made by :mod:`peerwatt.engine.app`."""

    def __init__(
        self,
        settings: SiteSettings,
        clock: Clock,
        history: History,
        disk: Disk,
        publisher: Publisher,
        board: NoticeBoard,
        control: ControlLoop,
        foresight: Foresight,
        chain: ChainService | None,
        trading: TradingService | None,
        flex: FlexService | None,
        keeping: HouseKeeping | None,
        wallet: OwnerWallet,
        sections: Sections,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.publisher = publisher
        self.overrides = Overrides()
        self.foresight = foresight
        self.import_limit_w: float | None = None
        """Limit on net import that the grid operator has set now."""
        self.stopping = asyncio.Event()
        self.speed = 1.0
        self.history = history
        self.disk = disk
        self.board = board
        self.control = control
        self.chain = chain
        self.community = CommunityReader(chain, history, disk, clock) if chain else None
        self.trading = trading
        self.flex = flex
        self.keeping = keeping
        self.wallet = wallet
        self._sections = sections
        self._driving = asyncio.Lock()
        self._services_busy: asyncio.Task[None] | None = None

    # -- life --------------------------------------------------------------------------------

    async def load(self) -> None:
        """Take up everything that earlier runs left on disk."""
        stored = await self.disk.run(self.history.meta.get, OVERRIDES)
        self.overrides = Overrides.restored(stored if isinstance(stored, dict) else None)
        await self.board.load()
        await self.control.load(self.clock.now_s())
        for service in (self.chain, self.trading, self.flex):
            if service is not None:
                await service.load()
        await self.wallet.load()
        await self.foresight.load()
        self._sections.publish(self)

    async def run(self) -> None:
        """Run on real time until told to stop: control once a cycle, services beside it."""
        services = asyncio.create_task(self._serve())
        period = self.settings.cycle_s
        try:
            while not self.stopping.is_set():
                begun = time.monotonic()
                await self._guarded_cycle()
                rest = period - (time.monotonic() - begun)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.stopping.wait(), max(rest, 0.01))
        finally:
            services.cancel()
            with suppress(asyncio.CancelledError):
                await services

    async def _serve(self) -> None:
        while True:
            await self._guarded_services()
            await asyncio.sleep(self.settings.cycle_s)

    async def _guarded_cycle(self) -> None:
        """Run one cycle; a fault in it is told, and the next one runs all the same."""
        try:
            await self.cycle()
        except Exception:
            log.exception("A control cycle failed.")
            self.board.say(NoticeLevel.FAULT, "engine", "A control cycle failed; see the log.")

    async def _guarded_services(self) -> None:
        try:
            await self.services()
        except Exception:
            log.exception("A round of the services failed.")
            self.board.say(NoticeLevel.FAULT, "engine", "A service failed; see the log.")

    # -- one round ---------------------------------------------------------------------------

    async def cycle(self) -> Snapshot:
        """Run one control cycle on what the services last decided."""
        snapshot = await self.control.cycle(self._intent(), WAIT_S)
        award = self._award()
        if award is not None and self.flex is not None:
            self.flex.measured(award, snapshot.grid_power_w())
        self._sections.publish_live(self)
        return snapshot

    async def services(self) -> None:
        """Follow the chain, plan, trade, answer the grid operator; then publish."""
        news = await self.chain.step() if self.chain is not None else False
        news |= await self.wallet.step()
        await self.foresight.step(self)
        if self.trading is not None:
            paused = self.overrides.market_paused
            news |= await self.trading.step(self.prospect, paused, self.foresight.keeper.occasion)
        if self.flex is not None:
            declined = self.overrides.declined_requests
            news |= await self.flex.step(self.prospect, self.past(), declined)
        if self.keeping is not None:
            news |= await self.keeping.step()
        if self.community is not None:
            news |= await self.community.step()
        await self._sections.refresh(self, news)

    @property
    def prospect(self) -> Prospect | None:
        """The plan in force, with what it was made from."""
        return self.foresight.prospect

    def past(self) -> list[IntervalEnergy]:
        """Return what was measured in the last days."""
        return self.foresight.past(self.clock.now_s())

    def _intent(self) -> Intent:
        snapshot = self.control.snapshot
        return Intent(
            plan=self.prospect.plan if self.prospect else None,
            ev_needs=self.foresight.planning.needs(snapshot) if snapshot else (),
            overrides=self.overrides,
            award=self._award(),
            position=self.position(),
            dso_limit_w=self.import_limit_w,
        )

    def _award(self) -> AwardedWindow | None:
        running = self.flex.running() if self.flex is not None else None
        if running is None:
            return None
        net = self.control.net_import_since(running.first_interval)
        return None if net is None else AwardedWindow(running, net)

    def position(self) -> MarketPosition | None:
        """Return what was bought and sold for the running interval, once it is cleared."""
        interval = interval_at(self.clock.now_s())
        if self.chain is None or self.chain.picture is None:
            return None
        cleared, facts = self.chain.picture.cleared(interval), self.chain.facts
        order = self.chain.picture.orders.get(interval)
        net = self.control.net_import_since(interval)
        if 0 not in cleared or order is None or facts is None or net is None:
            return None
        filled = fill(order, cleared, facts.rules)
        return MarketPosition(interval, filled.bought_wh, filled.sold_wh, net)

    # -- what the API asks for ---------------------------------------------------------------

    async def command(self, command: Command) -> Changed:
        """Carry out a command of the owner. Raises ApiRefusal."""
        match command:
            case AdvanceClock():
                return await self._advance(command)
            case Shutdown():
                self.stopping.set()
                return Changed(sections=(), sentence="The engine releases all devices and ends.")
            case ResolveEvidence(follow=follow):
                return await self._resolve(follow == "theirs")
            case BroadcastSend() | LabelTransaction() | RefreshAccounts():
                return await self._wallet_command(command)
            case UndoAction(action_id=action_id):
                return await self.command(self._undoing(action_id))
            case SetCar() | SetBattery() | PauseMarket() | DeclineRequest():
                self.overrides = self.overrides.changed_by(command, self.clock.now_s())
                stored = self.overrides.view().model_dump(mode="json")
                await self.disk.run(self.history.meta.set, OVERRIDES, stored)
                self.foresight.keeper.ask()
                self.board.say(NoticeLevel.INFO, "owner", _told(command))
                self._sections.publish_live(self)
                return Changed(sections=("overrides", "plan"), sentence=_told(command))

    async def _wallet_command(
        self, command: BroadcastSend | LabelTransaction | RefreshAccounts
    ) -> Changed:
        """Carry out a command of the wallet; also where it is refused, the list is shown anew."""
        try:
            match command:
                case BroadcastSend():
                    return await self.wallet.broadcast(command)
                case LabelTransaction():
                    return await self.wallet.label(command)
                case RefreshAccounts():
                    return await self.wallet.refresh_accounts()
        finally:
            await self._sections.refresh(self, False)

    async def prepare(self, body: PrepareSend) -> PreparedSend:
        """Prepare a transaction of the owner. Raises ApiRefusal."""
        return await self.wallet.prepare(body, self.speed)

    async def transactions_csv(self, start_s: float, end_s: float) -> str:
        """Return the wallet's list of a stretch of time as CSV."""
        return await self.wallet.transactions_csv(start_s, end_s)

    async def _resolve(self, follow_other: bool) -> Changed:
        """Go on with a chain that had stopped, as the owner decided."""
        if self.chain is None:
            raise ApiRefusal("No chain is set up for this site.")
        try:
            if not await self.chain.resolve(follow_other=follow_other):
                raise ApiRefusal("Nothing was found against the chain; there is nothing to decide.")
        except ChainFault as fault:
            raise ApiRefusal(str(fault)) from None
        if follow_other and self.community is not None:
            self.community.forget()
        told = RESOLVED[follow_other]
        self.board.say(NoticeLevel.WARNING, "owner", told)
        return Changed(sections=("chain", "wallet", "market"), sentence=told)

    def _undoing(self, action_id: str) -> Command:
        """Return the command that undoes a row of what happens next."""
        subject, _, rest = action_id.partition(":")
        if subject == "override":
            return SetCar(mode="auto") if rest == "car" else SetBattery(mode="auto")
        if subject == "car":
            reading = self._sections.car_charging(self)
            return SetCar(mode="now") if reading else SetCar(mode="pause", minutes=720)
        if subject == "battery":
            return SetBattery(mode="hold")
        raise ApiRefusal("This cannot be undone any more; look at the page again.")

    async def _advance(self, command: AdvanceClock) -> Changed:
        """Drive the clock and run one cycle; in lock step (speed 0) the services too."""
        if not isinstance(self.clock, DrivenClock):
            raise ApiRefusal("This engine runs on real time; its clock cannot be driven.")
        async with self._driving:
            self.clock.advance(command.to_s)
            self.speed = command.speed
            await self._guarded_cycle()
            if command.speed == 0:
                await self._guarded_services()
            elif self._services_busy is None or self._services_busy.done():
                self._services_busy = asyncio.create_task(self._guarded_services())
        return Changed(sections=("flow", "clock"))

    async def power_history(self, start_s: float, end_s: float, step_s: int) -> PowerHistory:
        """Return mean powers with the price of each step's interval."""
        columns = await self.disk.run(self.history.power.power, start_s, end_s, step_s)
        return self._sections.power_history(self, columns)

    async def figures(self) -> Figures:
        """Return the figures counted so far."""
        return await collect(self)

    async def proof(self, wanted: ProofRequest) -> ProofFile:
        """Return a file that proves values of the screen. Raises ApiRefusal."""
        if self.chain is None:
            raise ApiRefusal("No chain is set up for this site; nothing can be proven.")
        try:
            return await make_proof(self.chain, wanted.items, self.clock.now_s())
        except ChainFault as fault:
            raise ApiRefusal(str(fault)) from None

    async def notices(self, after: int) -> NoticesView:
        """Return notices with an id above ``after``."""
        return await self.board.after(after)


RESOLVED = {
    False: "The block that was verified first is kept; endpoints that serve the other are refused.",
    True: "The other block is followed; endpoints that serve the first one are refused.",
}
CAR_TOLD = {
    "now": "The car charges now.",
    "pause": "The car waits.",
    "auto": "The car follows the plan again.",
}
BATTERY_TOLD = {
    "hold": "The battery keeps its charge.",
    "auto": "The battery follows the plan again.",
}


def _told(command: SetCar | SetBattery | PauseMarket | DeclineRequest) -> str:
    """Return what a command did, in words."""
    match command:
        case SetCar(mode=mode):
            return CAR_TOLD[mode]
        case SetBattery(mode=mode):
            return BATTERY_TOLD[mode]
        case PauseMarket(paused=True):
            return "No more orders are placed; those already placed stand."
        case PauseMarket():
            return "Orders are placed again."
        case DeclineRequest(request_id=request_id):
            return f"Request {request_id} of the grid operator is declined."
