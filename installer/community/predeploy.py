"""Our contracts as accounts of block 0: what deploying them leaves behind on an empty chain.

The constructors run in the embedded chain's EVM, with the new network's chain id, so that code and
storage in block 0 are exactly what transactions would have made. Nothing is set by hand: what only
the community's own account may do is listed as founding calls, which it signs later.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from eth_account import Account

from peerwatt.chain.bindings.founding import (
    ORDER,
    FoundingCall,
    Terms,
    deployments,
    founding_calls,
)
from peerwatt.chain.encoding import checksum_address, int_bytes, keccak, rlp_encode
from peerwatt.config.clock import DrivenClock
from peerwatt.devnet.genesis import GenesisAccount
from peerwatt.devnet.node import DevNode
from peerwatt.devnet.producer import BlockProducer
from peerwatt.devnet.state import StateChanges
from peerwatt.devnet.transaction import Pending, decode_transaction

DEPLOYER_KEY = keccak(b"peerwatt: deploys the contracts of block 0 and owns nothing")
DEPLOY_GAS = 9_000_000


@dataclass(frozen=True, slots=True)
class Predeployed:
    """Accounts of block 0, addresses by contract name, and the calls that complete them."""

    accounts: Mapping[bytes, GenesisAccount]
    contracts: Mapping[str, str]
    founding: tuple[FoundingCall, ...]


def predeploy(terms: Terms, chain_id: int) -> Predeployed:
    """Return our contracts as they stand in block 0. Takes some seconds."""
    deployer = bytes.fromhex(Account.from_key(DEPLOYER_KEY).address[2:])
    places = {
        name: checksum_address(keccak(rlp_encode([deployer, int_bytes(nonce)]))[12:])
        for nonce, name in enumerate(ORDER)
    }
    data = deployments(terms, places)
    changes = asyncio.run(_run([data[name] for name in ORDER], chain_id))
    accounts: dict[bytes, GenesisAccount] = {}
    for place in places.values():
        address = bytes.fromhex(place[2:])
        account = changes.accounts[address]
        if account is None or not account.code:
            raise RuntimeError(f"the contract at {place} was not made")
        storage = {s: v for s, v in changes.storage.get(address, {}).items() if v}
        accounts[address] = GenesisAccount(0, account.code, account.nonce, storage)
    return Predeployed(accounts, places, founding_calls(terms, places))


async def _run(deployments: list[bytes], chain_id: int) -> StateChanges:
    """Run the deployments in one block of a throw-away chain; return what they changed."""
    signer = Account.from_key(DEPLOYER_KEY)
    sender = bytes.fromhex(signer.address[2:])
    pending = []
    for nonce, data in enumerate(deployments):
        fields = {
            "chainId": chain_id,
            "nonce": nonce,
            "gas": DEPLOY_GAS,
            "gasPrice": 0,
            "value": 0,
            "data": data,
        }
        raw = bytes(signer.sign_transaction(fields).raw_transaction)
        pending.append(Pending(decode_transaction(raw), sender))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chain.sqlite"
        async with DevNode(path, DrivenClock(1), [keccak(b"sealer")], chain_id=chain_id) as node:
            head = node.chain_head
            producer = BlockProducer(node.store, node.evm, node.sealer)
            execution = producer.produce(head, node.context_after(head), pending).execution
    failed = [item for item in execution.outcomes if not item.succeeded]
    if failed or execution.refused or execution.deferred:
        raise RuntimeError("a contract could not be deployed on an empty chain")
    return execution.changes
