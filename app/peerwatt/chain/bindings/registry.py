"""Registry: members with tariffs and meters, roles, and agents with the limits they are held to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntFlag

from ..encoding import keccak
from .artefact import Artefact, load_artefact
from .layout import as_address, bits
from .wants import Want, word

SECONDS_PER_DAY = 86_400


class Role(IntFlag):
    """Roles; the values are the contract's."""

    DSO = 1
    SUPPLIER = 2
    METERING = 4
    GUARDIAN = 8
    TREASURER = 16


@dataclass(frozen=True, slots=True)
class Member:
    """A household; prices in micro-units per kWh."""

    zone: int
    is_active: bool
    retail_micro_per_kwh: int
    feed_in_micro_per_kwh: int
    meter: str
    """Address of the key that signs its readings."""
    supplier: str
    may_buy: bool = True
    """False while its supplier has suspended new purchases."""
    since_interval: int = 0
    """First interval of the newest terms; this member's are those of the interval asked for."""


@dataclass(frozen=True, slots=True)
class Agent:
    """A key that trades for a member, within limits that the contract enforces."""

    owner: str
    daily_limit_micro: int
    daily_sales_wh: int
    """What it may offer for sale on a UTC day."""
    min_price_micro: int
    max_price_micro: int
    expires_s: int
    scope: int
    """Bits of the contracts that it may use, as :meth:`Registry.scope_of` says them."""
    is_active: bool
    is_paused: bool = False


@dataclass(frozen=True, slots=True)
class Used:
    """What an agent has used of its limits on one UTC day."""

    spent_micro: int
    sold_wh: int


@dataclass(frozen=True, slots=True)
class Version:
    """A published contract."""

    address: str
    from_s: int
    """Unix second from which it counts."""


