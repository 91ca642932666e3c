"""One beacon endpoint as the follower sees it: its state, its last words, when to ask it again."""

from __future__ import annotations

import logging

from peerwatt.model.verified import ChainFault, Unproven

from ...endpoints.endpoint import MAX_PAUSE_S
from ...endpoints.patience import OutOfTime
from ...endpoints.penalty import Penalty
from ...status import EndpointState, EndpointStatus
from .rest import BeaconRest, RestRefused

log = logging.getLogger(__name__)


class BeaconEndpoint:
    """Follows one beacon endpoint; logs once when it is lost and once when it is back."""

    def __init__(self, rest: BeaconRest) -> None:
        self.rest = rest
        self.state = EndpointState.AWAY
        self.sentence = "not asked yet"
        self.slot: int | None = None
        """Slot of the newest header that it proved."""
        self.answered_s: float | None = None
        self._is_slow = False
        self._penalty = Penalty()
        self._faults = 0
        self._due_s = float("-inf")

    @property
    def name(self) -> str:
        """Host and port."""
        return self.rest.name

    @property
    def is_usable(self) -> bool:
        """Whether what it served last held."""
        return self.state in (EndpointState.FOLLOWING, EndpointState.BEHIND)

    def is_due(self, now_s: float) -> bool:
        """Whether it should be asked now; pauses grow to 30 s, after lies to 5 minutes."""
        return now_s >= self._due_s

    def penalty(self, now_s: float) -> str:
        """Say when it lied last; empty when it did not of late."""
        return self._penalty.words(now_s)

    def rank(self, now_s: float) -> tuple[bool, bool]:
        """Return a sorting key that puts the honest and quick first."""
        return self._penalty.is_held(now_s), self._is_slow

    def status(self, now_s: float, head_age_s: float | None) -> EndpointStatus:
        """Return its state for the screen; ``head_age_s`` is the age of its newest header."""
        name, sentence = f"{self.name} (beacon)", self.sentence
        if self.is_usable:
            sentence = "; ".join(filter(None, (self.penalty(now_s), sentence)))
        return EndpointStatus(name, self.state, None, sentence, head_age_s, None, self.answered_s)

    def served(self, slot: int, sentence: str, now_s: float, due_s: float) -> None:
        """Note that its answers held; ``sentence`` says how it lags, empty when it does not."""
        if self._faults:
            log.info("The beacon endpoint %s is back.", self.name)
        self._faults, self._due_s, self.answered_s = 0, due_s, now_s
        self._is_slow = False
        self.slot = max(slot, self.slot or 0)
        self.state = EndpointState.BEHIND if sentence else EndpointState.FOLLOWING
        self.sentence = sentence

    def failed(self, fault: ChainFault, now_s: float) -> None:
        """Note that it is away, does not serve what is needed, or contradicts what is proven."""
        state = EndpointState.AWAY
        if isinstance(fault, OutOfTime):
            # It goes on where it was, in the next round.
            self.state, self.sentence, self._is_slow = EndpointState.BEHIND, str(fault), True
            return
        if isinstance(fault, Unproven):
            state = EndpointState.CONTRADICTS
        elif isinstance(fault, RestRefused):
            state = EndpointState.BEHIND
        if self._faults == 0 or state != self.state:
            lied = state is EndpointState.CONTRADICTS
            log.warning("%s%s", f"{self.name}: " if lied else "", fault)
        self.state, self.sentence = state, str(fault)
        pause_s = min(2.0**self._faults, MAX_PAUSE_S)
        if state is EndpointState.CONTRADICTS:
            pause_s = max(pause_s, self._penalty.note(now_s))
        self._due_s = now_s + pause_s
        self._faults += 1
