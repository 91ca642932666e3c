"""The JSON-RPC methods an Ethereum client expects of a node (execution-apis; QBFT's as in Besu)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from .codec import hex_data, hex_quantity
from .execution import CallResult
from .header import QbftExtra
from .node import DevNode
from .params import (
    INVALID_PARAMS,
    LIMIT_EXCEEDED,
    RESOURCE_NOT_FOUND,
    REVERTED,
    SERVER_ERROR,
    LogFilter,
    Params,
    RpcError,
    to_call,
    to_data,
    to_filter,
    to_quantity,
    to_slot,
)
from .receipt import bloom_may_hold, decode_receipt
from .revert import revert_reason
from .state import AccountRecord, StateView
from .store import StoredBlock
from .transaction import InvalidTransactionError
from .views import (
    Json,
    block_json,
    logs_json,
    pending_json,
    proof_json,
    receipt_json,
    transaction_json,
)

CLIENT_VERSION = "peerwatt-devnet/1/qbft"
MAX_LOGS = 10_000
MAX_PROOF_SLOTS = 1_024
MAX_FEE_BLOCKS = 1_024
Method = Callable[[Params], Awaitable[object]]
_HEAD_TAGS = ("latest", "pending", "safe", "finalized")
"""A sealed QBFT block is final at once, so all of these mean the head."""


class RpcMethods:
    """The methods, over one node. Whatever may touch the disk or the EVM runs off the loop."""

    def __init__(self, node: DevNode) -> None:
        self._node = node

    def table(self) -> dict[str, Method]:
        """Return the methods by their JSON-RPC names."""
        return {
            "web3_clientVersion": _constant(CLIENT_VERSION),
            "net_version": _constant(str(self._node.chain_id)),
            "net_listening": _constant(True),
            "eth_chainId": _constant(hex_quantity(self._node.chain_id)),
            "eth_syncing": _constant(False),
            "eth_accounts": _constant([]),
            "eth_gasPrice": _constant("0x0"),
            "eth_maxPriorityFeePerGas": _constant("0x0"),
            "eth_feeHistory": self._fee_history,
            "eth_blockNumber": self._block_number,
            "eth_getBlockByNumber": self._block_by_number,
            "eth_getBlockByHash": self._block_by_hash,
            "eth_getTransactionByHash": self._transaction_by_hash,
            "eth_getTransactionReceipt": self._receipt,
            "eth_getBlockReceipts": self._block_receipts,
            "eth_getLogs": self._logs,
            "eth_getProof": self._proof,
            "eth_getBalance": self._balance,
            "eth_getCode": self._code,
            "eth_getStorageAt": self._storage_at,
            "eth_getTransactionCount": self._nonce,
            "eth_call": self._call,
            "eth_estimateGas": self._estimate_gas,
            "eth_sendRawTransaction": self._send_raw,
            "qbft_getValidatorsByBlockNumber": self._validators,
        }

    # --- which block -------------------------------------------------------------------------

    async def _find(self, tag: object) -> StoredBlock | None:
        """Return the block of a tag, number, hash or EIP-1898 object; None when there is none."""
        head = self._node.head
        if tag is None or tag in _HEAD_TAGS:
            return head
        if isinstance(tag, dict):
            if "blockHash" in tag:
                return await self._by_hash(to_data(tag["blockHash"], "block hash", 32))
            tag = tag.get("blockNumber")
        number = 0 if tag == "earliest" else to_quantity(tag, "block number")
        if number == head.number:
            return head
        if number > head.number:
            return None
        return await self._node.run_reader(partial(self._node.store.block, number))

    async def _by_hash(self, block_hash: bytes) -> StoredBlock | None:
        if block_hash == self._node.head.hash:
            return self._node.head
        return await self._node.run_reader(partial(self._load_by_hash, block_hash))

    def _load_by_hash(self, block_hash: bytes) -> StoredBlock | None:
        number = self._node.store.number_of(block_hash)
        return None if number is None else self._node.store.block(number)

    async def _need(self, tag: object) -> StoredBlock:
        block = await self._find(tag)
        if block is None:
            raise RpcError(
                RESOURCE_NOT_FOUND,
                f"There is no such block; the head is block {self._node.head.number}.",
            )
        return block

    async def _view(self, tag: object) -> StateView:
        return self._node.view_of(await self._need(tag))

    # --- blocks, transactions, logs ----------------------------------------------------------

    async def _block_number(self, _: Params) -> object:
        return hex_quantity(self._node.head.number)

    async def _block_by_number(self, params: Params) -> object:
        block = await self._find(params.at(0))
        return None if block is None else block_json(block, full=params.at(1) is True)

    async def _block_by_hash(self, params: Params) -> object:
        block = await self._by_hash(params.data(0, 32))
        return None if block is None else block_json(block, full=params.at(1) is True)

    async def _transaction_by_hash(self, params: Params) -> object:
        wanted = params.data(0, 32)
        waiting = self._node.pool.get(wanted)
        if waiting is not None:
            return pending_json(waiting.transaction, waiting.sender)
        return await self._node.run_reader(partial(self._mined, wanted, receipt=False))

    async def _receipt(self, params: Params) -> object:
        return await self._node.run_reader(partial(self._mined, params.data(0, 32), receipt=True))

    def _mined(self, transaction_hash: bytes, *, receipt: bool) -> Json | None:
        stored = self._node.store.transaction(transaction_hash)
        block = None if stored is None else self._node.store.block(stored.block_number)
        if stored is None or block is None or block.number > self._node.head.number:
            return None
        return receipt_json(block, stored) if receipt else transaction_json(block, stored)

    async def _block_receipts(self, params: Params) -> object:
        block = await self._find(params.at(0))
        if block is None:
            return None
        return [receipt_json(block, stored) for stored in block.transactions]

    async def _logs(self, params: Params) -> object:
        fields = params.mapping(0)
        wanted = to_filter(fields)
        if "blockHash" in fields:
            block = await self._need({"blockHash": fields["blockHash"]})
            first = last = block.number
        else:
            head = self._node.head.number
            first = min(self._bound(fields.get("fromBlock")), head + 1)
            last = min(self._bound(fields.get("toBlock")), head)
        return await self._node.run_reader(partial(self._search, wanted, first, last))

    def _bound(self, tag: object) -> int:
        if tag is None or tag in _HEAD_TAGS:
            return self._node.head.number
        return 0 if tag == "earliest" else to_quantity(tag, "block number")

    def _search(self, wanted: LogFilter, first: int, last: int) -> list[Json]:
        found: list[Json] = []
        for number in self._node.store.blocks_with_logs(first, last):
            block = self._node.store.block(number)
            if block is None or not _may_hold(block.header.logs_bloom, wanted):
                continue
            for stored in block.transactions:
                events = decode_receipt(stored.receipt).logs
                if not any(wanted.wanted(event[0], event[1]) for event in events):
                    continue
                shown = logs_json(block, stored)
                found += [
                    item
                    for item, event in zip(shown, events, strict=True)
                    if wanted.wanted(event[0], event[1])
                ]
            if len(found) > MAX_LOGS:
                raise RpcError(
                    LIMIT_EXCEEDED, f"More than {MAX_LOGS} events match; ask for fewer blocks."
                )
        return found

    # --- state -------------------------------------------------------------------------------

    async def _proof(self, params: Params) -> object:
        address = params.data(0, 20)
        keys = params.sequence(1, MAX_PROOF_SLOTS)
        slots = [(str(key), to_slot(key, "storage key")) for key in keys]
        view = await self._view(params.at(2))
        return await self._node.run_reader(partial(proof_json, view, address, slots))

    async def _account(self, params: Params) -> AccountRecord:
        address = params.data(0, 20)
        view = await self._view(params.at(1))
        return await self._node.run_reader(partial(view.account, address)) or AccountRecord()

    async def _balance(self, params: Params) -> object:
        return hex_quantity((await self._account(params)).balance_wei)

    async def _nonce(self, params: Params) -> object:
        nonce = (await self._account(params)).nonce
        if params.at(1) == "pending":
            nonce = self._node.pool.next_nonce(params.data(0, 20), nonce)
        return hex_quantity(nonce)

    async def _code(self, params: Params) -> object:
        address = params.data(0, 20)
        view = await self._view(params.at(1))
        return hex_data(await self._node.run_reader(partial(view.code, address)))

    async def _storage_at(self, params: Params) -> object:
        address, slot = params.data(0, 20), params.slot(1)
        view = await self._view(params.at(2))
        value = await self._node.run_reader(partial(view.storage, address, slot))
        return hex_data(value.to_bytes(32, "big"))

    async def _validators(self, params: Params) -> object:
        block = await self._need(params.at(0))
        return [hex_data(item) for item in QbftExtra.decode(block.header.extra_data).validators]

    # --- messages ----------------------------------------------------------------------------

    async def _call(self, params: Params) -> object:
        request, block = to_call(params.mapping(0)), await self._need(params.at(1))
        pending = params.at(1) == "pending"
        result = await self._node.run_reader(
            partial(self._node.call, block, request, pending=pending)
        )
        _raise_failure(result)
        return hex_data(result.output)

    async def _estimate_gas(self, params: Params) -> object:
        """Estimate for the next block unless another is named: what will hold for a sender."""
        request, block = to_call(params.mapping(0)), await self._need(params.at(1))
        pending = params.at(1) in (None, "pending")
        gas, result = await self._node.run_reader(
            partial(self._node.estimate_gas, block, request, pending=pending)
        )
        _raise_failure(result)
        return hex_quantity(gas)

    async def _send_raw(self, params: Params) -> object:
        try:
            return hex_data(await self._node.submit(params.data(0)))
        except InvalidTransactionError as error:
            raise RpcError(SERVER_ERROR, str(error)) from error

    async def _fee_history(self, params: Params) -> object:
        count = params.at(0)
        wanted = count if isinstance(count, int) else params.quantity(0)
        if not 1 <= wanted <= MAX_FEE_BLOCKS:
            raise RpcError(INVALID_PARAMS, f"The block count must be 1 to {MAX_FEE_BLOCKS}.")
        newest = await self._need(params.at(1))
        percentiles = params.sequence(2, 100) if params.at(2) is not None else []
        numbers = range(max(0, newest.number - wanted + 1), newest.number + 1)
        used = await self._node.run_reader(partial(self._gas_ratios, numbers))
        history: Json = {
            "oldestBlock": hex_quantity(numbers[0]),
            "baseFeePerGas": ["0x0"] * (len(numbers) + 1),
            "gasUsedRatio": used,
        }
        if percentiles:
            history["reward"] = [["0x0"] * len(percentiles) for _ in numbers]
        return history

    def _gas_ratios(self, numbers: range) -> list[float]:
        blocks = (self._node.store.block(number) for number in numbers)
        return [block.header.gas_used / block.header.gas_limit for block in blocks if block]


def _constant(value: object) -> Method:
    async def answer(_: Params) -> object:
        return value

    return answer


def _may_hold(bloom: bytes, wanted: LogFilter) -> bool:
    choices = [wanted.addresses, *(choice for choice in wanted.topics if choice is not None)]
    return all(
        any(bloom_may_hold(bloom, value) for value in choice) for choice in choices if choice
    )


def _raise_failure(result: CallResult) -> None:
    """Turn a failed simulation into geth's form of error, which clients decode."""
    if result.error is None:
        return
    if not result.reverted:
        raise RpcError(SERVER_ERROR, f"execution failed: {result.error}")
    reason = revert_reason(result.output)
    text = f"execution reverted: {reason}" if reason else "execution reverted"
    raise RpcError(REVERTED, text, hex_data(result.output))
