"""All JSON-RPC endpoints of one network: whom to ask, who failed, and sends to every one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from peerwatt.model.ports import Clock
from peerwatt.model.verified import ChainFault, EndpointAway, Unproven

from ..encoding import hex_data, keccak, to_hex
from ..status import Counters, EndpointState, EndpointStatus
from .endpoint import Endpoint
from .transport import JsonRpc, RpcRefused

Greet = Callable[[Endpoint], Awaitable[None]]
"""Checks that an endpoint serves the right chain and sets ``is_greeted``. Raises ChainFault."""


class TransactionRefused(ChainFault):
    """Every endpoint that answered refused a transaction; the message holds its reason."""


class EndpointPool:
    """Follows several endpoints and believes none of them.

    ``counters.rejected`` counts each answer that did not hold. ``timeout_s`` bounds one exchange.
    """

    def __init__(
        self, urls: Sequence[str], clock: Clock, counters: Counters, *, timeout_s: float = 5.0
    ) -> None:
        if not urls:
            raise ValueError("A light client needs at least one endpoint.")
        self.endpoints = tuple(Endpoint(JsonRpc(url, timeout_s=timeout_s)) for url in urls)
        self.timeout_s = timeout_s
        self._clock = clock
        self._counters = counters

    @property
    def usable(self) -> list[Endpoint]:
        """Those that serve our chain as far as is known."""
        return [endpoint for endpoint in self.endpoints if endpoint.is_usable]

    @property
    def best(self) -> int | None:
        """Newest number announced by those that serve what they announce."""
        heads = [e.head for e in self.usable if e.state is EndpointState.FOLLOWING]
        return max((head for head in heads if head is not None), default=None)

    async def poll(self, greet: Greet) -> list[Endpoint]:
        """Ask all endpoints that are due for their newest number; greet the new ones first.

        Returns those that answered. Never raises for what an endpoint does.
        """
        now_s = self._clock.now_s()
        due = [endpoint for endpoint in self.endpoints if endpoint.is_due(now_s)]
        await asyncio.gather(*(self._ask(endpoint, greet) for endpoint in due))
        return [endpoint for endpoint in due if endpoint.is_greeted]

    async def _ask(self, endpoint: Endpoint, greet: Greet) -> None:
        try:
            if not endpoint.is_greeted:
                await greet(endpoint)
            await endpoint.ask_head()
            endpoint.answered_s = self._clock.now_s()
        except ChainFault as fault:
            self.refuse(endpoint, fault)

    def serving(self, number: int) -> list[Endpoint]:
        """Return the endpoints that should have a block, best first. Raises EndpointAway."""
        found = [endpoint for endpoint in self.usable if (endpoint.head or 0) >= number]
        if not found:
            raise EndpointAway("No endpoint serves this chain at the moment.")
        now_s = self._clock.now_s()
        return sorted(found, key=lambda e: (e.state is not EndpointState.FOLLOWING, *e.rank(now_s)))

    def in_turn(self, endpoints: Sequence[Endpoint]) -> list[Endpoint]:
        """Return endpoints in the order in which to follow them: quick and honest, furthest."""
        now_s = self._clock.now_s()
        return sorted(endpoints, key=lambda e: (*e.rank(now_s), -(e.head or 0)))

    def refuse(self, endpoint: Endpoint, fault: ChainFault) -> None:
        """Note that an endpoint failed, and count an answer that did not hold."""
        if isinstance(fault, Unproven):
            self._counters.rejected += 1
        endpoint.failed(fault, self._clock.now_s())

    def statuses(
        self, time_of: Callable[[int], int | None], tip: int | None, stale_s: float
    ) -> tuple[EndpointStatus, ...]:
        """Return each endpoint for the screen.

        ``time_of`` gives the Unix time of a verified block, or ``None`` where it is not kept;
        ``tip`` is the newest verified number; ``stale_s`` the age at which a head is too old.
        """
        now_s = self._clock.now_s()
        return tuple(endpoint.status(now_s, time_of, tip, stale_s) for endpoint in self.endpoints)

    def caveat(self) -> str:
        """Return what a reader should know about who confirms the chain; empty when all is well."""
        liars = [e.name for e in self.endpoints if e.state is EndpointState.CONTRADICTS]
        if liars:
            return f" Contradicted by {', '.join(liars)}, whose answers do not hold."
        now_s = self._clock.now_s()
        lied = [f"{e.name} {words}" for e in self.endpoints if (words := e.penalty(now_s))]
        if lied:
            return f" Beware: {', '.join(lied)}."
        if len(self.usable) < 2:
            return " Only one endpoint answers, so nobody contradicts it."
        return ""

    async def broadcast(self, raw_transaction: str) -> str:
        """Send a signed transaction to all endpoints; return its hash, computed here.

        That an endpoint took it is its word only, until the transaction is in a proven block.
        Sending the same bytes again is harmless. Raises TransactionRefused or EndpointAway.
        """
        raw = hex_data(raw_transaction)
        usable = self.usable
        answers = await asyncio.gather(
            *(e.rpc.call("eth_sendRawTransaction", raw_transaction) for e in usable),
            return_exceptions=True,
        )
        digest, is_taken = to_hex(keccak(raw)), False
        refusal: RpcRefused | None = None
        for endpoint, answer in zip(usable, answers, strict=True):
            if isinstance(answer, RpcRefused):
                is_taken |= _is_known(answer)
                refusal = answer
            elif isinstance(answer, ChainFault):
                self.refuse(endpoint, answer)
            elif isinstance(answer, BaseException):
                raise answer
            elif isinstance(answer, str) and answer.lower() == digest:
                is_taken = True
            else:
                self.refuse(endpoint, Unproven("It answers a transaction with another hash."))
        if is_taken:
            return digest
        if refusal is not None:
            raise TransactionRefused(f"The transaction was refused: {refusal.reason}.")
        raise EndpointAway("No endpoint took the transaction; it is sent again later.")

    async def close(self) -> None:
        """Close all connections."""
        for endpoint in self.endpoints:
            await endpoint.rpc.close()


def _is_known(refusal: RpcRefused) -> bool:
    """Whether a refusal only says that the node has the transaction already."""
    text = refusal.reason.lower()
    return "known" in text or "already" in text
