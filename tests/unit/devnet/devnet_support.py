"""What the devnet tests share: a contract, keys, and a chain spoken to over a real socket."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils import to_checksum_address

from peerwatt.config.clock import DrivenClock
from peerwatt.devnet import DevNode, GenesisAccount, RpcServer
from peerwatt.devnet.store import StoredBlock

START_S = 1_800_000_000
VALIDATOR_KEYS = [hashlib.sha256(b"validator %d" % i).digest() for i in range(4)]
MEMBERS: list[LocalAccount] = [
    Account.from_key(hashlib.sha256(b"member %d" % i).digest()) for i in range(8)
]
RICH = MEMBERS[0]
CHAIN_ID = 20211

CONTRACT = """
# pragma version 0.4.3
event Moved:
    sender: indexed(address)
    receiver: indexed(address)
    amount: uint256
balances: public(HashMap[address, uint256])
supply: public(uint256)
books: HashMap[uint256, HashMap[uint256, uint256]]
interface Self:
    def dive(n: uint256) -> uint256: nonpayable
@external
def mint(to: address, amount: uint256):
    assert amount < 2**128, "too much"
    self.balances[to] += amount
    self.supply += amount
    log Moved(sender=empty(address), receiver=to, amount=amount)
@external
def move(to: address, amount: uint256):
    self.balances[msg.sender] -= amount
    self.balances[to] += amount
    log Moved(sender=msg.sender, receiver=to, amount=amount)
@external
def burn():
    self.balances[msg.sender] = 0
@external
def place(interval: uint256, ticks: DynArray[uint256, 16], wh: uint256):
    for tick: uint256 in ticks:
        self.books[interval][tick // 8] += wh << (32 * (tick % 8))
@external
def dive(n: uint256) -> uint256:
    self.supply += 1
    if n == 0:
        return 0
    return 1 + extcall Self(self).dive(n - 1)
@external
@view
def parent() -> bytes32:
    return blockhash(block.number - 1)
@external
@view
def clock() -> uint256:
    return block.timestamp
"""


@dataclass
class Chain:
    """A node with two endpoints, and what a test needs to send to it."""

    node: DevNode
    clock: DrivenClock
    servers: list[RpcServer]
    path: Path
    http: httpx.AsyncClient
    nonces: dict[str, int] = field(default_factory=dict)

    async def rpc(self, method: str, *params: object) -> Any:
        answer = await self.raw(method, *params)
        assert "error" not in answer, answer
        return answer["result"]

    async def raw(self, method: str, *params: object) -> dict[str, Any]:
        call = {"jsonrpc": "2.0", "id": 7, "method": method, "params": list(params)}
        answer = (await self.http.post(self.servers[0].url, json=call)).json()
        assert answer["id"] == 7
        return answer

    def sign(self, who: LocalAccount, to: str | None, data: str = "0x", **more: object) -> str:
        nonce = self.nonces.get(who.address, 0)
        self.nonces[who.address] = nonce + 1
        fields: dict[str, object] = {
            "chainId": CHAIN_ID,
            "nonce": nonce,
            "gas": 3_000_000,
            "maxFeePerGas": 0,
            "maxPriorityFeePerGas": 0,
            "value": 0,
            "data": data,
            **more,
        }
        if "gasPrice" in fields:
            del fields["maxFeePerGas"], fields["maxPriorityFeePerGas"]
        if to is not None:
            fields["to"] = to_checksum_address(to)
        return "0x" + who.sign_transaction(fields).raw_transaction.hex()

    async def send(self, who: LocalAccount, to: str | None, data: str = "0x", **more: Any) -> str:
        return await self.rpc("eth_sendRawTransaction", self.sign(who, to, data, **more))

    async def seal(self, seconds: float = 1) -> StoredBlock:
        self.clock.advance(self.clock.now_s() + seconds)
        block = await self.node.tick()
        assert block is not None
        return block

    async def deploy(self, bytecode: str) -> str:
        sent = await self.send(RICH, None, bytecode)
        await self.seal()
        receipt = await self.rpc("eth_getTransactionReceipt", sent)
        assert receipt["status"] == "0x1"
        return receipt["contractAddress"]


def make_node(path: Path, clock: DrivenClock, **more: Any) -> DevNode:
    alloc = {bytes.fromhex(RICH.address[2:]): GenesisAccount(balance_wei=10**18)}
    return DevNode(
        path, clock, VALIDATOR_KEYS, genesis_alloc=alloc, **{"block_period_s": 60.0, **more}
    )


class Encoder:
    """Calldata from an ABI."""

    def __init__(self, abi: list[dict[str, Any]]) -> None:
        from web3 import Web3

        self._contract = Web3().eth.contract(abi=abi)

    def __call__(self, name: str, *values: object) -> str:
        return self._contract.encode_abi(name, list(values))
