"""The community's contracts as calls: data from arguments, and arguments from data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from peerwatt.config.resources import resource

from .address import checksum_address
from .secret import WalletFault


@dataclass(frozen=True, slots=True)
class Function:
    """One function of one contract."""

    contract: str
    name: str
    selector: bytes
    names: tuple[str, ...]
    types: tuple[str, ...]
    is_view: bool
    takes_coins: bool

    @property
    def signature(self) -> str:
        """Such as ``transfer(address,uint256)``."""
        return f"{self.name}({','.join(self.types)})"

    def encode(self, *arguments: object) -> bytes:
        """Return the data of a call. Raises WalletFault when an argument does not fit."""
        from eth_abi.abi import encode
        from eth_abi.exceptions import EncodingError

        try:
            return self.selector + bytes(encode(self.types, arguments))
        except EncodingError:
            raise WalletFault(f"The arguments do not fit {self.signature}.") from None

    def decode(self, data: bytes) -> dict[str, Any] | None:
        """Return the arguments of a call by name; ``None`` when the data is not exactly one.

        Data that decodes but would be written differently is refused: what is shown is then all
        that is sent.
        """
        from eth_abi.abi import decode, encode
        from eth_abi.exceptions import DecodingError

        try:
            values = decode(self.types, data[4:])
            if bytes(encode(self.types, values)) != data[4:]:
                return None
        except (DecodingError, OverflowError, ValueError):
            return None
        parts = zip(self.names, self.types, values, strict=True)
        return {name: _checksummed(kind, value) for name, kind, value in parts}


def _checksummed(kind: str, value: Any) -> Any:
    if kind == "address":
        return checksum_address(str(value))
    if kind == "address[]":
        return tuple(checksum_address(str(one)) for one in value)
    return value


@cache
def functions(contract: str) -> tuple[Function, ...]:
    """Return what can be called at a contract of ``resources/contracts``; none for a stranger."""
    try:
        content = json.loads(resource("contracts", f"{contract}.json").read_bytes())
    except FileNotFoundError:
        return ()
    # The compiler leaves leading zeros of selectors out, so they are read as numbers.
    selectors = {
        signature: int(number, 16).to_bytes(4, "big")
        for signature, number in content["method_identifiers"].items()
    }
    entries = (entry for entry in content["abi"] if entry["type"] == "function")
    return tuple(_function(contract, entry, selectors) for entry in entries)


def _function(contract: str, entry: Mapping[str, Any], selectors: Mapping[str, bytes]) -> Function:
    types = tuple(_type(item) for item in entry["inputs"])
    return Function(
        contract=contract,
        name=entry["name"],
        selector=selectors[f"{entry['name']}({','.join(types)})"],
        names=tuple(item["name"] for item in entry["inputs"]),
        types=types,
        is_view=entry["stateMutability"] in ("view", "pure"),
        takes_coins=entry["stateMutability"] == "payable",
    )


def _type(item: Mapping[str, Any]) -> str:
    kind = str(item["type"])
    if not kind.startswith("tuple"):
        return kind
    inner = ",".join(_type(part) for part in item["components"])
    return f"({inner}){kind.removeprefix('tuple')}"


def function(contract: str, name: str) -> Function:
    """Return a function of a contract by name. Raises WalletFault."""
    for one in functions(contract):
        if one.name == name:
            return one
    raise WalletFault(f"This community's {contract} has no function {name}.")


def by_selector(contract: str, selector: bytes) -> Function | None:
    """Return the function of a contract that 4 bytes call."""
    return next((one for one in functions(contract) if one.selector == selector), None)


@cache
def contract_names() -> tuple[str, ...]:
    """Return the names of all contracts that the program knows."""
    return tuple(sorted(path.stem for path in resource("contracts").glob("*.json")))


def known_anywhere(selector: bytes) -> Function | None:
    """Return a function of any of our contracts that 4 bytes would call."""
    found = (by_selector(name, selector) for name in contract_names())
    return next((one for one in found if one is not None), None)
