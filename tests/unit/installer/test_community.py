"""The community kit: what it generates is believed by the rules that members' programs use."""

from __future__ import annotations

import json
import stat
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from coincurve import PrivateKey
from eth_account import Account
from eth_utils import to_checksum_address
from installer.community import generate, genesis_file, vote
from installer.community.genesis_file import Terms
from installer.community.member_keys import PlanFault, from_descriptions, on_one_machine
from installer.community.predeploy import predeploy
from websockets.asyncio.server import ServerConnection, serve

from peerwatt.chain.bindings.community import Community as Bindings
from peerwatt.chain.bindings.founding import ORDER
from peerwatt.chain.bindings.founding import Terms as Community
from peerwatt.chain.bindings.registry import Role
from peerwatt.chain.bindings.wants import fetch
from peerwatt.chain.clients.bft.light_client import LightClient
from peerwatt.chain.consensus.header import Header, header_from_json, header_to_json
from peerwatt.chain.consensus.qbft import (
    QbftExtra,
    QbftRules,
    block_hash,
    committed_seal_hash,
    decode_extra,
    encode_extra,
)
from peerwatt.chain.encoding import keccak, to_hex
from peerwatt.chain.networks import network_from
from peerwatt.chain.reading.reader import ProvenReader
from peerwatt.chain.status import SyncState
from peerwatt.config.clock import DrivenClock
from peerwatt.devnet import DevNode, RpcServer
from peerwatt.model.market import BookRules, MarketRules, PriceLadder, Tariff
from peerwatt.wallet.nonces import AccountSender, NonceKeeper
from peerwatt.wallet.policy import ChainPolicy
from peerwatt.wallet.secret import SecretKey
from peerwatt.wallet.signer import LocalSigner

OWNER_KEY = keccak(b"owner")
OWNER = Account.from_key(OWNER_KEY).address
CHAIN_ID = 20_299
START_S = 1_750_000_000
TREASURERS = [Account.from_key(keccak(b"treasurer %d" % i)).address for i in range(2)]
RULES = MarketRules(PriceLadder(60_000, 1_000, 256), 1, 180, books=(BookRules(1),))


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generated network of four on this machine."""
    out = tmp_path_factory.mktemp("kit") / "street"
    arguments = ["--members", "4", "--out", str(out), "--owner", OWNER]
    arguments += [word for account in TREASURERS for word in ("--treasurer", account)]
    assert generate.main([*arguments, "--chain-id", str(CHAIN_ID), "--block-period", "5"]) == 0
    return out


def content(kit: Path, name: str) -> Any:
    return json.loads((kit / name).read_text())


def validator_keys(kit: Path) -> list[bytes]:
    return [bytes.fromhex(p.read_text().strip()[2:]) for p in sorted(kit.glob("nodes/*/key"))]


def test_block_0_is_believed_and_is_what_members_trust(kit: Path) -> None:
    genesis, network = content(kit, "genesis.json"), content(kit, "network.json")
    digest = genesis_file.checked_hash(genesis)
    assert network["trust_root"]["hash"] == to_hex(digest)
    described = network_from("street", network)
    header = genesis_file.read_header(genesis)
    state = described.rules.genesis(header, described.genesis_hash)
    assert state.validator_count == 4
    extra = decode_extra(header.extra_data)
    assert [to_hex(address) for address in extra.validators] == network["trust_root"]["validators"]
    assert genesis["config"]["qbft"] == {
        "blockperiodseconds": 5,
        "epochlength": 30_000,
        "requesttimeoutseconds": 10,
    }


def test_a_changed_account_is_another_network(kit: Path) -> None:
    genesis = content(kit, "genesis.json")
    first = next(iter(genesis["alloc"]))
    genesis["alloc"][first]["balance"] = "0x1"
    trusted = content(kit, "network.json")["trust_root"]["hash"]
    assert to_hex(genesis_file.checked_hash(genesis)) != trusted


def test_a_block_as_besu_writes_it_follows_on_block_0(kit: Path) -> None:
    """From Cancun on Besu's QBFT headers have 19 fields: they name no beacon block."""
    parent = genesis_file.read_header(content(kit, "genesis.json"))
    keys = [PrivateKey(key) for key in validator_keys(kit)]
    validators = decode_extra(parent.extra_data).validators
    header = replace(
        parent,
        parent_hash=block_hash(parent),
        number=1,
        timestamp=START_S,
        beneficiary=validators[0],
        blob_gas_used=0,
        excess_blob_gas=0,
    )
    sealed = seal(header, keys, validators)
    assert sealed.field_count == 19
    rules = QbftRules(base_fee="zero")
    state = rules.genesis(parent, block_hash(parent))
    read = header_from_json(header_to_json(sealed))
    assert rules.verify(state, read, START_S).block_hash == block_hash(sealed)


