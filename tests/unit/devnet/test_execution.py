"""Our overlays and tries against EELS on its own plain state: same roots, same gas, same logs."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import pytest
from devnet_support import CHAIN_ID, MEMBERS, RICH, START_S, Chain, make_node
from ethereum.forks.prague import fork, vm
from ethereum.forks.prague.fork_types import Account as SpecAccount
from ethereum.forks.prague.state import State, set_account, state_root
from ethereum.forks.prague.transactions import LegacyTransaction, decode_transaction
from ethereum.forks.prague.vm import interpreter
from ethereum.forks.prague.vm.instructions import Ops, op_implementation
from ethereum_rlp import rlp as spec_rlp
from ethereum_types.bytes import Bytes20, Bytes32
from ethereum_types.numeric import U64, U256, Uint
from hypothesis import given, settings
from hypothesis import strategies as st

from peerwatt.config.clock import DrivenClock
from peerwatt.devnet.store import StoredBlock
from peerwatt.devnet.transaction import contract_address

# sets slots 0 and 1, then returns a runtime that does SSTORE(calldata[0:32], calldata[32:64])
KEEPER = "0x6001600055600260015560078060135f395ff36020355f355500"
# sets a slot and destroys itself in the transaction that creates it
PHOENIX = "0x600160005533ff"
# sets a slot and reverts
REVERTING = "0x60016000555f5ffd"
# runtime: CALL(gas, self) until the gas or the depth is used up, then log
DIVER = "0x600c8060093d393df3" + "5f5f5f5f5f305af15f5fa000"


def word(value: int) -> str:
    return value.to_bytes(32, "big").hex()


class Specification:
    """EELS as published: dictionaries for state, every root computed from scratch."""

    def __init__(self) -> None:
        self.state = State()
        account = SpecAccount(Uint(0), U256(10**18), b"")
        set_account(self.state, Bytes20(bytes.fromhex(RICH.address[2:])), account)
        self.hashes: list[Bytes32] = []

    def run(self, block: StoredBlock) -> vm.BlockOutput:
        header = block.header
        self.hashes.append(Bytes32(header.parent_hash))
        env = vm.BlockEnvironment(
            chain_id=U64(CHAIN_ID),
            state=self.state,
            block_gas_limit=Uint(header.gas_limit),
            block_hashes=self.hashes,
            coinbase=Bytes20(header.beneficiary),
            number=Uint(header.number),
            base_fee_per_gas=Uint(0),
            time=U256(header.timestamp),
            prev_randao=Bytes32(header.mix_hash),
            excess_blob_gas=U64(0),
            parent_beacon_block_root=Bytes32(bytes(32)),
        )
        output = vm.BlockOutput()
        for stored in block.transactions:
            raw = stored.raw
            legacy = raw[0] >= 0xC0
            tx = spec_rlp.decode_to(LegacyTransaction, raw) if legacy else decode_transaction(raw)
            with pytest.MonkeyPatch.context() as patch:  # the instructions as published, too
                patch.setattr(interpreter, "op_implementation", op_implementation)
                patch.setattr(interpreter, "Ops", Ops)
                fork.process_transaction(env, output, tx, Uint(stored.position))
        return output


def check(spec: Specification, block: StoredBlock) -> None:
    output = spec.run(block)
    assert block.header.state_root == bytes(state_root(spec.state))
    assert block.header.receipts_root == bytes(fork.root(output.receipts_trie))
    assert block.header.transactions_root == bytes(fork.root(output.transactions_trie))
    assert block.header.gas_used == int(output.block_gas_used)
    assert block.header.logs_bloom == bytes(fork.logs_bloom(output.block_logs))
    assert block.log_count == len(output.block_logs)


ACTION = st.one_of(
    st.tuples(st.just("store"), st.integers(0, 1), st.integers(0, 5), st.integers(0, 2)),
    st.tuples(st.sampled_from(["phoenix", "reverting", "diver", "pay"]), st.integers(0, 5)),
)


@settings(max_examples=12, deadline=None)
@given(st.lists(st.lists(ACTION, min_size=1, max_size=6), min_size=1, max_size=4))
def test_random_blocks_agree_with_the_plain_specification(
    blocks: list[list[tuple[object, ...]]],
) -> None:
    asyncio.run(play(blocks))


async def play(blocks: list[list[tuple[object, ...]]]) -> None:
    clock = DrivenClock(START_S)
    spec = Specification()
    with tempfile.TemporaryDirectory() as folder:
        async with make_node(Path(folder) / "chain.sqlite", clock) as node:
            chain = Chain(node, clock, [], Path(folder), None)

            async def send(to: str | None, data: str = "0x", **more: object) -> None:
                await node.submit(bytes.fromhex(chain.sign(RICH, to, data, **more)[2:]))

            sender = bytes.fromhex(RICH.address[2:])
            keepers = ["0x" + contract_address(sender, i).hex() for i in (0, 1)]
            diver = "0x" + contract_address(sender, 2).hex()
            for code in (KEEPER, KEEPER, DIVER):
                await send(None, code)
            check(spec, await chain.seal())
            for actions in blocks:
                for name, *values in actions:
                    if name == "store":
                        which, slot, value = values
                        await send(keepers[which], "0x" + word(slot) + word(value))
                    elif name == "pay":
                        await send(MEMBERS[values[0]].address, value=values[0], gasPrice=values[0])
                    elif name == "diver":
                        await send(diver, gas=200_000)
                    else:
                        await send(None, PHOENIX if name == "phoenix" else REVERTING)
                check(spec, await chain.seal())


async def test_storage_emptied_and_filled_again(chain: Chain) -> None:
    spec = Specification()
    keeper = await chain.deploy(KEEPER)
    check(spec, chain.node.head)
    for values in ((0, 0), (0, 0), (7, 0), (7, 8), (0, 0)):
        for slot, value in enumerate(values):
            await chain.send(RICH, keeper, "0x" + word(slot) + word(value))
        check(spec, await chain.seal())
    at_block_1 = await chain.rpc("eth_getStorageAt", keeper, "0x1", "0x1")
    assert int(at_block_1, 16) == 2


async def test_an_account_that_delegates_to_code(chain: Chain) -> None:
    """EIP-7702: a type 4 transaction lets a member's account run a contract's code."""
    spec = Specification()
    keeper = await chain.deploy(KEEPER)
    check(spec, chain.node.head)
    member = MEMBERS[3]
    signed = member.sign_authorization(
        {"chainId": CHAIN_ID, "address": bytes.fromhex(keeper[2:]), "nonce": 0}
    )
    sent = await chain.send(
        RICH, member.address, "0x" + word(4) + word(9), authorizationList=[signed]
    )
    check(spec, await chain.seal())
    shown = await chain.rpc("eth_getTransactionByHash", sent)
    assert shown["type"] == "0x4"
    assert shown["authorizationList"][0]["address"] == keeper
    code = await chain.rpc("eth_getCode", member.address, "latest")
    assert code == "0xef0100" + keeper[2:]
    assert int(await chain.rpc("eth_getStorageAt", member.address, "0x4", "latest"), 16) == 9


async def test_the_deepest_recursion_a_block_can_pay_for(chain: Chain) -> None:
    diver = await chain.deploy(DIVER)
    sent = await chain.send(RICH, diver, gas=59_900_000)
    await chain.seal()
    receipt = await chain.rpc("eth_getTransactionReceipt", sent)
    assert receipt["status"] == "0x1"
    assert len(receipt["logs"]) > 450  # one for each frame that had gas left for it
    called = await chain.raw("eth_call", {"to": diver, "gas": hex(60_000_000)}, "latest")
    assert called["result"] == "0x"
