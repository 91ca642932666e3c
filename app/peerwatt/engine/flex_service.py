"""Answers the grid operator's requests, keeps what was promised, and learns what was paid."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from peerwatt.api.base import TrustMark
from peerwatt.api.messages import FlexibilityView, FlexView
from peerwatt.chain.bindings.flexibility import RequestOnChain
from peerwatt.config.settings import FlexSettings
from peerwatt.engine.controllers import AwardedWindow
from peerwatt.flexibility.agent import EventPlans, FlexAgent, OwnerTerms, commitment_of, probe
from peerwatt.flexibility.baseline import baseline
from peerwatt.flexibility.delivery import delivery_view
from peerwatt.history.facade import History
from peerwatt.history.records import NoticeLevel
from peerwatt.model.flexibility import Commitment, Direction, FlexOffer, FlexRequest, OfferState
from peerwatt.model.plan import IntervalEnergy
from peerwatt.model.ports import Clock, PolicyRefusal
from peerwatt.model.units import interval_at, interval_start_s
from peerwatt.model.verified import ChainFault

from .chain_service import ChainService
from .disk import Disk
from .picture import ChainPicture
from .planning import Planning, Prospect
from .sender import AgentSender

log = logging.getLogger(__name__)
Say = Callable[[NoticeLevel, str, str], None]
DONE = {OfferState.DECLINED, OfferState.VERIFIED, OfferState.FAILED}
MAY_NOT = "The house's key may make no offers now: it is paused, ended or not allowed to."


class FlexService:
    """One of the owner's offers per request; its state follows the contract's."""

    def __init__(
        self,
        settings: FlexSettings,
        chain: ChainService,
        sender: AgentSender,
        planning: Planning,
        owner: str,
        timezone: str,
        history: History,
        disk: Disk,
        clock: Clock,
        say: Say,
    ) -> None:
        self.offers: dict[int, FlexOffer] = {}
        self._settings = settings
        self._chain = chain
        self._sender = sender
        self._planning = planning
        self._owner = owner
        self._timezone = timezone
        self._history = history
        self._disk = disk
        self._clock = clock
        self._say = say
        self._refusals: dict[int, str] = {}
        self._tried: dict[int, float] = {}
        """Request -> when the plan was made on which it was last decided."""
        self._curves: dict[int, list[tuple[float, float, float]]] = {}

    async def load(self) -> None:
        """Take up the offers of earlier runs."""
        for offer in await self._disk.run(self._history.offers.all):
            self.offers[offer.request_id] = offer

    async def step(
        self,
        prospect: Prospect | None,
        past: Sequence[IntervalEnergy],
        declined: tuple[int, ...],
    ) -> bool:
        """Answer new requests and follow our offers; return whether anything changed."""
        picture = self._chain.picture
        if picture is None:
            return False
        changed = False
        for request_id, on_chain in picture.requests.items():
            if request_id not in self.offers or self._resend(request_id, picture):
                changed |= await self._answer(on_chain.request, prospect, past, declined)
            else:
                changed |= await self._follow(on_chain, picture)
        return changed

    def _resend(self, request_id: int, picture: ChainPicture) -> bool:
        """Whether an intended offer never reached the contract and may still be made."""
        offer = self.offers[request_id]
        if offer.state is not OfferState.INTENDED or request_id in picture.offers:
            return False
        deadline = picture.requests[request_id].request.offer_deadline_s
        return self._clock.now_s() < deadline

    # -- answering ---------------------------------------------------------------------------

    async def _answer(
        self,
        request: FlexRequest,
        prospect: Prospect | None,
        past: Sequence[IntervalEnergy],
        declined: tuple[int, ...],
    ) -> bool:
        facts = self._chain.facts
        made_s = prospect.plan.made_s if prospect else None
        if facts is None or prospect is None or self._tried.get(request.request_id) == made_s:
            return False
        picture = self._chain.picture
        if picture is None or not picture.may_offer:
            return self._refuse(request.request_id, MAY_NOT)
        self._tried[request.request_id] = prospect.plan.made_s
        agent = FlexAgent(self._owner, facts.rules.zone, self._terms(declined))
        refusal = agent.worth_planning(request, self._clock.now_s())
        if refusal is not None:
            return self._refuse(request.request_id, refusal)
        planning, first = self._planning, request.first_interval
        base = await planning.without_commitments(prospect)
        usual = baseline(first, request.interval_count, base.plan, past, self._timezone)
        if usual is None:
            return self._refuse(request.request_id, "The window lies beyond the house's plan.")
        wanted = probe(request, usual.net_import_wh)
        plain = await planning.from_interval(prospect, base, first, None)
        event = await planning.from_interval(prospect, base, first, wanted)
        plans = EventPlans(plain.plan, plain.cost_micro, event.plan, event.cost_micro)
        unsure = window_sigma_wh(prospect, first, request.interval_count)
        decision = agent.decide(
            request, plans, usual.net_import_wh, self._clock.now_s(), unsure_wh=unsure
        )
        if decision.offer is None:
            return self._refuse(request.request_id, decision.reason)
        return await self._offer(decision.offer)

    def _terms(self, declined: tuple[int, ...]) -> OwnerTerms:
        return OwnerTerms(
            enabled=self._settings.enabled,
            min_price_micro_per_kwh=self._settings.min_price_micro_per_kwh,
            declined_requests=declined,
        )

    def _refuse(self, request_id: int, sentence: str) -> bool:
        before = self._refusals.get(request_id)
        self._refusals[request_id] = sentence
        return before != sentence

    async def _offer(self, offer: FlexOffer) -> bool:
        """Store the offer, then send it; a crash in between sends it again, to the same end."""
        await self._put(offer)
        try:
            await self._sender.offer(offer)
        except ChainFault as fault:
            log.info("The offer waits: %s", fault)
            return True
        except PolicyRefusal as fault:
            self._say(NoticeLevel.FAULT, "flexibility", f"An offer was not signed: {fault}")
            return True
        await self._put(replace(offer, state=OfferState.OFFERED))
        self._say(NoticeLevel.INFO, "flexibility", offer.reason)
        return True

    async def _put(self, offer: FlexOffer) -> None:
        self.offers[offer.request_id] = offer
        await self._disk.run(self._history.offers.put, offer)

    # -- following ---------------------------------------------------------------------------

    async def _follow(self, on_chain: RequestOnChain, picture: ChainPicture) -> bool:
        request = on_chain.request
        ours = self.offers[request.request_id]
        theirs = picture.offers.get(request.request_id)
        if ours.state in DONE or theirs is None:
            return False
        state = self._state(on_chain, theirs)
        found = replace(theirs, reason=ours.reason, metered_wh=ours.metered_wh, state=state)
        if found == ours:
            return False
        await self._put(found)
        self._tell(request, ours.state, found)
        return True

    def _state(self, on_chain: RequestOnChain, theirs: FlexOffer) -> OfferState:
        request, now_s = on_chain.request, self._clock.now_s()
        if theirs.state is OfferState.AWARDED:
            begins = interval_start_s(request.first_interval)
            return OfferState.DELIVERING if now_s >= begins else OfferState.AWARDED
        if theirs.state is OfferState.OFFERED and (on_chain.is_awarded or on_chain.is_closed):
            return OfferState.DECLINED
        return theirs.state

    def _tell(self, request: FlexRequest, before: OfferState, offer: FlexOffer) -> None:
        if offer.state is before:
            return
        words = {
            OfferState.AWARDED: f"The grid operator takes {offer.awarded_wh} Wh of your offer.",
            OfferState.DELIVERING: "The house now keeps its promise to the grid operator.",
            OfferState.DECLINED: "The grid operator chose other offers.",
            OfferState.VERIFIED: (
                f"Delivered {offer.delivered_wh} of {offer.awarded_wh} Wh: "
                f"{offer.paid_micro / 1_000_000:.2f} earned."
            ),
        }
        if offer.state in words:
            level = NoticeLevel.GOOD if offer.paid_micro else NoticeLevel.INFO
            self._say(level, "flexibility", words[offer.state])
        log.debug("Request %d: %s", request.request_id, offer.state)

    # -- keeping the promise -----------------------------------------------------------------

    def commitments(self) -> tuple[Commitment, ...]:
        """Return promises whose window is not over, the nearest first."""
        picture, now = self._chain.picture, interval_at(self._clock.now_s())
        if picture is None:
            return ()
        found = [
            commitment_of(on_chain.request, offer)
            for request_id, on_chain in picture.requests.items()
            if (offer := self.offers.get(request_id)) is not None
            and offer.awarded_wh > 0
            and offer.state in {OfferState.AWARDED, OfferState.DELIVERING}
            and on_chain.request.first_interval + on_chain.request.interval_count > now
        ]
        return tuple(sorted(found, key=lambda c: c.first_interval))

    def running(self) -> Commitment | None:
        """Return the promise whose window runs now."""
        now = interval_at(self._clock.now_s())
        return next((c for c in self.commitments() if c.covers(now)), None)

    def measured(self, window: AwardedWindow, net_w: float | None) -> None:
        """Note promised against measured power while a window runs."""
        view = delivery_view(window.commitment, window.net_import_wh, self._clock.now_s())
        request_id = window.commitment.request_id
        offer = self.offers[request_id]
        self.offers[request_id] = replace(offer, metered_wh=window.net_import_wh)
        if net_w is not None:
            curve = self._curves.setdefault(request_id, [])
            curve.append((self._clock.now_s(), view.promised_w, net_w))
            del curve[:-720]

    # -- showing -----------------------------------------------------------------------------

    def view(self) -> FlexibilityView:
        """Return the section of the API."""
        picture = self._chain.picture
        requests = picture.requests.values() if picture else ()
        rows = [self._row(on_chain) for on_chain in requests]
        running = self.running()
        until = (
            interval_start_s(running.first_interval + running.interval_count) if running else None
        )
        return FlexibilityView(
            requests=tuple(sorted(rows, key=lambda row: -row.request_id)),
            earned_micro=sum(offer.paid_micro for offer in self.offers.values()),
            active_request_id=running.request_id if running else None,
            active_until_s=until,
            sentence=self._sentence(rows, until),
        )

    def _sentence(self, rows: list[FlexView], until_s: float | None) -> str:
        if until_s is not None:
            return "Your house is keeping its promise to the grid operator."
        if any(row.state == "awarded" for row in rows):
            return "Your house has promised to help; it begins soon."
        if any(row.state in {"open", "offered"} for row in rows):
            return "The grid operator is asking for help."
        return "The grid operator asks for nothing now."

    def _row(self, on_chain: RequestOnChain) -> FlexView:
        request = on_chain.request
        offer = self.offers.get(request.request_id)
        verified = offer is not None and offer.state is OfferState.VERIFIED
        return FlexView.model_validate(
            {
                "request_id": request.request_id,
                "direction": "reduce" if request.direction is Direction.REDUCE else "increase",
                "first_interval": request.first_interval,
                "interval_count": request.interval_count,
                "quantity_wh": request.quantity_wh,
                "max_price_micro": request.max_price_micro_per_kwh,
                "penalty_micro": request.penalty_micro_per_kwh,
                "offer_deadline_s": request.offer_deadline_s,
                "state": _word(offer, request, self._clock.now_s()),
                "offered_wh": offer.quantity_wh if offer else None,
                "offer_price_micro": offer.price_micro_per_kwh if offer else None,
                "baseline_wh": offer.baseline_wh if offer else None,
                "awarded_wh": offer.awarded_wh if offer else 0,
                "delivered_wh": self._delivered(request, offer),
                "paid_micro": offer.paid_micro if offer and verified else None,
                "reason": offer.reason if offer else self._refusals.get(request.request_id, ""),
                "mark": TrustMark.VERIFIED,
                "curve": self._curves.get(request.request_id, ()),
            }
        )

    def _delivered(self, request: FlexRequest, offer: FlexOffer | None) -> int | None:
        if offer is None or offer.awarded_wh == 0:
            return None
        if offer.state is OfferState.VERIFIED:
            return offer.delivered_wh
        if offer.metered_wh is None:
            return None
        commitment = commitment_of(request, offer)
        return delivery_view(commitment, offer.metered_wh, self._clock.now_s()).delivered_wh


def window_sigma_wh(prospect: Prospect, first: int, count: int) -> int:
    """Return the error (one sigma) of the net load forecast over a window, Wh.

    Errors of neighbouring intervals are alike (the same cloud), so they add up in full.
    """
    window = range(first, first + count)
    return sum(f.sigma_wh for f in prospect.forecasts if f.interval in window)


def _word(offer: FlexOffer | None, request: FlexRequest, now_s: float) -> str:
    if offer is None:
        return "open" if now_s < request.offer_deadline_s else "not for us"
    return "offered" if offer.state is OfferState.INTENDED else offer.state.value