def seal(header: Header, keys: list[PrivateKey], validators: tuple[bytes, ...]) -> Header:
    bare = QbftExtra(bytes(32), validators, None, 0, ())
    unsealed = replace(header, extra_data=encode_extra(bare))
    digest = committed_seal_hash(unsealed)
    seals = tuple(key.sign_recoverable(digest, hasher=None) for key in keys)
    return replace(header, extra_data=encode_extra(replace(bare, seals=seals)))


async def test_a_node_with_these_accounts_is_followed_by_proof(kit: Path, tmp_path: Path) -> None:
    """The embedded chain takes the keys and accounts; its block 0 has its own, newer fork."""
    genesis, described = content(kit, "genesis.json"), content(kit, "network.json")
    clock = DrivenClock(START_S)
    alloc = genesis_file.read_accounts(genesis)
    keys = validator_keys(kit)
    store = tmp_path / "chain.sqlite"
    async with DevNode(store, clock, keys, chain_id=CHAIN_ID, genesis_alloc=alloc) as node:
        server = RpcServer(node)
        await server.start()
        root = {**described["trust_root"], "hash": to_hex(node.head.hash)}
        ours = {**described, "trust_root": root, "endpoints": [server.url]}
        client = LightClient(network_from("street", ours), clock)
        try:
            await found(client, node, clock, content(kit, "founding.json"))
            await check_contracts(client, described["contracts"])
        finally:
            await client.close()
            await server.close()


async def found(
    client: LightClient, node: DevNode, clock: DrivenClock, calls: list[Mapping[str, str]]
) -> None:
    """The owner signs the founding calls, as its wallet would."""
    assert (await client.sync()).head == 0
    signer = LocalSigner(SecretKey(OWNER_KEY), ChainPolicy(CHAIN_ID))
    sender = AccountSender(signer, CHAIN_ID, client.broadcast, NonceKeeper())
    for call in calls:
        data = bytes.fromhex(call["data"][2:])
        transaction = sender.prepare(call["to"], data, gas=500_000)
        await sender.send(transaction)
        clock.advance(clock.now_s() + 5)
        await node.tick()
        status = await client.sync()
        assert status.state is SyncState.VERIFIED
        receipt = await ProvenReader(client).receipt(transaction.transaction_hash)
        assert receipt is not None
        assert receipt.value.succeeded, call["meaning"]


