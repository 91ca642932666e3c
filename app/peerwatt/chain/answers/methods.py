"""The read methods of JSON-RPC, answered by proof or refused with the reason.

Every block-dependent answer is pinned to one verified block; sends go to all endpoints.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import chain
from typing import Any, TypeVar

from peerwatt.model.verified import ChainFault

from ..calls import CallReverted, Request
from ..calls.caller import VerifiedCaller
from ..consensus.rules import ChainState
from ..encoding import address_bytes, to_hex
from ..proofs.account import Account
from ..reading.blocks import BlockBody
from ..reading.events import MAX_BLOCKS
from ..reading.reader import INLINE_BODY, ProvenReader
from ..status import SyncState
from . import INVALID_PARAMS, NOT_SUPPORTED, REVERTED, UNPROVEN, AnswerFault
from . import params as p
from .blocks import block_state
from .fees import TIP_BLOCKS, next_base_fee, percentiles, tips
from .params import LogQuery, Shape, Tag, takes
from .records import block_json, log_json, proof_json, receipt_json, transaction_json

CLIENT_VERSION = "peerwatt/verified"
MAX_FEE_BLOCKS = 1024
MAX_REWARD_BLOCKS = 64
"""Blocks whose tips are told in one answer: each of them is proven as a whole."""
_INSTEAD = {
    "eth_sendTransaction": "no key is kept here; sign it and use eth_sendRawTransaction",
    "eth_sign": "no key is kept here; use the wallet",
    "eth_newFilter": "a filter lives in a node; use eth_getLogs over a range of blocks",
    "eth_getFilterChanges": "a filter lives in a node; use eth_getLogs over a range of blocks",
    "eth_createAccessList": "use eth_estimateGas",
    "eth_blobBaseFee": "the network's blob schedule is not known here",
}

_AT_BLOCK = takes(p.address, p.block_tag, needed=1)
_RUN = takes(p.call_request, p.block_tag, p.unaltered, p.unaltered, needed=1)

Method = Callable[..., Awaitable[object]]
T = TypeVar("T")


class VerifiedMethods:
    """The methods over one reader."""

    def __init__(self, reader: ProvenReader, caller: VerifiedCaller | None = None) -> None:
        self._proven = reader
        self._chain = reader.client
        self._caller = caller or VerifiedCaller(reader)
        self._methods: Mapping[str, tuple[Method, Shape]] = {
            "web3_clientVersion": (self._version, takes()),
            "net_version": (self._net_version, takes()),
            "eth_accounts": (self._accounts, takes()),
            "eth_chainId": (self._chain_id, takes()),
            "eth_syncing": (self._syncing, takes()),
            "eth_blockNumber": (self._block_number, takes()),
            "eth_getBlockByNumber": (self._block, takes(p.block_tag, p.flag, needed=1)),
            "eth_getBlockByHash": (self._block, takes(p.block_hash, p.flag, needed=1)),
            "eth_getBlockTransactionCountByNumber": (self._count, takes(p.block_tag)),
            "eth_getBlockReceipts": (self._block_receipts, takes(p.block_tag)),
            "eth_getTransactionByHash": (self._transaction, takes(p.transaction_hash)),
            "eth_getTransactionByBlockNumberAndIndex": (
                self._transaction_at,
                takes(p.block_tag, p.slot_number),
            ),
            "eth_getTransactionReceipt": (self._receipt, takes(p.transaction_hash)),
            "eth_getLogs": (self._logs, takes(p.log_query)),
            "eth_getBalance": (self._balance, _AT_BLOCK),
            "eth_getTransactionCount": (self._nonce, _AT_BLOCK),
            "eth_getCode": (self._code, _AT_BLOCK),
            "eth_getStorageAt": (
                self._storage,
                takes(p.address, p.slot_number, p.block_tag, needed=2),
            ),
            "eth_getProof": (self._proof, takes(p.address, p.slots, p.block_tag, needed=2)),
            "eth_call": (self._call, _RUN),
            "eth_estimateGas": (self._estimate, _RUN),
            "eth_gasPrice": (self._gas_price, takes()),
            "eth_maxPriorityFeePerGas": (self._tip, takes()),
            "eth_feeHistory": (
                self._fee_history,
                takes(p.slot_number, p.block_tag, p.shares, needed=2),
            ),
            "eth_sendRawTransaction": (self._send, takes(p.data)),
        }

    @property
    def is_ready(self) -> bool:
        """Whether a verified block is known."""
        return self._chain.head is not None

    def close(self) -> None:
        """Let the threads of calls end."""
        self._caller.close()

    async def answer(self, method: str, params: Sequence[Any]) -> object:
        """Answer one request. Raises AnswerFault with the reason."""
        known = self._methods.get(method)
        if known is None:
            why = _INSTEAD.get(method, "its answer cannot be proven")
            raise AnswerFault(NOT_SUPPORTED, f"{method} is refused: {why}.")
        run, shape = known
        values = shape.read(method, params)
        try:
            return await run(*values)
        except AnswerFault:
            raise
        except CallReverted as fault:
            reason = f"execution reverted: {fault.reason}"
            raise AnswerFault(REVERTED, reason, to_hex(fault.data)) from None
        except ChainFault as fault:
            raise AnswerFault(UNPROVEN, str(fault)) from None

    # -- the network -------------------------------------------------------------------------

    async def _version(self) -> str:
        return CLIENT_VERSION

    async def _net_version(self) -> str:
        return str(self._chain.network.chain_id)

    async def _accounts(self) -> list[str]:
        return []

    async def _chain_id(self) -> str:
        return hex(self._chain.network.chain_id)

    async def _syncing(self) -> object:
        if self._chain.status.state is SyncState.VERIFIED:
            return False
        number = hex(self._chain.head.header.number if self._chain.head else 0)
        return {"startingBlock": number, "currentBlock": number, "highestBlock": number}

    # -- blocks, transactions, events --------------------------------------------------------

    async def _block_number(self) -> str:
        return hex(self._chain.pinned().header.number)

    async def _block(self, tag: Tag, full: bool = False) -> object:
        state = self._state(tag)
        body = await self._proven.body_at(state)
        return await _aside(body, lambda: block_json(state, body, full=full))

    async def _count(self, tag: Tag) -> str:
        return hex(len((await self._proven.body_at(self._state(tag))).raw))

    async def _block_receipts(self, tag: Tag) -> object:
        body = await self._proven.body_at(self._state(tag))
        count = range(len(body.raw))
        return await _aside(body, lambda: [receipt_json(body, index) for index in count])

    async def _transaction(self, transaction_hash: str) -> object:
        found = await self._proven.locate(transaction_hash)
        return None if found is None else transaction_json(*found)

    async def _transaction_at(self, tag: Tag, index: int) -> object:
        body = await self._proven.body_at(self._state(tag))
        return transaction_json(body, index) if index < len(body.raw) else None

    async def _receipt(self, transaction_hash: str) -> object:
        found = await self._proven.locate(transaction_hash)
        return None if found is None else receipt_json(*found)

    async def _logs(self, query: LogQuery) -> object:
        first = self._state(query.first).header.number
        last = self._state(query.last).header.number
        if last - first >= MAX_BLOCKS:
            raise AnswerFault(
                INVALID_PARAMS,
                f"At most {MAX_BLOCKS} blocks are searched at once, not {first} to {last}.",
            )
        found = await self._proven.search(query.wanted, first, last)
        if not found.is_complete:
            gap = found.gaps[0]
            raise AnswerFault(
                UNPROVEN,
                f"The events are complete up to block {found.complete_to} only; of block "
                f"{gap.first_block} they could not be proven: {gap.reason}",
            )
        return [log_json(event) for event in found.events]

    # -- state -------------------------------------------------------------------------------

    async def _balance(self, address: str, tag: Tag = "latest") -> str:
        return hex((await self._account(address, tag)).balance_wei)

    async def _nonce(self, address: str, tag: Tag = "latest") -> str:
        return hex((await self._account(address, tag)).nonce)

    async def _account(self, address: str, tag: Tag) -> Account:
        found = await self._proven.read_at(self._state(tag), {address: ()})
        return found[address].account

    async def _code(self, address: str, tag: Tag = "latest") -> str:
        state = self._state(tag)
        account = (await self._proven.read_at(state, {address: ()}))[address].account
        return to_hex(await self._proven.code_at(state, address, account.code_hash))

    async def _storage(self, address: str, slot: int, tag: Tag = "latest") -> str:
        found = await self._proven.read_at(self._state(tag), {address: [slot]})
        return f"0x{found[address].slots[slot]:064x}"

    async def _proof(self, address: str, slots: list[int], tag: Tag = "latest") -> object:
        found = await self._proven.prove_at(self._state(tag), {address: slots})
        return proof_json(address_bytes(address), found[address])

    async def _call(self, message: Request, tag: Tag = "latest", *_: None) -> str:
        number = self._state(tag).header.number
        return to_hex((await self._caller.call(message, number)).value)

    async def _estimate(self, message: Request, tag: Tag = "latest", *_: None) -> str:
        number = self._state(tag).header.number
        return hex((await self._caller.estimate_gas(message, number)).value)

    # -- fees and sending --------------------------------------------------------------------

    async def _tip(self) -> str:
        """The middle tip of the newest blocks that hold transactions."""
        return hex(await self._middle_tip())

    async def _middle_tip(self) -> int:
        head = self._chain.pinned().header.number
        states = [self._chain.block(n) for n in range(max(0, head - TIP_BLOCKS + 1), head + 1)]
        found = [await self._tips(state) for state in states if state]
        return percentiles(sorted(chain.from_iterable(found)), [50.0])[0]

    async def _tips(self, state: ChainState) -> list[tuple[int, int]]:
        body = await self._proven.body_at(state)
        return await _aside(body, lambda: tips(body))

    async def _gas_price(self) -> str:
        base = next_base_fee(self._chain.pinned().header, self._chain.network.rules)
        return hex((base or 0) + await self._middle_tip())

    async def _fee_history(self, count: int, newest: Tag, shares: Sequence[float] = ()) -> object:
        last = self._state(newest)
        wanted = min(count, MAX_FEE_BLOCKS, last.header.number + 1)
        if shares and wanted > MAX_REWARD_BLOCKS:
            raise AnswerFault(
                INVALID_PARAMS, f"Tips are told for at most {MAX_REWARD_BLOCKS} blocks at once."
            )
        first = last.header.number - wanted + 1
        states = [self._chain.pinned(number) for number in range(first, last.header.number + 1)]
        after = next_base_fee(last.header, self._chain.network.rules)
        answer: dict[str, object] = {
            "oldestBlock": hex(first),
            "baseFeePerGas": [hex(s.header.base_fee or 0) for s in states] + [hex(after or 0)],
            "gasUsedRatio": [s.header.gas_used / s.header.gas_limit for s in states],
        }
        if shares:
            paid = [await self._tips(state) for state in states]
            answer["reward"] = [[hex(tip) for tip in percentiles(p, shares)] for p in paid]
        return answer

    async def _send(self, raw: str) -> str:
        return await self._chain.broadcast(raw)

    def _state(self, tag: Tag) -> ChainState:
        return block_state(self._chain, tag)


async def _aside(body: BlockBody, work: Callable[[], T]) -> T:
    """Do what takes about 0.1 ms for each transaction off the event loop when there are many."""
    return await asyncio.to_thread(work) if len(body.raw) > INLINE_BODY else work()
