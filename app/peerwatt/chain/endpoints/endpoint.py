"""One endpoint as the light client sees it: its state, its last words, when to ask it again."""

from __future__ import annotations

import logging
from collections.abc import Callable

from peerwatt.model.verified import ChainFault, Unproven

from ..encoding import hex_int
from ..status import EndpointState, EndpointStatus
from .patience import OutOfTime
from .penalty import Penalty
from .transport import JsonRpc, RpcRefused

log = logging.getLogger(__name__)

MAX_PAUSE_S = 30.0


class NotServed(ChainFault):
    """An endpoint does not serve a block that it announced; it may catch up."""


class Endpoint:
    """Follows one endpoint; logs once when it is lost and once when it is back."""

    def __init__(self, rpc: JsonRpc) -> None:
        self.rpc = rpc
        self.state = EndpointState.AWAY
        self.head: int | None = None
        self.sentence = "not asked yet"
        self.is_greeted = False
        """Whether chain id and block 0 were checked since the connection was last lost."""
        self.agreed = -1
        """Height up to which its blocks are known to be ours."""
        self.answered_s: float | None = None
        """When it answered last, Unix seconds."""
        self.is_slow = False
        """Whether it used up its time when it was followed last; others go first then."""
        self._penalty = Penalty()
        self._faults = 0
        self._retry_s = float("-inf")

    @property
    def name(self) -> str:
        """Host and port."""
        return self.rpc.name

    def status(
        self, now_s: float, time_of: Callable[[int], int | None], tip: int | None, stale_s: float
    ) -> EndpointStatus:
        """Return its state for the screen; see ``EndpointPool.statuses``."""
        age_s, behind, sentence = None, None, self.sentence
        if self.head is not None and tip is not None:
            time_s = time_of(min(self.head, tip))
            age_s = None if time_s is None else now_s - time_s
            behind = max(0, tip - self.head)
        if self.state is EndpointState.FOLLOWING and age_s is not None and age_s > stale_s:
            sentence = sentence or f"its newest block is {age_s:.0f} s old"
        if self.is_usable:
            sentence = "; ".join(filter(None, (self.penalty(now_s), sentence)))
        return EndpointStatus(
            self.name, self.state, self.head, sentence, age_s, behind, self.answered_s
        )

    @property
    def is_usable(self) -> bool:
        """Whether it serves our chain as far as is known."""
        return self.is_greeted and self.state in (EndpointState.FOLLOWING, EndpointState.BEHIND)

    def is_due(self, now_s: float) -> bool:
        """Whether it should be asked now; pauses grow to 30 s, after lies to 5 minutes."""
        return now_s >= self._retry_s

    def penalty(self, now_s: float) -> str:
        """Say when it lied last; empty when it did not of late."""
        return self._penalty.words(now_s)

    def rank(self, now_s: float) -> tuple[bool, bool]:
        """Return a sorting key that puts the honest and quick first."""
        return self._penalty.is_held(now_s), self.is_slow

    async def ask_head(self) -> int:
        """Return the newest block number it claims. Raises ChainFault."""
        self.head = hex_int(await self.rpc.call("eth_blockNumber"), 64)
        return self.head

    def follows(self, best: int | None = None) -> None:
        """Note that it serves our chain; ``best`` is our head, to tell who lags behind."""
        behind = best is not None and self.head is not None and self.head < best - 2
        if self._faults:
            log.info("The endpoint %s is back.", self.name)
        self._faults = 0
        self._retry_s = float("-inf")
        self.is_slow = False
        self.state = EndpointState.BEHIND if behind else EndpointState.FOLLOWING
        self.sentence = f"{(best or 0) - (self.head or 0)} blocks behind" if behind else ""

    def lags(self, sentence: str) -> None:
        """Note that it does not serve what it announced; not a fault, it may catch up."""
        self.state, self.sentence = EndpointState.BEHIND, sentence

    def failed(self, fault: ChainFault, now_s: float) -> None:
        """Note that it is away, or that it contradicts what is proven."""
        if isinstance(fault, RpcRefused | NotServed | OutOfTime):
            self.is_slow |= isinstance(fault, OutOfTime)
            self.lags(str(fault))
            return
        lied = isinstance(fault, Unproven)
        state = EndpointState.CONTRADICTS if lied else EndpointState.AWAY
        if self._faults == 0 or state != self.state:
            log.warning("%s%s", f"{self.name}: " if lied else "", fault)
        self.state, self.sentence = state, str(fault)
        self.is_greeted = False
        self.head = None if state is EndpointState.AWAY else self.head
        pause_s = min(2.0**self._faults, MAX_PAUSE_S)
        self._retry_s = now_s + max(pause_s, self._penalty.note(now_s) if lied else 0.0)
        self._faults += 1
