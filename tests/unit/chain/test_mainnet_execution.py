"""Recorded objects of Ethereum mainnet, block 21925176: what a real chain holds is what we read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from devchain import assert_same

from peerwatt.chain.answers.records import log_json
from peerwatt.chain.calls.forks import fork_of
from peerwatt.chain.consensus.header import header_from_json, plain_hash
from peerwatt.chain.encoding import hex_data, keccak
from peerwatt.chain.proofs import ProofRefused
from peerwatt.chain.proofs.account import verify_account, verify_answer
from peerwatt.chain.proofs.bloom import bloom_of, may_contain
from peerwatt.chain.proofs.mpt import ordered_key, ordered_proof, verify_path
from peerwatt.chain.proofs.receipts import (
    decode_receipt,
    encode_receipt,
    logs_of,
    verify_receipts,
)
from peerwatt.chain.proofs.signed import decode_transaction
from peerwatt.chain.proofs.transactions import encode_transaction
from peerwatt.chain.proofs.withdrawals import verify_withdrawals
from peerwatt.chain.reading.blocks import BlockBody, EventLog
from peerwatt.chain.reading.events import LogFilter

MAINNET = Path(__file__).parents[4] / "shared" / "data" / "mainnet"
pytestmark = pytest.mark.skipif(
    not MAINNET.is_dir(), reason="the recorded mainnet objects are not on this machine"
)


def recorded(name: str) -> Any:
    content = json.loads((MAINNET / f"{name}.json").read_text())
    return content.get("result", content) if isinstance(content, dict) else content


@pytest.fixture(scope="module")
def block() -> Any:
    return recorded("rpc_block")


def test_the_block_hashes_to_its_hash_and_its_withdrawals_to_their_root(block: Any) -> None:
    header = header_from_json(block)
    assert plain_hash(header) == hex_data(block["hash"])
    assert header.number == 21925176
    assert header.withdrawals_root is not None
    found = verify_withdrawals(header.withdrawals_root, block["withdrawals"])
    assert len(found) == 16
    for lie in (block["withdrawals"][::-1], block["withdrawals"][1:], None, [None]):
        with pytest.raises(ProofRefused):
            verify_withdrawals(header.withdrawals_root, lie)
    assert fork_of(1, header) == "cancun"


def test_all_receipts_make_up_the_root_and_each_has_its_own_proof(block: Any) -> None:
    header, answer = header_from_json(block), recorded("rpc_receipts")
    receipts = verify_receipts(header.receipts_root, answer)
    assert len(receipts) == 202
    raw = [encode_receipt(receipt) for receipt in receipts]
    assert [decode_receipt(item) for item in raw] == list(receipts)
    for index in (0, 1, 39, 127, 128, 201):
        nodes = ordered_proof(raw, index)
        assert verify_path(header.receipts_root, ordered_key(index), nodes) == raw[index]
    items = [item for r in receipts for log in r.logs for item in (log.address, *log.topics)]
    assert bloom_of(items) == header.logs_bloom


def test_the_log_of_the_recorded_search_is_rebuilt_field_by_field(block: Any) -> None:
    header = header_from_json(block)
    receipts = verify_receipts(header.receipts_root, recorded("rpc_receipts"))
    hashes = tuple(hex_data(item) for item in block["transactions"])
    wanted = recorded("rpc_logs")
    address, topic = hex_data(wanted[0]["address"]), hex_data(wanted[0]["topics"][0])
    assert may_contain(header.logs_bloom, address)
    chosen = LogFilter((address,), ((topic,),))
    assert chosen.bloom_test()(header.logs_bloom)
    found = [
        EventLog(
            item.log,
            header.number,
            plain_hash(header),
            header.timestamp,
            hashes[item.transaction_index],
            item.transaction_index,
            item.log_index,
        )
        for item in logs_of(receipts)
        if chosen.takes(item.log)
    ]
    rebuilt = [log_json(event) for event in found]
    assert all(record.pop("blockTimestamp") == block["timestamp"] for record in rebuilt)
    assert_same(rebuilt, wanted, "logs")
    one = recorded("rpc_receipt")
    index = int(one["transactionIndex"], 16)
    body = BlockBody(header, plain_hash(header), (), receipts, None)
    assert body.gas_used(index) == int(one["gasUsed"], 16)
    assert receipts[index].bloom == hex_data(one["logsBloom"])


def test_account_and_storage_proofs(block: Any) -> None:
    header, proof = header_from_json(block), recorded("rpc_proof")
    slots = [int(item["key"], 16) for item in proof["storageProof"]]
    found = verify_answer(header.state_root, hex_data(proof["address"]), slots, proof)
    assert list(found.slots.values()) == [int(i["value"], 16) for i in proof["storageProof"]]
    assert found.account.balance_wei == int(proof["balance"], 16)
    # The recorded account came with its code, which hashes to what its own proof shows.
    other = recorded("rpc_account")
    nodes = [hex_data(node) for node in other["accountProof"]]
    root = keccak(nodes[0])
    account = verify_account(root, hex_data(proof["address"]), nodes)
    assert keccak(hex_data(other["code"])) == account.code_hash


def test_the_recorded_transaction_is_rebuilt_and_its_sender_recovered() -> None:
    record = recorded("rpc_transaction")
    raw = encode_transaction(record)
    assert keccak(raw) == hex_data(record["hash"])
    tx = decode_transaction(raw)
    assert tx.sender == hex_data(record["from"])
    assert (tx.type, tx.nonce, tx.gas) == (2, int(record["nonce"], 16), int(record["gas"], 16))
    assert (tx.to, tx.data) == (hex_data(record["to"]), hex_data(record["input"]))
    assert tx.max_fee == int(record["maxFeePerGas"], 16)
