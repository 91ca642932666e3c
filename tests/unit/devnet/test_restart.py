"""What is on disk after a restart, a kill and a wrong start."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest
from devnet_support import MEMBERS, RICH, START_S, VALIDATOR_KEYS, Chain, Encoder, make_node

from peerwatt.config.clock import DrivenClock
from peerwatt.devnet import DevNode, StoreError
from peerwatt.devnet.execution import Call
from peerwatt.devnet.store import ChainStore

CHILD = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from devnet_support import MEMBERS, RICH, START_S, Chain, make_node
from peerwatt.config.clock import DrivenClock
from peerwatt.devnet import RpcServer

async def main():
    clock = DrivenClock(START_S)
    node = make_node(Path(sys.argv[1]), clock)
    await node.open()
    chain = Chain(node, clock, [], Path(sys.argv[1]), None)
    while True:
        for member in MEMBERS[1:4]:
            raw = chain.sign(RICH, member.address, value=1)
            await node.submit(bytes.fromhex(raw[2:]))
        block = await chain.seal()
        print(block.number, block.hash.hex(), flush=True)

asyncio.run(main())
"""


async def test_a_killed_node_resumes_at_its_last_block(tmp_path: Path) -> None:
    path = tmp_path / "chain.sqlite"
    here = str(Path(__file__).parent)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", CHILD, str(path), here), stdout=asyncio.subprocess.PIPE, env=env
    )
    assert child.stdout is not None
    seen: dict[int, str] = {}
    async with asyncio.timeout(30):
        while len(seen) < 12:
            height, block_hash = (await child.stdout.readline()).decode().split()
            seen[int(height)] = block_hash
    with pytest.raises(StoreError, match="in use by another process"):
        await make_node(path, DrivenClock(START_S)).open()
    child.send_signal(signal.SIGKILL)
    rest = await child.stdout.read()
    await child.wait()
    for line in rest.decode().splitlines():
        height, block_hash = line.split()
        seen[int(height)] = block_hash
    async with make_node(path, DrivenClock(START_S + 9999)) as node:
        assert node.head.number >= max(seen)  # a block written, but not yet told, may be there
        for height, block_hash in seen.items():
            block = node.store.block(height)
            assert block is not None
            assert block.hash.hex() == block_hash
            assert len(block.transactions) == 3
        account = node.chain_head.view.account(bytes.fromhex(RICH.address[2:]))
        assert account is not None
        assert account.nonce == 3 * node.head.number
        member = node.chain_head.view.account(bytes.fromhex(MEMBERS[1].address[2:]))
        assert member is not None
        assert member.balance_wei == node.head.number
        before = node.head
        block = await node.tick()
        assert block is not None
        assert block.header.parent_hash == before.hash
    assert sqlite3.connect(path).execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_everything_is_answered_as_before_after_a_restart(
    chain: Chain, compiled: dict[str, Any], encode: Encoder
) -> None:
    token = await chain.deploy(compiled["bytecode"])
    await chain.send(RICH, token, encode("mint", MEMBERS[1].address, 5))
    await chain.seal()
    await chain.send(MEMBERS[1], token, encode("burn"))
    await chain.seal()
    asked = [
        ("eth_getBlockByNumber", "latest", True),
        ("eth_getBlockByNumber", "0x1", True),
        ("eth_getBlockReceipts", "0x2"),
        ("eth_getProof", token, ["0x1"], "0x2"),
        ("eth_getCode", token, "latest"),
        ("eth_call", {"to": token, "data": encode("balances", MEMBERS[1].address)}, "0x2"),
        ("eth_call", {"to": token, "data": encode("parent")}, "latest"),
        ("eth_getLogs", {"fromBlock": "earliest"}),
    ]
    before = [await chain.rpc(*question) for question in asked]
    await chain.node.close()
    server = chain.servers[0]
    await server.close()
    async with make_node(chain.path, chain.clock) as node:
        from peerwatt.devnet import RpcServer

        chain.servers[0] = RpcServer(node)
        await chain.servers[0].start()
        assert [await chain.rpc(*question) for question in asked] == before
        await chain.servers[0].close()


async def test_a_file_of_another_chain_is_refused(tmp_path: Path) -> None:
    path, clock = tmp_path / "chain.sqlite", DrivenClock(START_S)
    async with make_node(path, clock):
        pass
    with pytest.raises(StoreError, match="other validators"):
        await DevNode(path, clock, VALIDATOR_KEYS[:3]).open()
    with pytest.raises(StoreError, match="holds chain 20211, not 1"):
        await make_node(path, clock, chain_id=1).open()
    async with make_node(path, clock) as node:
        assert node.head.number == 0


def test_a_file_that_is_no_chain_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "chain.sqlite"
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(StoreError, match="cannot be opened"):
        ChainStore(path)
    path.unlink()
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version=99")
    database.close()
    with pytest.raises(StoreError, match="format 99"):
        ChainStore(path)


async def test_a_block_that_cannot_be_written_is_not_sealed(chain: Chain) -> None:
    await chain.send(RICH, MEMBERS[1].address)
    chain.node.store._db.execute("PRAGMA query_only=1")
    with pytest.raises(StoreError, match="was not sealed"):
        await chain.node.tick()
    assert chain.node.head.number == 0
    chain.node.store._db.execute("PRAGMA query_only=0")
    block = await chain.node.tick()
    assert block is not None
    assert len(block.transactions) == 1


async def test_no_validator_key_reaches_the_disk(chain: Chain) -> None:
    await chain.seal(60)
    await chain.node.close()
    for file in chain.path.parent.iterdir():
        content = file.read_bytes()
        assert not any(key in content or key.hex().encode() in content for key in VALIDATOR_KEYS)


async def test_history_contract_knows_parents_where_genesis_has_it(tmp_path: Path) -> None:
    """EIP-2935: the code of the EIP, called by the system before each block."""
    from peerwatt.devnet import GenesisAccount

    address = bytes.fromhex("0000F90827F1C53a10cb7A02335B175320002935")
    code = bytes.fromhex(
        "3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257"
        "611fff81430311604257611fff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500"
    )
    clock = DrivenClock(START_S)
    alloc = {address: GenesisAccount(code=code, nonce=1)}
    node = DevNode(tmp_path / "c.sqlite", clock, VALIDATOR_KEYS, genesis_alloc=alloc)
    async with node:
        hashes = [node.head.hash]
        for i in range(1, 5):
            clock.advance(START_S + 60 * i)
            block = await node.tick()
            assert block is not None
            hashes.append(block.hash)
        for height in range(3):
            request = Call(to=address, data=height.to_bytes(32, "big"))
            result = await asyncio.to_thread(node.call, node.head, request, pending=False)
            assert result.output == hashes[height]
