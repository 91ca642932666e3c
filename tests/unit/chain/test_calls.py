"""Calls run over proven state: the same as the node says, and nothing that a liar says."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from chain_lab import genesis
from devchain import START_S, TREASURY, DevChain, dev_chain
from eth_abi.abi import decode

from peerwatt.chain.calls import CallRefused, CallReverted, Request
from peerwatt.chain.calls import witness as witness_module
from peerwatt.chain.calls.caller import VerifiedCaller
from peerwatt.chain.calls.forks import fork_of
from peerwatt.chain.calls.revert import revert_reason
from peerwatt.chain.calls.run import intrinsic_gas, run_message
from peerwatt.chain.calls.witness import CodeCache, Reads, Witness
from peerwatt.chain.consensus.header import Header
from peerwatt.chain.encoding import address_bytes, hex_data, keccak
from peerwatt.devnet.genesis import GenesisAccount
from peerwatt.model.verified import ChainFault

OTHER = "0x" + "11" * 20


def code(text: str) -> bytes:
    return bytes.fromhex(text.replace(" ", ""))


def at(number: int) -> bytes:
    return number.to_bytes(20, "big")


RETURN_WORD = "5f 52 60 20 5f f3"
"""PUSH0 MSTORE, then return 32 bytes."""
PROGRAMS: dict[int, bytes] = {
    0xA1: code("5b 5f 56"),  # JUMPDEST PUSH0 JUMP: for ever
    0xA2: code("5f 5b 80 54 50 60 01 01 60 01 56"),  # reads slot after slot for ever
    0xA3: code(f"60 01 43 03 40 {RETURN_WORD}"),  # the parent's hash
    0xA4: code(f"60 03 43 03 40 {RETURN_WORD}"),  # the hash of three blocks ago
    0xA5: code(f"42 {RETURN_WORD}"),  # the time
    0xA6: code(f"73 {'11' * 20} 31 {RETURN_WORD}"),  # a balance
    0xA7: code(f"60 05 54 {RETURN_WORD}"),  # slot 5
    0xA8: code(f"60 05 60 07 55 60 07 54 {RETURN_WORD}"),  # writes 5 to slot 7, reads it back
    0xA9: code(f"73 {at(0xA7).hex()} 3b {RETURN_WORD}"),  # the size of another's code
    0xAA: code("5f 5f 5f 5f 5f 30 5a f1 00"),  # calls itself as deep as its gas allows
    0xAB: code("63 deadbeef 5f 52 60 04 60 1c fd"),  # reverts with a custom error
    0xAC: code("60 20 5f 5f 5f 73" + at(0xA8).hex() + "5a fa 60 07 54 01" + RETURN_WORD),
    # Copies the data to memory and hands it to the built-in function of its first byte.
    0xAF: code("5f 35 60 f8 1c 60 01 36 03 80 60 01 5f 37 60 40 5f 82 5f 5f 86 5a f1 60 20 5f f3"),
    0xAD: code("fe"),
    0xAE: code("5f 35 54" + RETURN_WORD),  # the slot that the data names
}
ALLOC = {
    at(number): GenesisAccount(code=text, nonce=1, storage={(5).to_bytes(32, "big"): 99})
    for number, text in PROGRAMS.items()
} | {hex_data(OTHER): GenesisAccount(balance_wei=777)}


@pytest.fixture
async def chain(tmp_path: Path) -> AsyncIterator[DevChain]:
    async with dev_chain(tmp_path, ALLOC) as running:
        for _ in range(4):
            await running.block(6)
        yield running


@pytest.fixture
async def caller(chain: DevChain) -> AsyncIterator[VerifiedCaller]:
    used = VerifiedCaller(chain.reader, timeout_s=30)
    yield used
    used.close()


def run(number: int, data: bytes = b"", **more: Any) -> Request:
    return Request(to=at(number), data=data, **more)


async def word(caller: VerifiedCaller, request: Request) -> int:
    return int.from_bytes((await caller.call(request)).value, "big")


async def test_what_a_call_can_see_is_the_verified_block_and_its_state(
    chain: DevChain, caller: VerifiedCaller
) -> None:
    head = chain.client.pinned()
    assert await word(caller, run(0xA3)) == int.from_bytes(head.header.parent_hash, "big")
    third = chain.client.pinned(head.header.number - 3)
    assert await word(caller, run(0xA4)) == int.from_bytes(third.block_hash, "big")
    assert await word(caller, run(0xA5)) == head.header.timestamp
    assert await word(caller, run(0xA6)) == 777
    assert await word(caller, run(0xA7)) == 99
    assert await word(caller, run(0xA8)) == 5
    assert await word(caller, run(0xA9)) == len(PROGRAMS[0xA7])
    assert await word(caller, run(0xAE, (5).to_bytes(32, "big"))) == 99
    assert await word(caller, run(0xAE, (6).to_bytes(32, "big"))) == 0
    at_block_1 = await caller.call(run(0xA5), 1)
    assert (at_block_1.block_number, at_block_1.block_time_s) == (1, START_S + 6)
    # A write inside a static call fails and leaves the caller's own storage alone.
    assert await word(caller, run(0xAC)) == 0
    assert (await caller.call(Request(to=hex_data(OTHER)))).value == b""


@pytest.mark.parametrize("number", [0xA3, 0xA4, 0xA5, 0xA6, 0xA7, 0xA8, 0xA9, 0xAC])
async def test_the_node_says_the_same(chain: DevChain, caller: VerifiedCaller, number: int) -> None:
    head = hex(chain.client.pinned().header.number)
    request = {"to": "0x" + at(number).hex(), "data": "0x"}
    said = hex_data(await chain.oracle.call("eth_call", request, head))
    assert (await caller.call(run(number))).value == said
    if number == 0xAC:
        return  # Its inner call fails with all gas it is given, so the estimate is the cap.
    gas = int(str(await chain.oracle.call("eth_estimateGas", request, head)), 16)
    found = (await caller.estimate_gas(run(number))).value
    assert abs(found - gas) <= gas // 32


async def test_failures_are_told_with_their_reason(chain: DevChain, caller: VerifiedCaller) -> None:
    with pytest.raises(CallReverted, match="error 0xdeadbeef") as caught:
        await caller.call(run(0xAB))
    assert caught.value.data == bytes.fromhex("deadbeef")
    with pytest.raises(CallRefused, match="The call fails"):
        await caller.call(run(0xAD))
    with pytest.raises(CallRefused, match="does not cover the first 21000"):
        await caller.call(run(0xA5, gas=20_000))
    with pytest.raises(CallRefused, match="balance does not cover"):
        await caller.call(run(0xA5, value_wei=1))
    assert (await caller.call(run(0xA5, value_wei=1, sender=hex_data(OTHER)))).value
    with pytest.raises(CallReverted):
        await caller.estimate_gas(run(0xAB))


async def test_a_call_without_end_is_stopped_and_the_loop_goes_on(
    chain: DevChain, caller: VerifiedCaller, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = VerifiedCaller(chain.reader, timeout_s=0.3)
    worst, last = 0.0, time.perf_counter()

    async def watch() -> None:
        nonlocal worst, last
        while True:
            await asyncio.sleep(0)
            now = time.perf_counter()
            worst, last = max(worst, now - last), now

    await caller.call(run(0xA5))
    last = time.perf_counter()
    watching = asyncio.create_task(watch())
    with pytest.raises(CallRefused, match=r"not done within 0\.3"):
        await short.call(run(0xA1, gas=50_000_000))
    watching.cancel()
    assert worst > 0
    print(f"longest pause of the loop: {worst * 1000:.1f} ms")
    monkeypatch.setattr(witness_module, "MAX_READS", 50)
    with pytest.raises(CallRefused, match="more than 50 values"):
        await caller.call(run(0xA2, gas=50_000_000))
    await caller.call(run(0xAA, gas=10_000_000))
    short.close()


async def test_only_the_first_call_asks_for_each_proof(
    chain: DevChain, caller: VerifiedCaller
) -> None:
    address, artefact = await chain.credit()
    request = Request(address_bytes(address), artefact.calldata("balanceOf", TREASURY.address))
    await caller.call(request)
    before = chain.client.counters.proofs_verified
    assert await word(caller, request) == 0
    assert chain.client.counters.proofs_verified == before
    await chain.send({"to": address, "data": artefact.calldata("mint", TREASURY.address, 5)})
    before = chain.client.counters.proofs_verified
    assert await word(caller, request) == 5
    # Sender, contract and the one slot: known from the last time, so proven in one exchange.
    assert chain.client.counters.proofs_verified == before + 1 + 3


async def test_views_of_a_contract_are_those_of_its_node(
    chain: DevChain, caller: VerifiedCaller
) -> None:
    address, artefact = await chain.credit()
    await chain.send({"to": address, "data": artefact.calldata("mint", OTHER, 42)})
    for name, arguments in (
        ("balanceOf", (OTHER,)),
        ("totalSupply", ()),
        ("name", ()),
        ("decimals", ()),
        ("DOMAIN_SEPARATOR", ()),
        ("allowance", (OTHER, TREASURY.address)),
    ):
        data = artefact.calldata(name, *arguments)
        found = (await caller.call(Request(address_bytes(address), data))).value
        message = {"to": address, "data": "0x" + data.hex()}
        assert found == hex_data(await chain.oracle.call("eth_call", message, "latest")), name
    name = (await caller.call(Request(address_bytes(address), artefact.calldata("name")))).value
    assert decode(["string"], name) == ("Credit",)
    transfer = artefact.calldata("transfer", OTHER, 1)
    with pytest.raises(CallReverted, match="balance too low"):
        await caller.call(Request(address_bytes(address), transfer))


@pytest.mark.allow_log("127.0.0.1")
async def test_a_lie_about_state_or_code_is_refused(
    chain: DevChain, caller: VerifiedCaller
) -> None:
    honest = [endpoint.rpc.batch for endpoint in chain.client.endpoints]

    def lie(real: Any, change: Any) -> Any:
        async def batch(calls: Any) -> Any:
            answers = await real(calls)
            for answer in answers:
                change(answer)
            return answers

        return batch

    def forged(answer: Any) -> None:
        for slot in answer.get("storageProof", []) if isinstance(answer, dict) else []:
            slot["value"] = "0x1"
            slot["proof"] = slot["proof"][:-1]

    for endpoint, real in zip(chain.client.endpoints, honest, strict=True):
        endpoint.rpc.batch = lie(real, forged)  # type: ignore[method-assign]
    with pytest.raises(ChainFault):
        await caller.call(run(0xA7))
    chain.client.endpoints[1].rpc.batch = honest[1]  # type: ignore[method-assign]
    chain.clock.advance(chain.clock.now_s() + 60)
    await chain.client.sync()
    assert await word(caller, run(0xA7)) == 99


def power(size: int, exponent: int) -> bytes:
    """Input of the built-in power (EIP-198): 3 ** e mod m, sizes of m and e in bytes."""
    head = b"".join(n.to_bytes(32, "big") for n in (size, exponent, size))
    return b"\5" + head + (3).to_bytes(size, "big") + b"\xff" * (exponent + size)


@pytest.mark.parametrize(
    ("data", "is_run"),
    [
        (power(256, 32), True),
        (power(257, 1), False),
        (power(32, 33), False),
        (b"\x04" + b"\x07" * 5000, True),
        (b"\x08" + bytes(192 * 9), False),
        (b"\x09" + (20_001).to_bytes(4, "big") + bytes(209), False),
        (b"\x09" + (12).to_bytes(4, "big") + bytes(209), True),
        (b"\x0c" + bytes(160 * 17), False),
    ],
)
async def test_built_in_functions_are_bounded(
    chain: DevChain, caller: VerifiedCaller, data: bytes, is_run: bool
) -> None:
    if is_run:
        message = {"to": "0x" + at(0xAF).hex(), "data": "0x" + data.hex()}
        said = await chain.oracle.call("eth_call", message, "latest")
        assert (await caller.call(run(0xAF, data))).value == hex_data(said)
        assert any(hex_data(said))
        return
    with pytest.raises(CallRefused, match=f"built-in {data[0]}"):
        await caller.call(run(0xAF, data))


# -- pure parts --------------------------------------------------------------------------------


def header(**changes: Any) -> Header:
    return genesis(**changes)


def test_the_fork_follows_from_the_header_and_on_mainnet_from_its_time() -> None:
    assert fork_of(20211, header()) == "prague"
    assert fork_of(20211, header(requests_hash=None)) == "cancun"
    before = {"parent_beacon_block_root": None, "blob_gas_used": None, "excess_blob_gas": None}
    old = {"requests_hash": None, **before}
    assert fork_of(20211, header(**old)) == "shanghai"
    old["withdrawals_root"] = None
    assert fork_of(20211, header(**old)) == "london"
    assert fork_of(20211, header(**old, difficulty=0)) == "paris"
    assert fork_of(20211, header(**old, base_fee=None)) == "berlin"
    assert fork_of(1, header(timestamp=1_764_798_550)) == "prague"
    assert fork_of(1, header(timestamp=1_764_798_551)) == "osaka"
    assert fork_of(1, header(timestamp=1_767_747_671)) == "bpo2"
    with pytest.raises(CallRefused):
        fork_of(1, header(block_access_list_hash=bytes(32)))


async def test_every_fork_runs(chain: DevChain) -> None:
    state = chain.client.pinned()
    witness = Witness(chain.reader, state, CodeCache())
    ends_s = time.monotonic() + 30
    for fields in range(5):
        names = ("requests_hash", "parent_beacon_block_root", "withdrawals_root", "base_fee")
        removed = dict.fromkeys(names[:fields])
        if fields > 1:
            removed |= {"blob_gas_used": None, "excess_blob_gas": None}
        witness.block = replace(state, header=replace(state.header, **removed))
        request = run(0xA7) if fields < 3 else Request(to=hex_data(OTHER))
        outcome = await asyncio.to_thread(run_message, 20211, Reads(witness), request, ends_s)
        assert outcome.error is None, fork_of(20211, witness.block.header)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it gave no reason"),
        (
            bytes.fromhex("08c379a0") + (32).to_bytes(32, "big") + (2).to_bytes(32, "big") + b"no",
            "no",
        ),
        (bytes.fromhex("4e487b71") + (0x11).to_bytes(32, "big"), "a number overflowed"),
        (bytes.fromhex("4e487b71") + (0x99).to_bytes(32, "big"), "panic 0x99"),
        (b"\x01\x02\x03\x04rest", "error 0x01020304"),
        (bytes.fromhex("08c379a0") + b"\xff" * 64, "it gave an empty reason"),
    ],
)
def test_reasons_of_reverts(data: bytes, reason: str) -> None:
    assert revert_reason(data) == reason


def test_the_first_gas_is_that_of_the_library() -> None:
    from ethereum.forks.prague.transactions import LegacyTransaction, calculate_intrinsic_cost
    from ethereum_types.bytes import Bytes0, Bytes20
    from ethereum_types.numeric import U256, Uint

    for data in (b"", b"\0\0\1", keccak(b"x") * 40):
        for to in (b"", at(1)):
            target = Bytes20(to) if to else Bytes0(b"")
            tx = LegacyTransaction(
                U256(0), Uint(0), Uint(0), target, U256(0), data, U256(0), U256(0), U256(0)
            )
            expected = tuple(int(cost) for cost in calculate_intrinsic_cost(tx))
            assert intrinsic_gas("prague", Request(to, data)) == expected
