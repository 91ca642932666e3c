"""Takes this house's turns in keeping the market going; most turns pass with nothing to send.

What falls due follows from the calendar alone. Only when a turn of ours has come is the proven
state read, so that a community of any size costs each house about its own share of the reading.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from peerwatt.market.keeper import Duty, DutyKey, DutyKind, KeeperTerms, SentDuties, choose
from peerwatt.model.ports import Clock, PolicyRefusal
from peerwatt.model.verified import ChainFault

log = logging.getLogger(__name__)

FORGET_AFTER_S = 7 * 86_400
"""Duties that could not be done for so long are left: the rings of the contracts have moved on."""

TOO_DEAR = (
    "Duties left to other houses, since their gas costs more than is left of "
    "your limit for fees: {}."
)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a contract that anyone may make."""

    to: str
    data: bytes
    gas: int
    what: str
    """What it does, for the list of what the house's key has sent."""


class DutySource(Protocol):
    """The community's contracts as keepers see them."""

    def fall_due(self, now_s: float) -> Iterable[Duty]:
        """Return what has fallen due since the last call, by the calendar alone."""

    async def keepers(self) -> Sequence[str]:
        """Return who takes turns: the members' addresses, proven. Raises ChainFault.

        Asked at every step, so it must be cheap; nothing falls due before it has answered.
        """

    async def undone(self, duties: Sequence[Duty]) -> tuple[list[Duty], list[Duty]]:
        """Return which of these the proven state shows undone: (can be done now, not yet).

        Raises ChainFault.
        """

    def calls(self, duties: Sequence[Duty]) -> list[tuple[Call, list[Duty]]]:
        """Return the fewest calls that do duties, each with those it does."""


class CallSender(Protocol):
    """Signs with the house's own key and sends."""

    async def call(self, to: str, data: bytes, *, gas: int, what: str) -> str:
        """Send a call; return its hash. Raises ChainFault or PolicyRefusal."""


@dataclass(slots=True)
class KeepingFigures:
    """Counted where it happens."""

    calls: int = 0
    duties: dict[DutyKind, int] = field(default_factory=lambda: dict.fromkeys(DutyKind, 0))


class KeepingService:
    """One member's keeper. :meth:`step` once a round; faults of the chain only delay it."""

    def __init__(
        self,
        member: str,
        source: DutySource,
        sender: CallSender,
        clock: Clock,
        terms: KeeperTerms,
    ) -> None:
        self.figures = KeepingFigures()
        self.sentence = ""
        """Why the last duty of ours was not sent; empty where nothing hinders."""
        self._member = member
        self._source = source
        self._sender = sender
        self._clock = clock
        self._terms = terms
        self._open: dict[DutyKey, Duty] = {}
        self._sent = SentDuties()
        self._looks: dict[DutyKey, int] = {}
        """How often a duty could not be done yet."""
        self._next_look_s = 0.0

    async def step(self) -> bool:
        """Do what it is our turn to do; return whether anything was sent. Never raises."""
        try:
            return await self._look(self._clock.now_s())
        except ChainFault as fault:
            log.info("Duties wait: %s", fault)
            self.sentence = str(fault)
        except PolicyRefusal as fault:
            log.warning("A duty of the community was not signed: %s", fault)
            self.sentence = str(fault)
        return False

    async def _look(self, now_s: float) -> bool:
        keepers = await self._source.keepers()
        new = {duty.key: duty for duty in self._source.fall_due(now_s)}
        self._open |= new
        if not self._open or (now_s < self._next_look_s and not new):
            return False
        return await self._act(now_s, keepers)

    async def _act(self, now_s: float, keepers: Sequence[str]) -> bool:
        old_s = now_s - FORGET_AFTER_S
        self._open = {key: duty for key, duty in self._open.items() if duty.due_s > old_s}
        held = list(self._open.values())
        choice = choose(held, keepers, self._member, now_s, self._terms, self._sent.at_s)
        self._next_look_s = math.inf if choice.next_look_s is None else choice.next_look_s
        self.sentence = TOO_DEAR.format(choice.dear) if choice.dear else self.sentence
        if not choice.duties:
            return False
        self._next_look_s = min(self._next_look_s, now_s + self._terms.step_s)
        ready, not_yet = await self._source.undone(choice.duties)
        self._close(choice.duties, [*ready, *not_yet])
        self._wait(not_yet, now_s)
        for call, duties in self._source.calls(ready):
            await self._sender.call(call.to, call.data, gas=call.gas, what=call.what)
            self._spent(call)
            self._sent.note(duties, now_s)
            self._count(duties)
        self.sentence = TOO_DEAR.format(choice.dear) if choice.dear else ""
        return bool(ready)

    def _wait(self, not_yet: Iterable[Duty], now_s: float) -> None:
        """Look again at what cannot be done yet after 1, 2, 4 and at last 32 steps."""
        for duty in not_yet:
            looks = self._looks[duty.key] = self._looks.get(duty.key, -1) + 1
            steps = 2 ** min(looks, 5) - self._terms.patience_steps
            self._sent.note([duty], now_s + steps * self._terms.step_s)

    def _close(self, looked_at: Iterable[Duty], undone: Iterable[Duty]) -> None:
        still = {duty.key for duty in undone}
        for duty in looked_at:
            if duty.key not in still:
                self._open.pop(duty.key, None)
                self._looks.pop(duty.key, None)
        self._sent.forget_done(self._open.values())

    def _spent(self, call: Call) -> None:
        fee_wei = call.gas * self._terms.gas_price_wei
        left_wei = max(self._terms.fee_left_wei - fee_wei, 0)
        self._terms = replace(self._terms, fee_left_wei=left_wei)

    def _count(self, duties: Iterable[Duty]) -> None:
        self.figures.calls += 1
        for duty in duties:
            self.figures.duties[duty.kind] += 1

    def afford(self, gas_price_wei: int, fee_left_wei: int) -> None:
        """Take up what gas costs now and what the owner still spends on duties today."""
        self._terms = replace(self._terms, gas_price_wei=gas_price_wei, fee_left_wei=fee_left_wei)
        self._next_look_s = 0.0
