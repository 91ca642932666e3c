"""Compiled contracts as ``resources/contracts`` holds them: layout, ABI, call data, events."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from peerwatt.config.resources import resource
from peerwatt.model.verified import Unproven

from ..encoding import hex_data, keccak
from ..proofs.receipts import LogEntry
from .layout import LayoutFault, StorageLayout

CONTRACTS = frozenset(
    {
        "Credit", "Treasury", "Registry", "Market", "Meter", "Settlement", "Deals", "Flexibility",
        "Supply", "Certificates", "Notary", "Pool", "Loan", "Services",
    }
)  # fmt: skip
"""Names of the contracts that this program has; no other name ever becomes a file's."""


@dataclass(frozen=True, slots=True)
class Artefact:
    """One compiled contract."""

    name: str
    abi: tuple[Mapping[str, Any], ...]
    bytecode: bytes
    runtime_bytecode: bytes
    layout: StorageLayout
    selectors: Mapping[str, bytes]
    """Signature -> the 4 bytes that call it."""
    code_layout: Mapping[str, Mapping[str, Any]]
    """Immutable -> its offset and length behind the runtime code."""

    def selector(self, function: str) -> bytes:
        """Return the 4-byte selector of a function by its name. Raises LayoutFault."""
        return self.selectors[self._signature(function)]

    def calldata(self, function: str, *arguments: object) -> bytes:
        """Return the data of a call. Raises LayoutFault, or ValueError for unusable arguments."""
        types = _types(self._entry("function", function)["inputs"])
        return self.selector(function) + _encode(types, arguments)

    def deployment(self, *arguments: object) -> bytes:
        """Return the data of the transaction that deploys the contract."""
        constructor = [entry for entry in self.abi if entry["type"] == "constructor"]
        types = _types(constructor[0]["inputs"]) if constructor else []
        return self.bytecode + _encode(types, arguments)

    def immutables(self, code: bytes) -> dict[str, int]:
        """Return the values that the constructor fixed, out of the contract's proven code.

        Raises Unproven when the code is not this artefact's. Texts are left out.
        """
        size = len(self.runtime_bytecode)
        end = max((i["offset"] + i["length"] for i in self.code_layout.values()), default=0)
        if code[:size] != self.runtime_bytecode or len(code) != size + end:
            raise Unproven(f"The code on chain is not that of the contract {self.name}.")
        return {
            name: int.from_bytes(code[size + item["offset"] :][:32], "big")
            for name, item in self.code_layout.items()
            if item["length"] == 32
        }

    def topic(self, event: str) -> bytes:
        """Return the first topic of an event."""
        return _topic(self._entry("event", event))

    def decode_event(self, log: LogEntry) -> tuple[str, dict[str, object]] | None:
        """Return (name, values) of a proven log of this contract; ``None`` for an unknown one.

        Any contract may log the same topic over other data: that is unknown, too.
        """
        from eth_abi.exceptions import DecodingError

        for entry in self.abi:
            if entry["type"] == "event" and log.topics[:1] == (_topic(entry),):
                try:
                    return entry["name"], _event_values(entry["inputs"], log)
                except (DecodingError, ValueError, OverflowError):
                    return None
        return None

    def _signature(self, function: str) -> str:
        entry = self._entry("function", function)
        return f"{function}({','.join(_types(entry['inputs']))})"

    def _entry(self, kind: str, name: str) -> Mapping[str, Any]:
        for entry in self.abi:
            if entry["type"] == kind and entry.get("name") == name:
                return entry
        raise LayoutFault(f"The contract {self.name} has no {kind} {name!r}.")


@cache
def load_artefact(name: str) -> Artefact:
    """Return one of :data:`CONTRACTS`. Raises LayoutFault for another name."""
    if name not in CONTRACTS:
        raise LayoutFault(f"This program has no contract named {name!r:.40}.")
    content = json.loads(resource("contracts", f"{name}.json").read_bytes())
    # The compiler leaves leading zeros of selectors out, so they are read as numbers.
    identifiers = content["method_identifiers"].items()
    return Artefact(
        name=content["name"],
        abi=tuple(content["abi"]),
        bytecode=hex_data(content["bytecode"]),
        runtime_bytecode=hex_data(content["runtime_bytecode"]),
        layout=StorageLayout(name, content["storage_layout"]),
        code_layout=_immutables(content.get("code_layout", {})),
        selectors={text: int(number, 16).to_bytes(4, "big") for text, number in identifiers},
    )


def _immutables(layout: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    found: Mapping[str, Mapping[str, Any]] = layout.get("code_layout", layout)
    return found


def _types(inputs: list[Mapping[str, Any]]) -> list[str]:
    return [_type(item) for item in inputs]


def _type(item: Mapping[str, Any]) -> str:
    kind = str(item["type"])
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(_types(item['components']))}){kind.removeprefix('tuple')}"


def _encode(types: list[str], arguments: tuple[object, ...]) -> bytes:
    from eth_abi.abi import encode
    from eth_abi.exceptions import EncodingError

    try:
        return bytes(encode(types, arguments))
    except EncodingError as fault:
        raise ValueError(f"an argument does not fit its type: {fault}") from None


def _topic(entry: Mapping[str, Any]) -> bytes:
    return keccak(f"{entry['name']}({','.join(_types(entry['inputs']))})".encode())


def _event_values(inputs: list[Mapping[str, Any]], log: LogEntry) -> dict[str, object]:
    from eth_abi.abi import decode

    indexed = [item for item in inputs if item["indexed"]]
    plain = [item for item in inputs if not item["indexed"]]
    values: dict[str, object] = {}
    for item, topic in zip(indexed, log.topics[1:], strict=True):
        values[item["name"]] = decode([_type(item)], topic)[0]
    for item, value in zip(plain, decode(_types(plain), log.data), strict=True):
        values[item["name"]] = value
    return values
