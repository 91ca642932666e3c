"""Typed data (EIP-712), strictly: exactly the declared fields, in range, in canonical form.

Libraries forgive a lot here (missing fields, numbers as text, odd spellings of addresses), and
wallets were deceived with it: what was shown was not what was signed. So everything is checked
before the library hashes it. The three hashes are those that ERC-8213 asks a wallet to show.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .address import checksum_address, is_checksummed, keccak
from .secret import WalletFault

MAX_TYPES = 32
MAX_FIELDS = 64
MAX_DEPTH = 8
MAX_VALUES = 2_000
_DOMAIN = "EIP712Domain"
_DOMAIN_FIELDS = (
    ("name", "string"),
    ("version", "string"),
    ("chainId", "uint256"),
    ("verifyingContract", "address"),
    ("salt", "bytes32"),
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)
_ATOM = re.compile(r"(u?int)(\d{1,3})|bytes(\d{1,2})", re.ASCII)
_ARRAY = re.compile(r"(.+)\[(\d{0,4})\]", re.ASCII)
_HEX = re.compile(r"0x(?:[0-9a-fA-F]{2})*", re.ASCII)
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value of the message, where it stands and of which type it is."""

    path: str
    """Such as ``order.items[0].price``."""
    type: str
    value: Any


@dataclass(frozen=True, slots=True)
class TypedData:
    """Checked typed data with its hashes."""

    primary_type: str
    domain: Mapping[str, Any]
    message: Mapping[str, Any]
    leaves: tuple[Leaf, ...]
    """All values of the message in order."""
    content: dict[str, Any]
    """The whole in canonical form, as eth-account and hardware wallets take it."""
    domain_hash: bytes
    message_hash: bytes

    @property
    def digest(self) -> bytes:
        """The 32 bytes that are signed."""
        return keccak(b"\x19\x01" + self.domain_hash + self.message_hash)


def read_typed_data(content: object, chain_id: int) -> TypedData:
    """Return checked typed data for a chain. Raises WalletFault with what is wrong."""
    if not isinstance(content, Mapping):
        raise _fault("it is no JSON object")
    if set(content) != {"types", "primaryType", "domain", "message"}:
        raise _fault("it needs types, primaryType, domain and message, and nothing else")
    types = _types(content["types"])
    primary = content["primaryType"]
    if not isinstance(primary, str) or primary not in types or primary == _DOMAIN:
        raise _fault("its primary type is not declared")
    if unused := set(types) - {_DOMAIN} - _reachable(types, primary, 0):
        raise _fault(f"its type {min(unused)} is not used")
    domain = _domain(types, content["domain"], chain_id)
    budget = [MAX_VALUES]
    message = _struct(types, primary, content["message"], "", 0, budget)
    whole = {"types": types, "primaryType": primary, "domain": domain, "message": message}
    domain_hash, message_hash = _hashes(whole)
    leaves = tuple(_leaves(types, primary, message, ""))
    return TypedData(primary, domain, message, leaves, whole, domain_hash, message_hash)


def _fault(why: str) -> WalletFault:
    return WalletFault(f"This typed data is not signed: {why}.", "typed_data")


Types = dict[str, list[dict[str, str]]]


def _types(content: object) -> Types:
    if not isinstance(content, Mapping) or not 2 <= len(content) <= MAX_TYPES:
        raise _fault("its types are no list of some types")
    types: Types = {}
    for name, fields in content.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name) or _is_atom(name):
            raise _fault("a type has no proper name")
        if not isinstance(fields, list) or len(fields) > MAX_FIELDS:
            raise _fault(f"the type {name} has no list of fields")
        types[name] = [_field(name, one) for one in fields]
        if len({one["name"] for one in types[name]}) != len(fields):
            raise _fault(f"the type {name} has a field twice")
    if _DOMAIN not in types:
        raise _fault("the type of its domain is missing")
    for fields in types.values():
        for one in fields:
            if not _is_atom(_core(one["type"])) and _core(one["type"]) not in types:
                raise _fault(f"the type {_core(one['type'])} is not declared")
    return types


def _field(owner: str, content: object) -> dict[str, str]:
    if not isinstance(content, Mapping) or set(content) != {"name", "type"}:
        raise _fault(f"a field of {owner} has not just a name and a type")
    name, kind = content["name"], content["type"]
    if not isinstance(name, str) or not _NAME.fullmatch(name) or not isinstance(kind, str):
        raise _fault(f"a field of {owner} has no proper name")
    core = _core(kind)
    if not _is_atom(core) and not _NAME.fullmatch(core):
        raise _fault(f"the field {name} has a type that is unknown")
    return {"name": name, "type": kind}


def _core(kind: str) -> str:
    while found := _ARRAY.fullmatch(kind):
        kind = found[1]
    return kind


def _is_atom(kind: str) -> bool:
    if kind in ("bool", "address", "string", "bytes"):
        return True
    found = _ATOM.fullmatch(kind)
    if found is None:
        # int and uint without a size are aliases that contracts hash differently from wallets.
        return False
    if found[3]:
        return 1 <= int(found[3]) <= 32 and found[3][0] != "0"
    return int(found[2]) in range(8, 257, 8) and found[2][0] != "0"


def _reachable(types: Types, name: str, depth: int) -> set[str]:
    if depth > MAX_DEPTH:
        raise _fault("its types are nested too deeply or in a circle")
    found = {name}
    for one in types[name]:
        core = _core(one["type"])
        if core in types:
            found |= _reachable(types, core, depth + 1)
    return found


