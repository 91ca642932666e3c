"""How much gas a call needs: tried here on proven state, bounded in time, else the usual amount."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from peerwatt.chain.reading.reader import ProvenReader
from peerwatt.model.verified import ChainFault
from peerwatt.wallet.calls import COIN_GAS, MAX_GAS, Call

from ..refusals import refusal_sentence

if TYPE_CHECKING:
    from peerwatt.chain.calls.caller import VerifiedCaller

TIMEOUT_S = 4.0
MARGIN_PCT = 40
"""Spare gas: state changes between now and the block that takes the transaction."""


@dataclass(frozen=True, slots=True)
class GasNeed:
    """Gas limit of a transaction; ``refusal`` is what the contract says against it now."""

    gas: int
    refusal: str = ""


class GasEstimator:
    """Runs calls on proven state. The machine for it (0.7 s) is loaded at the first call only."""

    def __init__(self, reader: ProvenReader) -> None:
        self._reader = reader
        self._caller: VerifiedCaller | None = None

    async def need(self, call: Call, sender: str, *, fixed: bool = False) -> GasNeed:
        """Return the gas for a call at the newest verified block. Never raises ChainFault.

        ``fixed`` keeps the call's own limit and only finds out whether it would be refused.
        """
        from peerwatt.chain.calls import CallReverted, Request

        if not call.data and call.gas == COIN_GAS and not await self._has_code(call.to):
            return GasNeed(COIN_GAS)
        request = Request(
            to=bytes.fromhex(call.to[2:]),
            data=call.data,
            sender=bytes.fromhex(sender[2:]),
            value_wei=call.value_wei,
        )
        try:
            found = (await self._open().estimate_gas(request)).value
        except CallReverted as fault:
            return GasNeed(call.gas, refusal_sentence(fault.reason).rstrip("."))
        except ChainFault:
            return GasNeed(call.gas)
        return GasNeed(call.gas if fixed else min(found * (100 + MARGIN_PCT) // 100, MAX_GAS))

    async def _has_code(self, address: str) -> bool:
        try:
            return bool((await self._reader.code(address)).value)
        except ChainFault:
            return True

    def _open(self) -> VerifiedCaller:
        if self._caller is None:
            from peerwatt.chain.calls.caller import VerifiedCaller

            self._caller = VerifiedCaller(self._reader, timeout_s=TIMEOUT_S)
        return self._caller

    def close(self) -> None:
        """Let the threads end."""
        if self._caller is not None:
            self._caller.close()
