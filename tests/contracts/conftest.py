"""A bare EVM (Prague rules) with the checked-in artefacts, so that tests run what is deployed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import pytest
from eth_abi import decode, encode
from eth_account import Account
from eth_utils import keccak, to_checksum_address
from ethereum.forks.prague.fork_types import Address
from ethereum.forks.prague.state import (
    State,
    TransientStorage,
    get_account,
    get_storage,
    set_storage,
)
from ethereum.forks.prague.trie import copy_trie
from ethereum.forks.prague.utils.address import compute_contract_address
from ethereum.forks.prague.vm import BlockEnvironment, Message, TransactionEnvironment, interpreter
from ethereum.forks.prague.vm.precompiled_contracts.mapping import PRE_COMPILED_CONTRACTS
from ethereum_types.bytes import Bytes0, Bytes32
from ethereum_types.numeric import U64, U256, Uint

from peerwatt.devnet import eels_speed

# The search for jump destinations of one code is repeated at each call; it is the same each time.
vars(interpreter)["get_valid_jump_destinations"] = lru_cache(256)(
    vars(interpreter)["get_valid_jump_destinations"]
)
eels_speed.install()

FOLDER = Path(__file__).resolve().parents[2] / "resources" / "contracts"
CHAIN_ID = 20211
GAS = 60_000_000
T0 = 1_900_000_800
"""Start of the tests, the first second of an interval."""
FIRST = T0 // 900
RETAIL, FEED_IN = 300_037, 79_973
BASE, STEP, COUNT, GATE_S = 79_980, 5_001, 45, 180
FUNDS = 1_000_000_000
DEPOSIT = 500_000_000
DUE_S = 7_200
CHARGES = {1: 0, 2: 11_003, 10: 20_009, 20: 29_989}
NOBODY = "0x" + "00" * 20


@cache
def artefact(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def abi_type(entry: dict[str, Any]) -> str:
    kind = entry["type"]
    if kind.startswith("tuple"):
        inner = ",".join(abi_type(part) for part in entry["components"])
        return f"({inner}){kind[5:]}"
    return kind


class Refused(Exception):
    """A call reverted; the text is the contract's reason."""


class Contract:
    """One deployed contract: its address and what its ABI says."""

    def __init__(self, chain: Chain, name: str, address: bytes) -> None:
        self.chain, self.name, self.raw = chain, name, address
        self.address = to_checksum_address(address)
        self.functions: dict[str, tuple[bytes, list[str], list[str]]] = {}
        self.events: dict[bytes, dict[str, Any]] = {}
        for entry in artefact(name)["abi"]:
            kinds = [abi_type(part) for part in entry.get("inputs", [])]
            if entry["type"] == "event":
                self.events[keccak(text=f"{entry['name']}({','.join(kinds)})")] = entry
            if entry["type"] == "function":
                selector = keccak(text=f"{entry['name']}({','.join(kinds)})")[:4]
                results = [abi_type(part) for part in entry["outputs"]]
                self.functions[entry["name"]] = (selector, kinds, results)

    def __call__(self, function: str, *args: Any, by: str | None = None) -> Any:
        """Send a transaction (with ``by``) or ask (without); raises Refused."""
        selector, kinds, results = self.functions[function]
        data = selector + encode(kinds, args)
        values = decode(results, self.chain.run(self.raw, data, by))
        return values[0] if len(values) == 1 else values or None

    def refuses(self, reason: str, function: str, *args: Any, by: str | None = None) -> None:
        with pytest.raises(Refused) as refusal:
            self(function, *args, by=by)
        assert str(refusal.value) == reason

    def slot(self, variable: str, *keys: int | str, field: int = 0) -> int:
        """Read a variable from raw storage, as a proof would."""
        place = artefact(self.name)["storage_layout"][variable]["slot"]
        for key in keys:
            number = key if isinstance(key, int) else int(key, 16)
            place = int.from_bytes(keccak(place.to_bytes(32) + number.to_bytes(32)))
        where = Bytes32(((place + field) % 2**256).to_bytes(32))
        return int(get_storage(self.chain.state, Address(self.raw), where))

    def word(self, place: int) -> int:
        """Read one word of raw storage by its slot, as a proof would."""
        return int(get_storage(self.chain.state, Address(self.raw), Bytes32(place.to_bytes(32))))

    def write(self, variable: str, *keys: int | str, value: int, field: int = 0) -> None:
        """Write raw storage: state that would take many transactions to reach."""
        place = artefact(self.name)["storage_layout"][variable]["slot"]
        for key in keys:
            number = key if isinstance(key, int) else int(key, 16)
            place = int.from_bytes(keccak(place.to_bytes(32) + number.to_bytes(32)))
        where = Bytes32(((place + field) % 2**256).to_bytes(32))
        set_storage(self.chain.state, Address(self.raw), where, U256(value))

    def code(self) -> bytes:
        """The code on chain."""
        return bytes(get_account(self.chain.state, Address(self.raw)).code)

    def logs(self) -> list[tuple[str, dict[str, Any]]]:
        """The events of this contract in the last transaction."""
        found = []
        for log in self.chain.last_logs:
            if bytes(log.address) == self.raw:
                entry = self.events[bytes(log.topics[0])]
                found.append((entry["name"], decode_event(entry, log)))
        return found


