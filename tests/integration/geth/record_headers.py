"""Writes tests/unit/chain/data/clique_headers.json from three geth nodes that seal in turn.

Run it by hand: ``python tests/integration/geth/record_headers.py``. The chain is made to hold what
the rules distinguish: transactions, a lone vote that an epoch clears, a vote that adds a signer,
one that drops it, epoch blocks with three and with four signers, and a signer that is away.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from eth_account import Account
from geth_network import CHAIN_ID, EPOCH, PERIOD_S, GethNetwork, GethNode, address_of

TARGET = Path(__file__).parents[2] / "unit" / "chain" / "data" / "clique_headers.json"
KEYS = [hashlib.sha256(b"clique signer %d" % index).digest() for index in range(3)]
FOURTH, FIFTH = (address_of(hashlib.sha256(text).digest()) for text in (b"fourth", b"fifth"))
NOT_OF_THE_HEADER = ("size", "totalDifficulty", "transactions", "uncles")
DEADLINE_S = 120


def until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError("the nodes do not get there")
        time.sleep(0.1)


def head(node: GethNode) -> int:
    try:
        return int(node.call("eth_blockNumber"), 16)
    except OSError:
        return -1
    except Exception:  # the node is starting
        return -1


def pay(node: GethNode, nonce: int) -> None:
    fields = {
        "type": 2,
        "chainId": CHAIN_ID,
        "nonce": nonce,
        "gas": 21_000,
        "to": FOURTH,
        "value": 10**18,
        "maxFeePerGas": 3 * 10**9,
        "maxPriorityFeePerGas": 10**9,
    }
    signed = Account.from_key(KEYS[0]).sign_transaction(fields)
    node.call("eth_sendRawTransaction", "0x" + bytes(signed.raw_transaction).hex())


def votes_on(node: GethNode, target: str) -> int:
    snapshot = node.call("clique_getSnapshot")
    return sum(vote["address"].lower() == target.lower() for vote in snapshot["votes"] or [])


def drive(nodes: list[GethNode]) -> None:
    first, second, third = nodes
    until(lambda: head(first) >= 1)
    first.call("clique_propose", FIFTH, True)
    for nonce in range(3):
        pay(first, nonce)
    until(lambda: votes_on(first, FIFTH) == 1)
    first.call("clique_discard", FIFTH)
    until(lambda: head(first) > EPOCH)
    for node in (first, second):
        node.call("clique_propose", FOURTH, True)
    until(lambda: len(first.call("clique_getSigners")) == 4)
    for node in (first, second):
        node.call("clique_discard", FOURTH)
    until(lambda: head(first) > 2 * EPOCH)
    for node in nodes:
        node.call("clique_propose", FOURTH, False)
    until(lambda: len(first.call("clique_getSigners")) == 3)
    for node in nodes:
        node.call("clique_discard", FOURTH)
    until(lambda: head(first) > 3 * EPOCH)
    third.kill()
    last = head(first) + 2 * len(nodes)
    until(lambda: head(first) >= last)


def record(node: GethNode) -> dict[str, Any]:
    blocks = []
    for number in range(head(node) + 1):
        block = node.call("eth_getBlockByNumber", hex(number), False)
        total = block["totalDifficulty"]
        header = {name: value for name, value in block.items() if name not in NOT_OF_THE_HEADER}
        signers = sorted(node.call("clique_getSigners", hex(number)))
        blocks.append({"header": header, "total_difficulty": total, "signers": signers})
    return {
        "source": node.call("web3_clientVersion"),
        "chain_id": CHAIN_ID,
        "period_s": PERIOD_S,
        "epoch_length": EPOCH,
        "blocks": blocks,
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        rich = {address_of(KEYS[0]): 10**24}
        with GethNetwork(Path(folder), KEYS, rich) as network:
            drive(network.nodes)
            recorded = record(network.nodes[0])
    lines = json.dumps(recorded, separators=(",", ":")).replace('{"header"', '\n{"header"')
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(lines + "\n")
    print(f"{len(recorded['blocks'])} headers, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
