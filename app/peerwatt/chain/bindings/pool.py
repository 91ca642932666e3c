"""Pool: a coalition that is one member of the community and splits its income by a signed key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .artefact import Artefact, load_artefact
from .layout import as_address
from .registry import Agent
from .wants import Want, word

MAX_PARTIES = 16
WHOLE = 10_000
_MEMBERS = (
    ("version", "uint256"),
    ("members", "address[]"),
    ("shares", "uint256[]"),
    ("manager", "address"),
    ("reserve", "uint256"),
)


@dataclass(frozen=True, slots=True)
class Key:
    """Who is in a pool, with which shares (of 10000), managed by whom."""

    shares: Mapping[str, int]
    manager: str
    reserve_micro: int
    """Working balance that stays in the market's account."""


@dataclass(frozen=True, slots=True)
class KeySignature:
    """A party's signature on a key (EIP-712)."""

    v: int
    r: bytes
    s: bytes


class Pool:
    """A pool's contract at an address."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.artefact: Artefact = load_artefact("Pool")

    def version(self) -> Want[int]:
        """Number of keys set so far: what the next key has to be signed with."""
        return word(self.address, self.artefact.layout.slot("version"))

    def parties(self) -> Want[tuple[str, ...]]:
        """Who shares in the pool now."""
        place = self.artefact.layout.slot("parties")
        slots = tuple(place + i for i in range(MAX_PARTIES + 1))
        return Want(self.address, slots, _parties)

    def share(self, party: str) -> Want[int]:
        """A party's share; of :meth:`total_shares`, which is below 10000 once someone left."""
        return word(self.address, self.artefact.layout.of("shares", party))

    def total_shares(self) -> Want[int]:
        """Sum of all shares."""
        return word(self.address, self.artefact.layout.slot("total_shares"))

    def manager(self) -> Want[str]:
        """Who names the pool's agents."""
        return word(self.address, self.artefact.layout.slot("manager")).map(as_address)

    def reserve_micro(self) -> Want[int]:
        """Working balance that stays in the market's account."""
        return word(self.address, self.artefact.layout.slot("reserve"))

    def leaves_at_s(self, party: str) -> Want[int]:
        """Unix second at which a party's notice is over; 0 without notice."""
        return word(self.address, self.artefact.layout.of("leaves_at_s", party))

    def typed_key(self, key: Key, version: int, chain_id: int) -> dict[str, object]:
        """Return the EIP-712 document that each party signs."""
        return {
            "types": {
                "EIP712Domain": [
                    {"name": "name", "type": "string"},
                    {"name": "version", "type": "string"},
                    {"name": "chainId", "type": "uint256"},
                    {"name": "verifyingContract", "type": "address"},
                ],
                "Key": [{"name": name, "type": kind} for name, kind in _MEMBERS],
            },
            "primaryType": "Key",
            "domain": {
                "name": "Peerwatt Pool",
                "version": "1",
                "chainId": chain_id,
                "verifyingContract": self.address,
            },
            "message": {
                "version": version,
                "members": list(key.shares),
                "shares": list(key.shares.values()),
                "manager": key.manager,
                "reserve": key.reserve_micro,
            },
        }

    def set_key(self, key: Key, signatures: Sequence[KeySignature]) -> bytes:
        """Data of a new key, signed by its parties in order, then by those it leaves out."""
        return self.artefact.calldata(
            "set_key",
            list(key.shares),
            list(key.shares.values()),
            key.manager,
            key.reserve_micro,
            [(signature.v, signature.r, signature.s) for signature in signatures],
        )

    def contribute(self, amount_micro: int) -> bytes:
        """Data with which a party adds own credits to the pool's account."""
        return self.artefact.calldata("contribute", amount_micro)

    def authorise_agent(self, address: str, limits: Agent, allowed: Sequence[str]) -> bytes:
        """Data with which the manager names an agent; as Registry.authorise_agent."""
        return self.artefact.calldata(
            "authorise_agent",
            address,
            limits.daily_limit_micro,
            limits.daily_sales_wh,
            limits.min_price_micro,
            limits.max_price_micro,
            limits.expires_s,
            list(allowed),
        )

    def revoke_agent(self, address: str) -> bytes:
        """Data with which manager or a party ends an agent's authority."""
        return self.artefact.calldata("revoke_agent", address)

    def distribute(self) -> bytes:
        """Data that splits the income; anyone may send it."""
        return self.artefact.calldata("distribute")

    def leave(self) -> bytes:
        """Data with which a party gives notice."""
        return self.artefact.calldata("leave")

    def depart(self, party: str) -> bytes:
        """Data that pays out a party whose notice is over; anyone may send it."""
        return self.artefact.calldata("depart", party)

    @staticmethod
    def deployment(credit: str, registry: str, market: str, notice_s: int) -> bytes:
        """Data that deploys a pool."""
        return load_artefact("Pool").deployment(credit, registry, market, notice_s)


def _parties(words: Sequence[int]) -> tuple[str, ...]:
    count, *places = words
    return tuple(as_address(place) for place in places[:count])