class Registry:
    """The registry contract at an address."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.artefact: Artefact = load_artefact("Registry")

    def member(self, address: str, interval: int | None = None) -> Want[Member]:
        """A member with its terms in an interval, or the newest; a stranger has zeros."""
        names = ("member_words", "meter_of", "suppliers", "former_suppliers")
        slots = tuple(self.artefact.layout.of(name, address) for name in names)
        return Want(self.address, slots, lambda words: _member(words, interval))

    def production_meter(self, address: str) -> Want[str]:
        """Address of the key that signs what a member's plant makes; zero when it has none."""
        slot = self.artefact.layout.of("production_meter_of", address)
        return word(self.address, slot).map(as_address)

    def is_paused(self, name: str) -> Want[bool]:
        """Whether the guardians have stopped a contract of this name."""
        slot = self.artefact.layout.of("paused", _number(name))
        return word(self.address, slot).map(bool)

    def version_count(self, name: str) -> Want[int]:
        """How many versions of a contract were published."""
        return word(self.address, self.artefact.layout.of("version_count", _number(name)))

    def version(self, name: str, number: int) -> Want[Version]:
        """A version of a contract, counted from 0."""
        slot = self.artefact.layout.of("versions", _number(name), number)
        return word(self.address, slot).map(
            lambda value: Version(as_address(bits(value, 0, 160)), bits(value, 160, 48))
        )

    def member_count(self) -> Want[int]:
        """Number of members ever added."""
        return word(self.address, self.artefact.layout.slot("member_count"))

    def member_at(self, index: int) -> Want[str]:
        """Address of the member with a number."""
        slot = self.artefact.layout.of("member_at", index)
        return word(self.address, slot).map(as_address)

    def roles(self, address: str) -> Want[Role]:
        """Roles of an account."""
        return word(self.address, self.artefact.layout.of("roles", address)).map(Role)

    def agent(self, address: str) -> Want[Agent]:
        """An agent's limits; an unknown one has zeros."""
        layout = self.artefact.layout
        slots = (layout.of("authority", address), layout.of("limits", address))
        return Want(self.address, slots, _agent)

    def used(self, agent: str, time_s: float) -> Want[Used]:
        """What an agent has used of its limits on the UTC day that holds a Unix second."""
        day = int(time_s) // SECONDS_PER_DAY
        return word(self.address, self.artefact.layout.of("limits", agent)).map(
            lambda packed: _used(packed, day)
        )

    def scope_of(self, contract: str) -> Want[int]:
        """The bit that lets an agent use a contract; 0 where agents may not use it."""
        return word(self.address, self.artefact.layout.of("spenders", contract))

    def add_member(self, address: str, member: Member) -> bytes:
        """Data that adds a member; only for the community."""
        return self.artefact.calldata(
            "add_member",
            address,
            member.zone,
            member.retail_micro_per_kwh,
            member.feed_in_micro_per_kwh,
            member.meter,
            member.supplier,
        )

    def set_supply(self, member: str, terms: Member, from_interval: int) -> bytes:
        """Data that changes a member's supplier and tariff from an interval on.

        Only for the community or the Supply contract; more than 192 intervals ahead.
        """
        prices = (terms.retail_micro_per_kwh, terms.feed_in_micro_per_kwh)
        return self.artefact.calldata("set_supply", member, terms.supplier, *prices, from_interval)

    def set_may_buy(self, member: str, is_allowed: bool) -> bytes:
        """Data that stops or allows a member's new purchases; community or Supply."""
        return self.artefact.calldata("set_may_buy", member, is_allowed)

    def set_meter(self, member: str, meter: str) -> bytes:
        """Data that puts another meter's key in place; only for the community."""
        return self.artefact.calldata("set_meter", member, meter)

    def set_production_meter(self, member: str, meter: str) -> bytes:
        """Data that names the key of a member's plant; only for the community."""
        return self.artefact.calldata("set_production_meter", member, meter)

    def publish(self, name: str, address: str) -> bytes:
        """Data that publishes the next version of a contract; only for the community."""
        return self.artefact.calldata("publish", keccak(name.encode()), address)

    def set_paused(self, name: str, is_paused: bool) -> bytes:
        """Data that stops a contract or lets it go on; only for guardians."""
        return self.artefact.calldata("set_paused", keccak(name.encode()), is_paused)

    def set_active(self, member: str, is_active: bool) -> bytes:
        """Data that admits or suspends a member; only for the community."""
        return self.artefact.calldata("set_active", member, is_active)

    def set_role(self, address: str, role: Role) -> bytes:
        """Data that sets an account's roles; only for the community."""
        return self.artefact.calldata("set_role", address, int(role))

    def set_spender(self, contract: str, is_spender: bool) -> bytes:
        """Data that lets a contract charge agents; only for the community."""
        return self.artefact.calldata("set_spender", contract, is_spender)

    def authorise_agent(self, address: str, limits: Agent, allowed: Sequence[str]) -> bytes:
        """Data with which a member authorises its agent to use the contracts ``allowed``.

        Owner and scope of ``limits`` are not sent: they follow from who signs and ``allowed``.
        """
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

    def pause_agent(self, address: str, is_paused: bool) -> bytes:
        """Data with which a member stops its agent for a while, or lets it go on."""
        return self.artefact.calldata("pause_agent", address, is_paused)

    def revoke_agent(self, address: str) -> bytes:
        """Data with which a member revokes its agent."""
        return self.artefact.calldata("revoke_agent", address)

    @staticmethod
    def deployment(community: str, notice_s: int = 0) -> bytes:
        """Data that deploys the contract; ``notice_s`` before a new version counts."""
        return load_artefact("Registry").deployment(community, notice_s)


def _number(name: str) -> int:
    return int.from_bytes(keccak(name.encode()), "big")


def _used(packed: int, day: int) -> Used:
    if bits(packed, 240, 16) != day:
        return Used(0, 0)
    return Used(bits(packed, 140, 64), bits(packed, 204, 36))


def _member(words: Sequence[int], interval: int | None) -> Member:
    value, meter, supplier, former = words
    since = bits(value, 136, 32)
    is_former = interval is not None and interval < since
    prices = bits(value, 72 if is_former else 8, 64)
    return Member(
        zone=bits(value, 0, 8),
        is_active=bits(value, 169, 1) == 1,
        retail_micro_per_kwh=bits(prices, 0, 32),
        feed_in_micro_per_kwh=bits(prices, 32, 32),
        meter=as_address(meter),
        supplier=as_address(former if is_former else supplier),
        may_buy=bits(value, 169, 2) == 1,
        since_interval=since,
    )


def _agent(words: Sequence[int]) -> Agent:
    authority, limits = words
    return Agent(
        owner=as_address(bits(authority, 0, 160)),
        daily_limit_micro=bits(limits, 0, 64),
        daily_sales_wh=bits(limits, 64, 36),
        min_price_micro=bits(authority, 160, 32),
        max_price_micro=bits(authority, 192, 32),
        expires_s=bits(limits, 100, 40),
        scope=bits(authority, 224, 8),
        is_paused=bits(authority, 232, 1) == 1,
        is_active=bits(authority, 233, 1) == 1,
    )
