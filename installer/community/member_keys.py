"""Members of a community network: who runs a validator, its key and its place in the network."""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from coincurve import PrivateKey, PublicKey

from peerwatt.chain.encoding import keccak

P2P_PORT = 30303
RPC_PORT = 8545
VOTE_PORT = 8645
METRICS_PORT = 9545


class PlanFault(ValueError):
    """What was asked for makes no network; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Member:
    """One validator. ``key`` is ``None`` where its owner made the key and gave the public part."""

    name: str
    host: str
    p2p_port: int
    rpc_port: int
    vote_port: int
    metrics_port: int
    public_key: bytes
    """64 bytes, without the leading 0x04."""
    key: bytes | None

    @property
    def address(self) -> bytes:
        """Address under which it seals."""
        return keccak(self.public_key)[12:]

    @property
    def enode(self) -> str:
        """Where the other validators reach it."""
        return f"enode://{self.public_key.hex()}@{self.host}:{self.p2p_port}"

    @property
    def rpc_url(self) -> str:
        """Its JSON-RPC endpoint, as members' programs use it."""
        return f"http://{self.host}:{self.rpc_port}"


def on_one_machine(count: int) -> tuple[Member, ...]:
    """Return members with new keys on one machine, on ports next to each other: for a trial."""
    if not 1 <= count <= 100:
        raise PlanFault("A network needs 1 to 100 validators; 4 or more bear the loss of one.")
    return tuple(_member(f"validator-{i + 1}", "127.0.0.1", offset=i) for i in range(count))


def from_descriptions(described: Sequence[str]) -> tuple[Member, ...]:
    """Return members from texts ``name=host`` or ``name=host,public key``.

    Raises PlanFault for a text of another form, or where two members share a name or a key.
    """
    members = tuple(map(_described, described))
    if len({member.name for member in members}) != len(members):
        raise PlanFault("Two members have the same name.")
    if len({member.address for member in members}) != len(members):
        raise PlanFault("Two members have the same key.")
    return members


def _described(text: str) -> Member:
    name, separator, rest = text.partition("=")
    host, _, public = rest.partition(",")
    if not separator or not host or not name.replace("-", "").isalnum():
        raise PlanFault(
            f"The member {text!r} is not of the form name=host or name=host,public-key."
        )
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        raise PlanFault(
            f"The host of {name!r} must be an IPv4 address: nodes dial no names."
        ) from None
    return _member(name, host, public=public or None)


def _member(name: str, host: str, *, offset: int = 0, public: str | None = None) -> Member:
    key = None
    if public is None:
        key = _new_key()
        public_key = PrivateKey(key).public_key.format(compressed=False)[1:]
    else:
        public_key = _public_key(name, public)
    ports = (P2P_PORT + offset, RPC_PORT + offset, VOTE_PORT + offset, METRICS_PORT + offset)
    return Member(name, host, *ports, public_key, key)


def _public_key(name: str, text: str) -> bytes:
    try:
        data = bytes.fromhex(text.removeprefix("0x"))
        data = b"\x04" + data if len(data) == 64 else data
        return bytes(PublicKey(data).format(compressed=False)[1:])
    except ValueError:
        raise PlanFault(f"The public key of {name!r} is no secp256k1 key in hexadecimal.") from None


def _new_key() -> bytes:
    """Return a key that the curve has; almost every 32 bytes are one."""
    while True:
        key = secrets.token_bytes(32)
        try:
            PrivateKey(key)
        except ValueError:
            continue
        return key
