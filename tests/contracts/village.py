"""A community with its treasury and common services on the bare EVM; used by their tests."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_utils import keccak, to_checksum_address
from tests.contracts import conftest
from tests.contracts.conftest import CHAIN_ID, Chain, Contract

SOURCES = Path(__file__).resolve().parent / "peers"
NOBODY = "0x" + "00" * 20
STRANGER = to_checksum_address("0x" + "99" * 20)
FUNDS = 1_000_000_000
NOTICE_S = 14 * 86_400
DAY_S = 86_400


def name_hash(name: str) -> bytes:
    """Under which the registry knows a contract."""
    return keccak(text=name)


def text_hash(text: str) -> bytes:
    """A reference that is as good as any."""
    return keccak(text=text)


class Village:
    """Registry, credit with its two-person treasury, and six members with credits."""

    def __init__(self, homes: int = 6) -> None:
        chain = self.chain = Chain()
        names = ("community", "supplier", "rival", "dso", "operator", "guardian", "ann", "bob")
        for number, name in enumerate(names, 0xA1):
            setattr(self, name, to_checksum_address(bytes([number]) * 20))
        self.registry = chain.deploy("Registry", self.community, 0)
        self.treasury = chain.deploy("Treasury", self.registry.address)
        self.credit = chain.deploy("Credit", "Peerwatt Credit", "PWC", self.treasury.address)
        self.treasury("open", self.credit.address, by=self.community)
        roles = {"dso": 1, "supplier": 2, "rival": 2, "operator": 4, "guardian": 8}
        for name, role in (roles | {"ann": 16, "bob": 16}).items():
            self.registry("set_role", getattr(self, name), role, by=self.community)
        self.keys = [Account.from_key(keccak(text=f"villager {i}")) for i in range(homes)]
        self.homes = [key.address for key in self.keys]
        for home in self.homes:
            self.admit(home)
        self.references = 0
        for account in (*self.homes, self.supplier, self.dso):
            self.mint(account, FUNDS)
        self.notary = chain.deploy("Notary")
        self.services = chain.deploy("Services", self.credit.address, self.registry.address)
        self.allow(self.services)
        self.reset = chain.snapshot()

    def admit(self, member: str) -> None:
        self.registry(
            "add_member", member, 1, 300_037, 79_973, STRANGER, self.supplier, by=self.community
        )

    def allow(self, contract: Contract) -> None:
        """All that hold credits let a contract take them."""
        for account in (*self.homes, self.supplier, self.dso):
            self.credit("approve", contract.address, 2**256 - 1, by=account)

    def mint(self, to: str, amount: int) -> None:
        """Both steps of an issue."""
        self.references += 1
        reference = text_hash(f"payment {self.references}")
        number = self.treasury("propose_mint", to, amount, reference, by=self.ann)
        self.treasury("confirm_mint", number, by=self.bob)

    def pause(self, name: str, paused: bool = True) -> None:
        self.registry("set_paused", name_hash(name), paused, by=self.guardian)

    def balance(self, account: str) -> int:
        return int(self.credit("balanceOf", account))

    def typed(self, name: str, contract: str, kind: str, fields: dict[str, str]) -> Any:
        """Domain and types of EIP-712 data of one of our contracts."""
        domain = {
            "name": name, "version": "1", "chainId": CHAIN_ID, "verifyingContract": contract,
        }  # fmt: skip
        return domain, {kind: [{"name": n, "type": k} for n, k in fields.items()]}


@cache
def compiled(name: str) -> dict[str, Any]:
    """A test's own contract (a thief, a stand-in), compiled from ``peers/<name>.vy``."""
    from vyper.compiler import compile_code
    from vyper.compiler.settings import OptimizationLevel, Settings

    found = compile_code(
        (SOURCES / f"{name}.vy").read_text(encoding="utf-8"),
        output_formats=["abi", "bytecode"],
        settings=Settings(evm_version="prague", optimize=OptimizationLevel.GAS),
    )
    return json.loads(json.dumps({"storage_layout": {}} | found))


def deploy_peer(chain: Chain, name: str, *args: Any) -> Contract:
    """Deploy a test's own contract."""
    content, known = compiled(name), conftest.artefact
    conftest.artefact = lambda wanted: content if wanted == name else known(wanted)
    try:
        return chain.deploy(name, *args)
    finally:
        conftest.artefact = known


class MeteredVillage(Village):
    """With the real meter contract and one meter key a home."""

    def __init__(self, homes: int = 6) -> None:
        super().__init__(homes)
        self.meter = self.chain.deploy("Meter", self.registry.address, 7200)
        self.meter_keys = [Account.from_key(keccak(text=f"register {i}")) for i in range(homes)]
        for home, key in zip(self.homes, self.meter_keys, strict=True):
            self.registry("set_meter", home, key.address, by=self.community)
            self.registry("set_production_meter", home, key.address, by=self.community)
        self.reset = self.chain.snapshot()

    def batch(
        self, home: int, first: int, rows: list[tuple[int, int]], kind: str = "Batch",
        registers: tuple[int, int] = (0, 0),
    ) -> tuple[Any, ...]:  # fmt: skip
        """Signed rows (import, export) from an interval on; ``registers`` before the first."""
        packed = b"".join(drawn.to_bytes(4) + fed.to_bytes(4) for drawn, fed in rows)
        fields = {
            "member": "address", "firstInterval": "uint64", "importWh": "uint64",
            "exportWh": "uint64", "rows": "bytes32",
        }  # fmt: skip
        domain, types = self.typed("Peerwatt Meter", self.meter.address, kind, fields)
        values = (self.homes[home], first, *registers, keccak(packed))
        data = dict(zip(fields, values, strict=True))
        sign = self.meter_keys[home].sign_typed_data(domain, types, data)
        signature = (sign.v, sign.r.to_bytes(32), sign.s.to_bytes(32))
        return (self.homes[home], first, *registers, packed, *signature)

    def metered(self, home: int, first: int, rows: list[tuple[int, int]]) -> None:
        """Put signed rows on chain when their intervals are over."""
        self.chain.time = max(self.chain.time, (first + len(rows)) * 900)
        self.meter("submit", [self.batch(home, first, rows)], by=STRANGER)
