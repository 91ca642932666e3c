"""Blocks, transactions, receipts and events as JSON, every field computed from proven bytes.

What the proven bytes do not say (total difficulty, for one) is left out.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..consensus.header import header_to_json, header_to_rlp
from ..consensus.rules import ChainState
from ..encoding import (
    EMPTY_LIST_HASH,
    checksum_address,
    rlp_list_of,
    rlp_string,
    to_hex,
)
from ..proofs.account import Account
from ..proofs.signed import BLOB_GAS, Transaction
from ..proofs.withdrawals import encode_withdrawal
from ..reading.blocks import BlockBody, EventLog
from ..reading.reader import AccountProof

Json = dict[str, object]


def block_json(state: ChainState, body: BlockBody, *, full: bool) -> Json:
    """Return a block as ``eth_getBlockByNumber`` does; ``full`` with whole transactions."""
    count = range(len(body.raw))
    record: Json = {
        **header_to_json(state.header),
        "hash": to_hex(state.block_hash),
        "transactions": [transaction_json(body, i) for i in count]
        if full
        else [to_hex(item) for item in body.transactions],
    }
    if state.header.ommers_hash == EMPTY_LIST_HASH:
        record |= {"uncles": [], "size": hex(_size(state, body))}
    if body.withdrawals is not None:
        record["withdrawals"] = [
            {
                "index": hex(item.index),
                "validatorIndex": hex(item.validator_index),
                "address": checksum_address(item.address),
                "amount": hex(item.amount_gwei),
            }
            for item in body.withdrawals
        ]
    return record


def _size(state: ChainState, body: BlockBody) -> int:
    """Length of the block's RLP: header, transactions, no uncles, withdrawals."""
    listed = b"".join(raw if raw[0] >= 0xC0 else rlp_string(raw) for raw in body.raw)
    parts = header_to_rlp(state.header) + rlp_list_of(listed) + b"\xc0"
    if body.withdrawals is not None:
        parts += rlp_list_of(b"".join(map(encode_withdrawal, body.withdrawals)))
    return len(rlp_list_of(parts))


def transaction_json(body: BlockBody, index: int) -> Json:
    """Return a transaction of a proven block. Raises EncodingFault for an unknown type."""
    tx = body.transaction(index)
    record: Json = {
        **_place(body, index),
        "hash": to_hex(body.transactions[index]),
        "type": hex(tx.type),
        "from": checksum_address(tx.sender),
        "to": checksum_address(tx.to) if tx.to else None,
        "nonce": hex(tx.nonce),
        "gas": hex(tx.gas),
        "gasPrice": hex(tx.price_wei(body.header.base_fee)),
        "value": hex(tx.value_wei),
        "input": to_hex(tx.data),
        "v": hex(tx.v),
        "r": hex(tx.r),
        "s": hex(tx.s),
    }
    if tx.chain_id is not None:
        record["chainId"] = hex(tx.chain_id)
    return record | _typed_json(tx)


def _typed_json(tx: Transaction) -> Json:
    """Return the fields that only later types of transactions have."""
    record: Json = {}
    if tx.type >= 1:
        record["yParity"] = hex(tx.v)
        record["accessList"] = [
            {"address": checksum_address(address), "storageKeys": [to_hex(key) for key in keys]}
            for address, keys in tx.access_list
        ]
    if tx.type >= 2:
        record["maxFeePerGas"] = hex(tx.max_fee)
        record["maxPriorityFeePerGas"] = hex(tx.max_priority_fee)
    if tx.type == 3:
        record["maxFeePerBlobGas"] = hex(tx.max_blob_fee)
        record["blobVersionedHashes"] = [to_hex(item) for item in tx.blob_hashes]
    if tx.type == 4:
        record["authorizationList"] = [
            {
                "chainId": hex(item.chain_id),
                "address": checksum_address(item.address),
                "nonce": hex(item.nonce),
                "yParity": hex(item.parity),
                "r": hex(item.r),
                "s": hex(item.s),
            }
            for item in tx.authorisations
        ]
    return record


def receipt_json(body: BlockBody, index: int) -> Json:
    """Return the receipt of a transaction of a proven block."""
    receipt, tx = body.receipts[index], body.transaction(index)
    sender = tx.sender
    created = tx.created(sender)
    here = body.transactions[index]
    record: Json = {
        **_place(body, index),
        "transactionHash": to_hex(here),
        "type": hex(tx.type),
        "from": checksum_address(sender),
        "to": checksum_address(tx.to) if tx.to else None,
        "contractAddress": checksum_address(created) if created and receipt.succeeded else None,
        "status": hex(receipt.succeeded),
        "cumulativeGasUsed": hex(receipt.cumulative_gas),
        "gasUsed": hex(body.gas_used(index)),
        "effectiveGasPrice": hex(tx.price_wei(body.header.base_fee)),
        "logsBloom": to_hex(receipt.bloom),
        "logs": [log_json(event) for event in body.events if event.transaction_index == index],
    }
    if tx.type == 3:
        record["blobGasUsed"] = hex(BLOB_GAS * len(tx.blob_hashes))
    return record


def log_json(event: EventLog) -> Json:
    """Return an event."""
    return {
        "address": checksum_address(event.log.address),
        "topics": [to_hex(topic) for topic in event.log.topics],
        "data": to_hex(event.log.data),
        "blockNumber": hex(event.block_number),
        "blockHash": to_hex(event.block_hash),
        "blockTimestamp": hex(event.block_time_s),
        "transactionHash": to_hex(event.transaction_hash),
        "transactionIndex": hex(event.transaction_index),
        "logIndex": hex(event.log_index),
        "removed": False,
    }


def proof_json(address: bytes, found: AccountProof) -> Json:
    """Return an account and slots with the proofs that were verified (EIP-1186)."""
    account: Account = found.proven.account
    slots: Mapping[int, int] = found.proven.slots
    return {
        "address": checksum_address(address),
        "accountProof": [to_hex(node) for node in found.nodes],
        "balance": hex(account.balance_wei),
        "nonce": hex(account.nonce),
        "codeHash": to_hex(account.code_hash),
        "storageHash": to_hex(account.storage_root),
        "storageProof": [
            {
                "key": f"0x{slot:064x}",
                "value": hex(value),
                "proof": [to_hex(node) for node in found.slot_nodes[slot]],
            }
            for slot, value in slots.items()
        ],
    }


def _place(body: BlockBody, index: int) -> Json:
    return {
        "blockHash": to_hex(body.block_hash),
        "blockNumber": hex(body.header.number),
        "transactionIndex": hex(index),
    }