def _domain(types: Types, content: object, chain_id: int) -> dict[str, Any]:
    domain = _struct(types, _DOMAIN, content, "domain", 0, [MAX_VALUES])
    wanted = [{"name": n, "type": t} for n, t in _DOMAIN_FIELDS if n in domain]
    if types[_DOMAIN] != wanted or not domain:
        raise _fault("its domain has unusual fields or another order of them")
    if "chainId" not in domain:
        raise _fault("its domain names no chain, so it would hold on any")
    if domain["chainId"] != chain_id:
        raise _fault(f"it is for chain {domain['chainId']}, not for {chain_id}")
    if "verifyingContract" not in domain:
        raise _fault("its domain names no contract, so it would hold for any")
    return domain


def _struct(
    types: Types, name: str, content: object, path: str, depth: int, budget: list[int]
) -> dict[str, Any]:
    if depth > MAX_DEPTH:
        raise _fault("its values are nested too deeply")
    if not isinstance(content, Mapping):
        raise _fault(f"{path or name} is no object")
    names = [one["name"] for one in types[name]]
    if missing := set(names) - set(content):
        raise _fault(f"{path or name} lacks {min(missing)}")
    if extra := set(content) - set(names):
        raise _fault(f"{path or name} holds {str(min(extra))[:40]!r}, which would not be signed")
    return {
        one["name"]: _value(
            types, one["type"], content[one["name"]], f"{path}.{one['name']}", depth, budget
        )
        for one in types[name]
    }


def _value(types: Types, kind: str, value: object, path: str, depth: int, budget: list[int]) -> Any:
    budget[0] -= 1
    if budget[0] < 0:
        raise _fault("it holds too many values")
    if found := _ARRAY.fullmatch(kind):
        if not isinstance(value, list) or (found[2] and len(value) != int(found[2])):
            raise _fault(f"{path.lstrip('.')} is no list of the declared length")
        parts = enumerate(value)
        return [
            _value(types, found[1], one, f"{path}[{at}]", depth + 1, budget) for at, one in parts
        ]
    if kind in types:
        return _struct(types, kind, value, path.lstrip("."), depth + 1, budget)
    return _atom(kind, value, path.lstrip("."))


def _atom(kind: str, value: object, path: str) -> Any:
    if kind == "bool" and isinstance(value, bool):
        return value
    if kind == "string" and isinstance(value, str):
        return value
    if kind == "address":
        return _address(value, path)
    if kind.startswith("bytes") and isinstance(value, str) and _HEX.fullmatch(value):
        if kind == "bytes" or len(value) == 2 + 2 * int(kind[5:]):
            return value.lower()
    elif kind.startswith(("int", "uint")) and (number := _integer(value)) is not None:
        bits = int(kind.removeprefix("u")[3:])
        low, high = (0, 1 << bits) if kind[0] == "u" else (-(1 << bits - 1), 1 << bits - 1)
        if low <= number < high:
            return number
    raise _fault(f"{path} is no proper {kind}")


def _integer(value: object) -> int | None:
    """Return a number; large ones may come as canonical decimal text, as JSON has them."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and re.fullmatch(r"0|-?[1-9]\d{0,77}", value, re.ASCII):
        return int(value)
    return value if isinstance(value, int) else None


def _address(value: object, path: str) -> str:
    if not isinstance(value, str) or not _ADDRESS.fullmatch(value):
        raise _fault(f"{path} is no address in its one proper form")
    if value[2:] != value[2:].lower() and not is_checksummed(value):
        raise _fault(f"{path} is a mistyped address")
    return checksum_address(value)


def _hashes(content: dict[str, Any]) -> tuple[bytes, bytes]:
    from eth_account.messages import encode_typed_data

    try:
        signable = encode_typed_data(full_message=content)
    except Exception:
        # The library raises what it likes for what it cannot hash; nothing of it is a secret.
        raise _fault("it cannot be hashed") from None
    return bytes(signable.header), bytes(signable.body)


def _leaves(types: Types, kind: str, value: Any, path: str) -> Iterator[Leaf]:
    if kind in types:
        for one in types[kind]:
            name = one["name"]
            yield from _leaves(types, one["type"], value[name], f"{path}.{name}" if path else name)
    elif found := _ARRAY.fullmatch(kind):
        for at, part in enumerate(value):
            yield from _leaves(types, found[1], part, f"{path}[{at}]")
        if not value:
            yield Leaf(path, kind, [])
    else:
        yield Leaf(path, kind, value)


PERMIT_FIELDS = (
    ("owner", "address"),
    ("spender", "address"),
    ("value", "uint256"),
    ("nonce", "uint256"),
    ("deadline", "uint256"),
)


def permit(
    credit: str,
    credit_name: str,
    chain_id: int,
    *,
    owner: str,
    spender: str,
    amount_micro: int,
    nonce: int,
    deadline_s: int,
) -> dict[str, Any]:
    """Return an allowance by signature for our credits (EIP-2612) to be signed."""
    values = (owner, spender, amount_micro, nonce, deadline_s)
    names = [name for name, _ in PERMIT_FIELDS]
    domain_fields = [{"name": n, "type": t} for n, t in _DOMAIN_FIELDS[:4]]
    return {
        "types": {
            _DOMAIN: domain_fields,
            "Permit": [{"name": name, "type": kind} for name, kind in PERMIT_FIELDS],
        },
        "primaryType": "Permit",
        "domain": {
            "name": credit_name,
            "version": "1",
            "chainId": chain_id,
            "verifyingContract": credit,
        },
        "message": dict(zip(names, values, strict=True)),
    }
