"""Blocks, transactions, receipts and logs as JSON-RPC shows them (fields as Besu has them)."""

from __future__ import annotations

from .codec import (
    EMPTY_HASH,
    EMPTY_ROOT,
    hex_data,
    hex_quantity,
    rlp_encode,
    rlp_list,
)
from .receipt import decode_receipt
from .state import AccountRecord, StateView
from .store import StoredBlock, StoredTransaction
from .transaction import SignedTransaction, contract_address, decode_transaction

Json = dict[str, object]


def block_json(block: StoredBlock, *, full: bool) -> Json:
    """Return a block; ``full`` lists whole transactions instead of their hashes."""
    header = block.header
    transactions: list[object] = [
        transaction_json(block, item) if full else hex_data(item.hash)
        for item in block.transactions
    ]
    return {
        "number": hex_quantity(header.number),
        "hash": hex_data(block.hash),
        "parentHash": hex_data(header.parent_hash),
        "nonce": hex_data(header.nonce),
        "mixHash": hex_data(header.mix_hash),
        "sha3Uncles": hex_data(header.ommers_hash),
        "logsBloom": hex_data(header.logs_bloom),
        "transactionsRoot": hex_data(header.transactions_root),
        "stateRoot": hex_data(header.state_root),
        "receiptsRoot": hex_data(header.receipts_root),
        "miner": hex_data(header.beneficiary),
        "difficulty": hex_quantity(header.difficulty),
        "totalDifficulty": hex_quantity(header.number + 1),
        "extraData": hex_data(header.extra_data),
        "size": hex_quantity(_size(block)),
        "gasLimit": hex_quantity(header.gas_limit),
        "gasUsed": hex_quantity(header.gas_used),
        "timestamp": hex_quantity(header.timestamp),
        "baseFeePerGas": hex_quantity(header.base_fee),
        "withdrawalsRoot": hex_data(header.withdrawals_root),
        "blobGasUsed": hex_quantity(header.blob_gas_used),
        "excessBlobGas": hex_quantity(header.excess_blob_gas),
        "parentBeaconBlockRoot": hex_data(header.parent_beacon_block_root),
        "requestsHash": hex_data(header.requests_hash),
        "transactions": transactions,
        "uncles": [],
        "withdrawals": [],
    }


def _size(block: StoredBlock) -> int:
    """Return the length of the block's RLP: header, transactions, no ommers, no withdrawals."""
    bodies = b"".join(
        item.raw if item.raw[0] >= 0xC0 else rlp_encode(item.raw) for item in block.transactions
    )
    return len(rlp_list(block.header.encode() + rlp_list(bodies) + b"\xc0\xc0"))


def transaction_json(block: StoredBlock, stored: StoredTransaction) -> Json:
    """Return a transaction that is in a block."""
    place = {
        "blockHash": hex_data(block.hash),
        "blockNumber": hex_quantity(block.number),
        "transactionIndex": hex_quantity(stored.position),
    }
    return {**_signed_json(decode_transaction(stored.raw), stored.sender), **place}


def pending_json(transaction: SignedTransaction, sender: bytes) -> Json:
    """Return a transaction that waits for a block."""
    place = dict.fromkeys(("blockHash", "blockNumber", "transactionIndex"))
    return {**_signed_json(transaction, sender), **place}


def _signed_json(tx: SignedTransaction, sender: bytes) -> Json:
    shown: Json = {
        "type": hex_quantity(tx.kind),
        "hash": hex_data(tx.hash),
        "from": hex_data(sender),
        "to": hex_data(tx.to) if tx.to else None,
        "chainId": hex_quantity(tx.chain_id),
        "nonce": hex_quantity(tx.nonce),
        "gas": hex_quantity(tx.gas),
        "gasPrice": hex_quantity(tx.effective_price),
        "value": hex_quantity(tx.value_wei),
        "input": hex_data(tx.data),
        "v": hex_quantity(tx.v),
        "r": hex_quantity(tx.r),
        "s": hex_quantity(tx.s),
    }
    if tx.kind:
        shown["yParity"] = hex_quantity(tx.v)
        shown["accessList"] = [
            {"address": hex_data(address), "storageKeys": [hex_data(slot) for slot in slots]}
            for address, slots in tx.access_list
        ]
    if tx.kind > 1:
        shown["maxFeePerGas"] = hex_quantity(tx.max_fee)
        shown["maxPriorityFeePerGas"] = hex_quantity(tx.max_priority_fee)
    if tx.kind == 4:
        shown["authorizationList"] = [
            {
                "chainId": hex_quantity(chain_id),
                "address": hex_data(address),
                "nonce": hex_quantity(nonce),
                "yParity": hex_quantity(parity),
                "r": hex_quantity(r),
                "s": hex_quantity(s),
            }
            for chain_id, address, nonce, parity, r, s in tx.authorizations
        ]
    return shown


def receipt_json(block: StoredBlock, stored: StoredTransaction) -> Json:
    """Return the receipt of a transaction."""
    receipt = decode_receipt(stored.receipt)
    tx = decode_transaction(stored.raw)
    created = None if tx.to else contract_address(stored.sender, tx.nonce)
    return {
        "transactionHash": hex_data(stored.hash),
        "transactionIndex": hex_quantity(stored.position),
        "blockHash": hex_data(block.hash),
        "blockNumber": hex_quantity(block.number),
        "from": hex_data(stored.sender),
        "to": hex_data(tx.to) if tx.to else None,
        "contractAddress": hex_data(created) if created and receipt.succeeded else None,
        "cumulativeGasUsed": hex_quantity(receipt.cumulative_gas),
        "gasUsed": hex_quantity(stored.gas_used),
        "effectiveGasPrice": hex_quantity(tx.effective_price),
        "logs": logs_json(block, stored),
        "logsBloom": hex_data(receipt.logs_bloom),
        "status": hex_quantity(int(receipt.succeeded)),
        "type": hex_quantity(tx.kind),
    }


def logs_json(block: StoredBlock, stored: StoredTransaction) -> list[Json]:
    """Return the events of a transaction."""
    return [
        {
            "address": hex_data(address),
            "topics": [hex_data(topic) for topic in topics],
            "data": hex_data(data),
            "blockNumber": hex_quantity(block.number),
            "blockHash": hex_data(block.hash),
            "blockTimestamp": hex_quantity(block.header.timestamp),
            "transactionHash": hex_data(stored.hash),
            "transactionIndex": hex_quantity(stored.position),
            "logIndex": hex_quantity(stored.first_log + offset),
            "removed": False,
        }
        for offset, (address, topics, data) in enumerate(decode_receipt(stored.receipt).logs)
    ]


def proof_json(view: StateView, address: bytes, slots: list[tuple[str, bytes]]) -> Json:
    """Return an account with its proof and those of slots (EIP-1186).

    Each slot is the key as it was asked for and the same as 32 bytes. An account that does not
    exist is shown with nonce and balance 0 and the hashes of no code and no storage.
    """
    account = view.account(address) or AccountRecord(0, 0, EMPTY_ROOT, EMPTY_HASH)
    return {
        "address": hex_data(address),
        "accountProof": [hex_data(node) for node in view.prove_account(address)],
        "balance": hex_quantity(account.balance_wei),
        "codeHash": hex_data(account.code_hash),
        "nonce": hex_quantity(account.nonce),
        "storageHash": hex_data(account.storage_root),
        "storageProof": [
            {
                "key": key,
                "value": hex_quantity(view.storage(address, slot)),
                "proof": [hex_data(node) for node in view.prove_storage(address, slot)],
            }
            for key, slot in slots
        ],
    }