def decode_event(entry: dict[str, Any], log: Any) -> dict[str, Any]:
    indexed = [part for part in entry["inputs"] if part["indexed"]]
    plain = [part for part in entry["inputs"] if not part["indexed"]]
    values = {
        part["name"]: decode([part["type"]], bytes(topic))[0]
        for part, topic in zip(indexed, log.topics[1:], strict=True)
    }
    data = decode([abi_type(part) for part in plain], bytes(log.data))
    return values | dict(zip((part["name"] for part in plain), data, strict=True))


class Chain:
    """State and clock; each call with a sender is one transaction."""

    calls = 0
    """Calls and transactions of all chains of this process."""

    def __init__(self) -> None:
        self.state, self.time, self.gas, self.last_logs = State(), T0, 0, ()
        self.deployed = 0

    def deploy(self, name: str, *args: Any) -> Contract:
        found = artefact(name)
        inputs = next(part["inputs"] for part in found["abi"] if part["type"] == "constructor")
        code = bytes.fromhex(found["bytecode"][2:])
        code += encode([abi_type(part) for part in inputs], args)
        sender = Address(b"\x0d" * 20)
        target = compute_contract_address(sender, Uint(self.deployed))
        self.deployed += 1
        self._execute(sender, Bytes0(b""), target, b"", code)
        return Contract(self, name, bytes(target))

    def run(self, target: bytes, data: bytes, by: str | None) -> bytes:
        Chain.calls += 1
        sender = Address(bytes.fromhex(by[2:])) if by else Address(b"\x0a" * 20)
        where = Address(target)
        code = get_account(self.state, where).code
        return self._execute(sender, where, where, data, code, static=by is None)

    def _execute(
        self, sender: Any, to: Any, target: Any, data: bytes, code: bytes, static: bool = False
    ) -> bytes:
        spent = 21_000 + sum(16 if byte else 4 for byte in data)
        block = BlockEnvironment(
            U64(CHAIN_ID), self.state, Uint(GAS), [], Address(bytes(20)), Uint(1), Uint(0),
            U256(self.time), Bytes32(bytes(32)), U64(0), Bytes32(bytes(32)),
        )  # fmt: skip
        environment = TransactionEnvironment(
            sender, Uint(0), Uint(GAS), set(), set(), TransientStorage(), (), (), Uint(0), None
        )
        message = Message(
            block_env=block, tx_env=environment, caller=sender, target=to, current_target=target,
            gas=Uint(GAS), value=U256(0), data=data, code_address=None if to == b"" else target,
            code=code, depth=Uint(0), should_transfer_value=False, is_static=static,
            accessed_addresses={sender, target, *PRE_COMPILED_CONTRACTS},
            accessed_storage_keys=set(), disable_precompiles=False, parent_evm=None,
        )  # fmt: skip
        output = interpreter.process_message_call(message)
        if output.error is not None:
            raise Refused(reason(bytes(output.return_data)) or repr(output.error))
        if not static:
            self.last_logs = output.logs
            spent += GAS - int(output.gas_left)
            self.gas = spent - min(int(output.refund_counter), spent // 5)
        return bytes(output.return_data)

    def snapshot(self) -> Callable[[], None]:
        """Return what brings this state and time back."""
        state, time = copied(self.state), self.time

        def restore() -> None:
            self.state, self.time = copied(state), time

        return restore


def copied(state: State) -> State:
    tries = {key: copy_trie(trie) for key, trie in state._storage_tries.items()}
    return State(_main_trie=copy_trie(state._main_trie), _storage_tries=tries)


def reason(data: bytes) -> str:
    if data[:4] != keccak(text="Error(string)")[:4]:
        return ""
    return str(decode(["string"], data[4:])[0])


def step(side: int, tick: int, quantity: int, reach: int = 0) -> int:
    """A step's 30 bits; no quantity is no step."""
    return quantity and reach << 28 | side << 27 | tick << 19 | quantity


class Street:
    """A community with members whose keys are known, credits, allowances and market accounts.

    Zones 1 and 2 lie in book 10, which lies in book 20. All homes are in zone 1 unless told.
    """

    first, retail, feed_in = FIRST, RETAIL, FEED_IN
    base, step, count, gate_s, funds = BASE, STEP, COUNT, GATE_S, FUNDS
    deposit = DEPOSIT

    def __init__(self, homes: int = 6, zones: Sequence[int] = (1,)) -> None:
        chain = self.chain = Chain()
        names = ("treasury", "community", "supplier", "dso", "operator", "guardian", "poster")
        for number, name in enumerate(names, 0xA1):
            setattr(self, name, to_checksum_address(bytes([number]) * 20))
        self.credit = chain.deploy("Credit", "Peerwatt Credit", "PWC", self.treasury)
        self.registry = chain.deploy("Registry", self.community, 0)
        self.deploy_markets()
        for account, role in ((self.dso, 1), (self.supplier, 2), (self.operator, 4)):
            self.registry("set_role", account, role, by=self.community)
        self.registry("set_role", self.guardian, 8, by=self.community)
        self.keys = [Account.from_key(keccak(text=f"home {i}")) for i in range(homes)]
        self.meters = [Account.from_key(keccak(text=f"meter {i}")) for i in range(homes)]
        self.homes = [key.address for key in self.keys]
        for i, (home, meter) in enumerate(zip(self.homes, self.meters, strict=True)):
            terms = (zones[i % len(zones)], RETAIL, FEED_IN, meter.address, self.supplier)
            self.registry("add_member", home, *terms, by=self.community)
        for account in (*self.homes, self.supplier, self.dso):
            self.credit("mint", account, FUNDS, by=self.treasury)
            for contract in (self.market, self.flexibility):
                self.credit("approve", contract.address, 2**256 - 1, by=account)
            self.market("deposit", DEPOSIT, by=account)
        self.holders = [
            *self.homes, self.supplier, self.dso, self.treasury, self.community, self.operator,
            self.guardian, self.poster, self.market.address, self.settlement.address,
            self.flexibility.address,
        ]  # fmt: skip
        self.reset = chain.snapshot()

    def deploy_markets(self) -> None:
        chain, community = self.chain, self.community
        places = (self.credit.address, self.registry.address)
        ladder = (BASE, STEP, COUNT, GATE_S)
        self.market = chain.deploy("Market", *places, *ladder, 0, NOBODY)
        self.meter = chain.deploy("Meter", self.registry.address, DUE_S)
        self.settlement = chain.deploy(
            "Settlement", self.registry.address, self.market.address, self.meter.address,
            self.supplier, 500, (RETAIL + FEED_IN) // 2, RETAIL - FEED_IN, 100, 500,
        )  # fmt: skip
        self.flexibility = chain.deploy("Flexibility", *places, self.meter.address)
        for book, parent in ((20, 0), (10, 20), (1, 10), (2, 10)):
            self.market("set_book", book, parent, CHARGES[book], by=community)
        self.market("set_charge_account", self.dso, by=community)
        self.market("set_posters", [self.settlement.address, self.poster], by=community)
        for spender in (self.market, self.flexibility):
            self.registry("set_spender", spender.address, True, by=community)
        for name in ("market", "meter", "settlement", "flexibility"):
            account = getattr(self, name).address
            self.registry("publish", keccak(text=name.capitalize()), account, by=community)

    def order(self, interval: int, side: int, tick: int, quantity: int, reach: int = 0) -> int:
        """An order of one step; quantity 0 takes back."""
        return interval << 64 | step(side, tick, quantity, reach)

    def curve(self, interval: int, *steps: tuple[int, ...]) -> int:
        """An order of up to two steps (side, tick, quantity[, reach])."""
        return interval << 64 | sum(step(*one) << 30 * i for i, one in enumerate(steps))

    def place(self, home: int, *orders: tuple[int, ...]) -> None:
        self.market("place", [self.order(*order) for order in orders], by=self.homes[home])

    def available(self, account: str) -> int:
        """What an account has in the market, micro-units."""
        return int(self.market("accounts", account)[0])

    def escrow(self, account: str) -> int:
        return int(self.market("accounts", account)[1])

    def after_gate(self, interval: int) -> None:
        self.chain.time = interval * 900 - GATE_S + 1

    def after(self, interval: int) -> None:
        self.chain.time = (interval + 1) * 900

    def batch(
        self,
        home: int,
        first: int,
        rows: Sequence[tuple[int, int]],
        registers: tuple[int, int] = (0, 0),
        key: int | None = None,
    ) -> tuple[Any, ...]:
        """Rows (import, export) signed by the home's meter (or the meter of home ``key``)."""
        packed = b"".join(i.to_bytes(4) + e.to_bytes(4) for i, e in rows)
        fields = {
            "member": "address", "firstInterval": "uint64", "importWh": "uint64",
            "exportWh": "uint64", "rows": "bytes32",
        }  # fmt: skip
        values = (self.homes[home], first, *registers, keccak(packed))
        signed = self.meters[home if key is None else key].sign_typed_data(
            {
                "name": "Peerwatt Meter", "version": "1", "chainId": CHAIN_ID,
                "verifyingContract": self.meter.address,
            },
            {"Batch": [{"name": name, "type": kind} for name, kind in fields.items()]},
            dict(zip(fields, values, strict=True)),
        )  # fmt: skip
        signature = (signed.v, signed.r.to_bytes(32), signed.s.to_bytes(32))
        return (self.homes[home], first, *registers, packed, *signature)

    def submit(self, batches: Sequence[tuple[Any, ...]]) -> None:
        self.meter("submit", list(batches), by=self.operator)

    def permit(self, home: int, spender: str, amount: int, deadline: int) -> Any:
        """The owner's signature on an EIP-2612 permit with its next nonce."""
        names = ("owner", "spender", "value", "nonce", "deadline")
        kinds = ("address", "address", "uint256", "uint256", "uint256")
        nonce = self.credit("nonces", self.homes[home])
        values = (self.homes[home], spender, amount, nonce, deadline)
        return self.keys[home].sign_typed_data(
            {
                "name": "Peerwatt Credit", "version": "1", "chainId": CHAIN_ID,
                "verifyingContract": self.credit.address,
            },
            {"Permit": [{"name": n, "type": k} for n, k in zip(names, kinds, strict=True)]},
            dict(zip(names, values, strict=True)),
        )  # fmt: skip

    def balance(self, account: str) -> int:
        return int(self.credit("balanceOf", account))

    def money_is_conserved(self) -> bool:
        held = sum(self.balance(account) for account in self.holders)
        return held == self.credit("totalSupply")


@pytest.fixture(scope="session")
def built_street() -> Street:
    return Street()


@pytest.fixture
def street(built_street: Street) -> Street:
    """Six homes with 500 credits in hand and 500 in the market, at the start of an interval."""
    built_street.reset()
    return built_street
