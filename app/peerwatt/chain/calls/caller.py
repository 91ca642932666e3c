"""Answers ``eth_call`` and ``eth_estimateGas`` from proofs, off the event loop.

What a function read the last time is proven in one exchange before it runs the next time; an
endpoint's own idea of it (``eth_createAccessList``) is used once and only to save exchanges:
whatever the EVM really touches is proven, hinted at or not.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from time import monotonic

from peerwatt.model.verified import ChainFault, Proven

from ..consensus.rules import ChainState
from ..encoding import checksum_address, hex_data, to_hex
from ..reading.reader import ProvenReader
from . import CallRefused, CallReverted, Outcome, Request
from .deadline import CallTooLong
from .run import DEFAULT_GAS, MAX_GAS, run_message
from .witness import CodeCache, Reads, Witness

TIMEOUT_S = 10.0
KEPT_WITNESSES = 4
KEPT_HABITS = 256
MAX_HINTS = 256
THREADS = 2
_Habit = dict[bytes, frozenset[int]]


class VerifiedCaller:
    """Runs messages over proven state; one for each :class:`ProvenReader`."""

    def __init__(self, reader: ProvenReader, *, timeout_s: float = TIMEOUT_S) -> None:
        self._reader = reader
        self._timeout_s = timeout_s
        self._codes = CodeCache()
        self._witnesses: OrderedDict[bytes, Witness] = OrderedDict()
        self._habits: OrderedDict[tuple[bytes, bytes], _Habit] = OrderedDict()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="verified-call")
        self._no_hints: set[str] = set()

    def close(self) -> None:
        """Let the threads end; a call that runs is done within its timeout."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def call(self, request: Request, block: int | None = None) -> Proven[bytes]:
        """Return what a message returns on the state after a block, the newest by default.

        Raises CallReverted with the contract's reason, or ChainFault.
        """
        state = self._reader.client.pinned(block)
        outcome = await self._run(state, request, monotonic() + self._timeout_s)
        _raise_failure(outcome)
        return Proven(outcome.output, state.header.number, state.header.timestamp)

    async def estimate_gas(self, request: Request, block: int | None = None) -> Proven[int]:
        """Return a gas limit with which a message succeeds, at most 1/64 above the least one.

        Found by bisection, since gas held back for inner calls (EIP-150) and refunds make the
        gas used less than the gas needed. Raises as :meth:`call`.
        """
        state = self._reader.client.pinned(block)
        ends_s = monotonic() + self._timeout_s
        cap = min(request.gas or MAX_GAS, state.header.gas_limit, MAX_GAS)
        outcome = await self._run(state, replace(request, gas=cap), ends_s)
        _raise_failure(outcome)
        low, high, guess = outcome.gas_used - 1, cap, outcome.gas_used
        while high - low > max(high // 64, 1):
            tried = await self._run(state, replace(request, gas=guess), ends_s)
            low, high = (low, guess) if tried.error is None else (guess, high)
            guess = min((low + high) // 2, low + max(low // 32, 1))
        return Proven(high, state.header.number, state.header.timestamp)

    async def _run(self, state: ChainState, request: Request, ends_s: float) -> Outcome:
        witness = self._witness(state)
        await self._prefetch(witness, request)
        reads = Reads(witness)
        chain_id = self._reader.client.network.chain_id
        loop = asyncio.get_running_loop()
        try:
            outcome = await loop.run_in_executor(
                self._threads, run_message, chain_id, reads, request, ends_s
            )
        except CallTooLong:
            raise CallRefused(
                f"The call was not done within {self._timeout_s:g} s; give it less gas."
            ) from None
        self._habits[_name(request)] = reads.touched
        self._habits.move_to_end(_name(request))
        if len(self._habits) > KEPT_HABITS:
            self._habits.popitem(last=False)
        return outcome

    # -- what will be read -------------------------------------------------------------------

    def _witness(self, state: ChainState) -> Witness:
        witness = self._witnesses.get(state.block_hash)
        if witness is None:
            witness = Witness(self._reader, state, self._codes)
            self._witnesses[state.block_hash] = witness
            if len(self._witnesses) > KEPT_WITNESSES:
                self._witnesses.popitem(last=False)
        return witness

    async def _prefetch(self, witness: Witness, request: Request) -> None:
        """Prove what is read for certain together with what is read likely. Raises ChainFault."""
        certain: _Habit = {address: frozenset() for address in (request.sender, request.to)}
        certain.pop(b"", None)
        habit = self._habits.get(_name(request))
        if habit is None:
            habit = await self._hint(witness.block, request)
        try:
            await witness.fetch({**certain, **habit})
        except ChainFault:
            await witness.fetch(certain)
        if request.to:
            await witness.fetch_code(request.to)

    async def _hint(self, state: ChainState, request: Request) -> _Habit:
        """Ask an endpoint what a message will read; nothing it says is believed."""
        message = {
            "from": checksum_address(request.sender),
            "data": to_hex(request.data),
            **({"to": checksum_address(request.to)} if request.to else {}),
        }
        for endpoint in self._reader.client.serving(state.header.number)[:1]:
            if endpoint.name in self._no_hints:
                continue
            try:
                answer = await endpoint.rpc.call(
                    "eth_createAccessList", message, hex(state.header.number)
                )
                return _access_list(answer)
            except ChainFault:
                self._no_hints.add(endpoint.name)
        return {}


def _name(request: Request) -> tuple[bytes, bytes]:
    """Return what calls that read much the same have in common."""
    return request.to, request.data[:4]


def _access_list(answer: object) -> _Habit:
    """Read an access list as far as it is one. Raises EncodingFault."""
    listed = answer.get("accessList") if isinstance(answer, dict) else None
    found: _Habit = {}
    left = MAX_HINTS
    for entry in listed if isinstance(listed, list) else []:
        keys = entry.get("storageKeys") if isinstance(entry, dict) else None
        if not isinstance(keys, list) or left <= 0:
            break
        slots = [int.from_bytes(hex_data(key, 32), "big") for key in keys[:left]]
        found[hex_data(entry.get("address"), 20)] = frozenset(slots)
        left -= 1 + len(slots)
    return found


def _raise_failure(outcome: Outcome) -> None:
    if outcome.reverted:
        raise CallReverted(outcome.error or "", outcome.output)
    if outcome.error is not None:
        raise CallRefused(f"The call fails: {outcome.error} ({DEFAULT_GAS} gas unless given).")
