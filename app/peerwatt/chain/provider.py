"""web3.py on proofs: the rest of the program may use web3 without trusting any node.

A thin adapter: each read method is answered by :class:`ProvenReader`, sends go to all endpoints,
and whatever cannot be proven is refused with the reason. Import this module only where web3 is
used; it takes web3's import time.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from web3 import AsyncWeb3
from web3.middleware import ExtraDataToPOAMiddleware
from web3.providers.async_base import AsyncBaseProvider
from web3.types import RPCEndpoint, RPCResponse

from peerwatt.model.verified import ChainFault

from .consensus.header import header_to_json
from .consensus.rules import ChainState
from .encoding import EncodingFault, checksum_address, hex_data, hex_int, to_hex
from .proofs import ProofRefused
from .reader import EventLog, ProvenReader, TransactionReceipt, block_events

REFUSED = -32004
"""EIP-1474, method not supported; web3 replaces the words of other codes by its own."""
UNPROVEN = -32000
_WHY_REFUSED = {
    "eth_call": "a call would have to be run over proven state; read storage slots instead",
    "eth_estimateGas": "an estimate cannot be proven; give a gas limit",
    "eth_getTransactionByHash": "use the proven receipt",
    "eth_gasPrice": "a price cannot be proven; give it in the transaction",
    "eth_feeHistory": "a price cannot be proven; give it in the transaction",
}

Method = Callable[..., Awaitable[object]]


class VerifiedProvider(AsyncBaseProvider):
    """Provider for ``AsyncWeb3``; see :func:`verified_web3`."""

    def __init__(self, reader: ProvenReader) -> None:
        super().__init__()
        self._proven = reader
        self._client = reader.client
        self._methods: Mapping[str, Method] = {
            "eth_chainId": self._chain_id,
            "net_version": self._net_version,
            "eth_blockNumber": self._block_number,
            "eth_getBlockByNumber": self._block,
            "eth_getBalance": self._balance,
            "eth_getTransactionCount": self._nonce,
            "eth_getCode": self._code,
            "eth_getStorageAt": self._storage,
            "eth_getTransactionReceipt": self._receipt,
            "eth_getLogs": self._logs,
            "eth_sendRawTransaction": self._send,
        }

    async def is_connected(self, show_traceback: bool = False) -> bool:  # noqa: ARG002
        """Whether a verified block is known."""
        return self._client.head is not None

    async def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """Answer one request from proofs, or with an error that says why not."""
        known = self._methods.get(method)
        if known is None:
            why = _WHY_REFUSED.get(method, "its answer cannot be proven")
            return _error(REFUSED, f"{method} is refused: {why}.")
        try:
            return {"jsonrpc": "2.0", "id": 1, "result": await known(*params)}
        except ChainFault as fault:
            return _error(UNPROVEN, str(fault))
        except TypeError:
            return _error(-32602, f"{method} was called with unusable parameters.")

    # -- methods -----------------------------------------------------------------------------

    async def _chain_id(self) -> str:
        return hex(self._client.network.chain_id)

    async def _net_version(self) -> str:
        return str(self._client.network.chain_id)

    async def _block_number(self) -> str:
        return hex(self._client.pinned().header.number)

    async def _block(self, tag: object, full: bool = False) -> dict[str, object]:
        state = self._pinned(tag)
        if full:
            raise ProofRefused("Full transactions are not rebuilt; ask for their hashes.")
        body = await self._proven.body(state.header.number) if state.header.number else None
        return {
            **header_to_json(state.header),
            "hash": to_hex(state.block_hash),
            "transactions": [to_hex(item) for item in body.transactions] if body else [],
            "uncles": [],
        }

    async def _balance(self, address: str, tag: object = "latest") -> str:
        account = await self._proven.account(address, self._number(tag))
        return hex(account.value.balance_wei)

    async def _nonce(self, address: str, tag: object = "latest") -> str:
        account = await self._proven.account(address, self._number(tag))
        return hex(account.value.nonce)

    async def _code(self, address: str, tag: object = "latest") -> str:
        return to_hex((await self._proven.code(address, self._number(tag))).value)

    async def _storage(self, address: str, slot: object, tag: object = "latest") -> str:
        at = slot if isinstance(slot, int) else int.from_bytes(_padded(slot), "big")
        found = await self._proven.slots(address, [at], self._number(tag))
        return f"0x{found.value[at]:064x}"

    async def _receipt(self, transaction_hash: str) -> dict[str, object] | None:
        found = await self._proven.receipt(transaction_hash)
        if found is None:
            return None
        body = await self._proven.body(found.value.block_number)
        events = [e for e in block_events(body) if e.transaction_hash == hex_data(transaction_hash)]
        return _receipt_json(found.value, events)

    async def _logs(self, query: Mapping[str, Any]) -> list[dict[str, object]]:
        address = query.get("address")
        if isinstance(address, list) and len(address) == 1:
            address = address[0]
        if not isinstance(address, str) or "blockHash" in query:
            raise ProofRefused("Logs are searched for one address, by block numbers.")
        topics = query.get("topics") or []
        first = topics[0] if topics else None
        if len(topics) > 1 or not (first is None or isinstance(first, str)):
            raise ProofRefused("Logs are searched by their first topic only.")
        events = await self._proven.events(
            address,
            self._pinned(query.get("fromBlock", "latest")).header.number,
            self._pinned(query.get("toBlock", "latest")).header.number,
            hex_data(first, 32) if first is not None else None,
        )
        return [_log_json(event) for event in events]

    async def _send(self, raw: str) -> str:
        return await self._client.broadcast(raw)

    # -- blocks ------------------------------------------------------------------------------

    def _pinned(self, tag: object) -> ChainState:
        return self._client.pinned(self._number(tag))

    @staticmethod
    def _number(tag: object) -> int | None:
        """Read a block tag; every verified block of this chain is final."""
        if tag in ("latest", "safe", "finalized", "pending", None):
            return None
        if tag == "earliest":
            return 0
        return tag if isinstance(tag, int) else hex_int(tag, 64)


def verified_web3(reader: ProvenReader) -> AsyncWeb3[VerifiedProvider]:
    """Return web3 on proofs, ready for the long extraData of proof-of-authority chains.

    Its hash and its seals were verified before, so web3's own check has nothing to add.
    """
    web3 = AsyncWeb3(VerifiedProvider(reader))
    web3.middleware_onion.inject(ExtraDataToPOAMiddleware, layer=0)
    return web3


def _padded(slot: object) -> bytes:
    """Read a storage key given as quantity or data."""
    if not isinstance(slot, str) or not slot.startswith("0x") or len(slot) > 66:
        raise EncodingFault("JSON-RPC: a storage key is malformed.")
    return hex_data(f"0x{slot[2:]:0>64}")


def _error(code: int, message: str) -> RPCResponse:
    return {"jsonrpc": "2.0", "id": 1, "error": {"code": code, "message": message}}


def _log_json(event: EventLog) -> dict[str, object]:
    return {
        "address": checksum_address(event.log.address),
        "topics": [to_hex(topic) for topic in event.log.topics],
        "data": to_hex(event.log.data),
        "blockNumber": hex(event.block_number),
        "blockHash": to_hex(event.block_hash),
        "transactionHash": to_hex(event.transaction_hash),
        "transactionIndex": hex(event.transaction_index),
        "logIndex": hex(event.log_index),
        "removed": False,
    }


def _receipt_json(item: TransactionReceipt, events: list[EventLog]) -> dict[str, object]:
    """Write a receipt with what is proven; sender and target are not part of a receipt."""
    return {
        "transactionHash": to_hex(item.transaction_hash),
        "transactionIndex": hex(item.transaction_index),
        "blockHash": to_hex(item.block_hash),
        "blockNumber": hex(item.block_number),
        "type": hex(item.receipt.type),
        "status": hex(item.succeeded),
        "cumulativeGasUsed": hex(item.receipt.cumulative_gas),
        "gasUsed": hex(item.gas_used),
        "logsBloom": to_hex(item.receipt.bloom),
        "logs": [_log_json(event) for event in events],
    }
