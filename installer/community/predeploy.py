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

from peerwatt.chain.bindings.credit import Credit
from peerwatt.chain.bindings.flexibility import Flexibility
from peerwatt.chain.bindings.market import Market
from peerwatt.chain.bindings.meter import Meter
from peerwatt.chain.bindings.registry import Registry
from peerwatt.chain.bindings.settlement import Settlement
from peerwatt.chain.encoding import checksum_address, int_bytes, keccak, rlp_encode
from peerwatt.config.clock import DrivenClock
from peerwatt.devnet.genesis import GenesisAccount
from peerwatt.devnet.node import DevNode
from peerwatt.devnet.producer import BlockProducer
from peerwatt.devnet.state import StateChanges
from peerwatt.devnet.transaction import Pending, decode_transaction
from peerwatt.model.market import MarketRules

DEPLOYER_KEY = keccak(b"peerwatt: deploys the contracts of block 0 and owns nothing")
DEPLOY_GAS = 9_000_000


@dataclass(frozen=True, slots=True)
class Community:
    """Who owns the contracts, and the market's rules."""

    owner: str
    """Account that admits members and gives roles."""
    treasury: str
    """Account that issues credits."""
    currency: str
    symbol: str
    rules: MarketRules


@dataclass(frozen=True, slots=True)
class FoundingCall:
    """A call that the owner signs once the network runs."""

    meaning: str
    to: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Predeployed:
    """Accounts of block 0, addresses by contract name, and the calls that complete them."""

    accounts: Mapping[bytes, GenesisAccount]
    contracts: Mapping[str, str]
    founding: tuple[FoundingCall, ...]


def predeploy(community: Community, chain_id: int) -> Predeployed:
    """Return our contracts as they stand in block 0. Takes some seconds."""
    deployer = bytes.fromhex(Account.from_key(DEPLOYER_KEY).address[2:])
    names = ("Credit", "Registry", "Market", "Meter", "Settlement", "Flexibility")
    places = {
        name: checksum_address(keccak(rlp_encode([deployer, int_bytes(nonce)]))[12:])
        for nonce, name in enumerate(names)
    }
    data = _deployments(community, places)
    changes = asyncio.run(_run([data[name] for name in names], chain_id))
    accounts: dict[bytes, GenesisAccount] = {}
    for place in places.values():
        address = bytes.fromhex(place[2:])
        account = changes.accounts[address]
        if account is None or not account.code:
            raise RuntimeError(f"the contract at {place} was not made")
        storage = {s: v for s, v in changes.storage.get(address, {}).items() if v}
        accounts[address] = GenesisAccount(0, account.code, account.nonce, storage)
    return Predeployed(accounts, places, _founding(places))


def _deployments(community: Community, at: Mapping[str, str]) -> dict[str, bytes]:
    credit, registry, market, meter = (at[n] for n in ("Credit", "Registry", "Market", "Meter"))
    return {
        "Credit": Credit.deployment(community.currency, community.symbol, community.treasury),
        "Registry": Registry.deployment(community.owner),
        "Market": Market.deployment(credit, registry, community.rules),
        "Meter": Meter.deployment(registry),
        "Settlement": Settlement.deployment(credit, registry, market, meter),
        "Flexibility": Flexibility.deployment(credit, registry, meter),
    }


def _founding(at: Mapping[str, str]) -> tuple[FoundingCall, ...]:
    registry, market = Registry(at["Registry"]), Market(at["Market"])
    return (
        *(
            FoundingCall(
                f"lets the contract {name} charge what agents spend",
                at["Registry"],
                registry.set_spender(at[name], True),
            )
            for name in ("Market", "Flexibility")
        ),
        FoundingCall(
            "names the contract that settles the market",
            at["Market"],
            market.set_settlement(at["Settlement"]),
        ),
    )


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