async def check_contracts(client: LightClient, contracts: Mapping[str, str]) -> None:
    reader = ProvenReader(client)
    community = Bindings(contracts)
    await community.check_code(reader)
    rules = await community.market.rules(reader, RULES.zone, START_S // 900)
    assert rules.value == RULES
    roles = await fetch(reader, community.registry.roles(TREASURERS[1]))
    assert roles.value is Role.TREASURER
    scopes = [
        await fetch(reader, community.registry.scope_of(address))
        for address in (community.market.address, community.flexibility.address)
    ]
    assert [scope.value for scope in scopes] == [1, 2]


def test_keys_are_private_and_fit_their_enodes(kit: Path) -> None:
    nodes = content(kit, "static-nodes.json")
    keys = sorted(kit.glob("nodes/*/key"))
    assert len(keys) == len(nodes) == 4
    for path, enode in zip(keys, nodes, strict=True):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        key = PrivateKey(bytes.fromhex(path.read_text().strip()[2:]))
        assert enode.startswith(f"enode://{key.public_key.format(compressed=False)[1:].hex()}@")
        address = (path.parent / "address").read_text().strip()
        assert address == Account.from_key(key.secret).address


def test_start_scripts_name_what_is_missing(kit: Path) -> None:
    script = kit / "nodes" / "validator-1" / "start.sh"
    done = subprocess.run(
        [str(script)], env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, "besu is not in the PATH.\n")


def test_start_scripts_hand_over_all_options(kit: Path, tmp_path: Path) -> None:
    """With a program named besu in the PATH that prints its arguments."""
    besu = tmp_path / "besu"
    besu.write_text('#!/bin/sh\nfor word in "$@"; do echo "$word"; done\n')
    besu.chmod(0o755)
    script = kit / "nodes" / "validator-2" / "start.sh"
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    done = subprocess.run(
        [str(script)], env=environment, capture_output=True, text=True, check=True
    )
    given = dict(line.removeprefix("--").split("=", 1) for line in done.stdout.splitlines())
    assert Path(given["genesis-file"]) == kit / "genesis.json"
    assert Path(given["static-nodes-file"]) == kit / "static-nodes.json"
    assert Path(given["node-private-key-file"]) == script.parent / "key"
    assert (given["rpc-http-port"], given["p2p-port"]) == ("8546", "30304")
    assert "QBFT" not in given["rpc-http-api"]
    assert (given["rpc-ws-host"], given["rpc-ws-port"]) == ("127.0.0.1", "8646")


def test_compose_and_monitoring_name_every_validator(kit: Path) -> None:
    compose = (kit / "compose.yaml").read_text()
    prometheus = (kit / "monitoring" / "prometheus.yml").read_text()
    alerts = (kit / "monitoring" / "alerts.yml").read_text()
    for index in range(4):
        assert f"./nodes/validator-{index + 1}:/node" in compose
        assert f"127.0.0.1:{9545 + index}" in prometheus
    assert 'count(up{job="besu"} == 0) >= 1' in alerts
    assert "increase(ethereum_blockchain_height[75s])" in alerts


def test_members_may_keep_their_keys_to_themselves(tmp_path: Path) -> None:
    own = PrivateKey(keccak(b"bea")).public_key.format(compressed=False)
    members = from_descriptions(["ann=10.0.0.1", f"bea=10.0.0.2,0x{own.hex()}"])
    generate.write_kit(tmp_path / "kit", Terms(CHAIN_ID), members, None)
    assert (tmp_path / "kit" / "nodes" / "ann" / "key").exists()
    assert not (tmp_path / "kit" / "nodes" / "bea" / "key").exists()
    assert members[1].address == bytes.fromhex(Account.from_key(keccak(b"bea")).address[2:])
    described = content(tmp_path / "kit", "network.json")
    assert described["endpoints"] == ["http://10.0.0.1:8545", "http://10.0.0.2:8545"]
    assert described["contracts"] == {}
    assert not (tmp_path / "kit" / "founding.json").exists()


@pytest.mark.parametrize(
    ("described", "words"),
    [
        (["ann"], "not of the form"),
        (["ann=house.example"], "must be an IPv4 address"),
        (["ann=10.0.0.1,0x1234"], "no secp256k1 key"),
        (["ann=10.0.0.1", "ann=10.0.0.2"], "same name"),
    ],
)
def test_members_that_make_no_network_are_refused(described: list[str], words: str) -> None:
    with pytest.raises(PlanFault, match=words):
        from_descriptions(described)
    with pytest.raises(PlanFault, match="1 to 100"):
        on_one_machine(0)


def test_nothing_is_overwritten(kit: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (kit / "genesis.json").read_bytes()
    assert generate.main(["--members", "4", "--out", str(kit)]) == 1
    assert "is not empty" in capsys.readouterr().err
    assert (kit / "genesis.json").read_bytes() == before
    assert generate.main(["--members", "0", "--out", str(kit / "x")]) == 2
    assert generate.main(["--members", "1", "--out", str(kit / "x"), "--owner", "me"]) == 2
    one = ["--owner", OWNER, "--treasurer", OWNER]
    assert generate.main(["--members", "1", "--out", str(kit / "x"), *one]) == 2


def test_the_same_community_gives_the_same_accounts() -> None:
    community = Community(OWNER, OWNER, OWNER, RULES, Tariff(300_000, 80_000))
    first, second = (predeploy(community, CHAIN_ID) for _ in range(2))
    assert first == second
    assert len(first.accounts) == len(ORDER)
    other = replace(community, owner=to_checksum_address("0x" + "12" * 20))
    assert predeploy(other, CHAIN_ID).accounts != first.accounts


async def test_votes_reach_the_validator(capsys: pytest.CaptureFixture[str]) -> None:
    """Over a real WebSocket, to an endpoint that notes what it is asked."""
    asked: list[tuple[str, list[Any]]] = []

    async def answer(socket: ServerConnection) -> None:
        async for message in socket:
            request = json.loads(message)
            asked.append((request["method"], request["params"]))
            fault = {"error": {"message": "method not enabled"}}
            result = {"result": True} if "Vote" in request["method"] else fault
            await socket.send(json.dumps({"jsonrpc": "2.0", "id": request["id"], **result}))

    target = "0x" + "ab" * 20
    async with serve(answer, "127.0.0.1", 0) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        assert "votes to drop" in await vote.run(url, "drop", target)
        assert "no more" in await vote.run(url, "withdraw", target)
        with pytest.raises(vote.VoteFault, match="method not enabled"):
            await vote.run(url, "list", None)
    assert asked[:2] == [
        ("qbft_proposeValidatorVote", [target, False]),
        ("qbft_discardValidatorVote", [target]),
    ]
    with pytest.raises(vote.VoteFault, match="is it running"):
        await vote.run(url, "add", target)
    assert vote.main(["add", "nobody"]) == 2
    assert "0x and 40 digits" in capsys.readouterr().err
