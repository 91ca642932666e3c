"""Registry: members with tariffs and meters, roles, and agents with the limits they are held to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntFlag

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


class Registry:
    """The registry contract at an address."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.artefact: Artefact = load_artefact("Registry")

    def _struct(self, variable: str, key: str, size: int) -> tuple[int, ...]:
        layout = self.artefact.layout
        return tuple(layout.of(variable, key, member=member) for member in range(size))

    def member(self, address: str) -> Want[Member]:
        """A member; a stranger has zeros."""
        return Want(self.address, self._struct("members", address, 6), _member)

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
        return word(self.address, self.artefact.layout.of("used", agent, day)).map(
            lambda packed: Used(bits(packed, 0, 128), bits(packed, 128, 128))
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

    def set_tariff(self, member: str, retail_micro: int, feed_in_micro: int) -> bytes:
        """Data that changes a member's tariff; only for the community."""
        return self.artefact.calldata("set_tariff", member, retail_micro, feed_in_micro)

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
    def deployment(community: str) -> bytes:
        """Data that deploys the contract."""
        return load_artefact("Registry").deployment(community)


def _member(words: Sequence[int]) -> Member:
    zone, active, retail, feed_in, meter, supplier = words
    return Member(zone, active == 1, retail, feed_in, as_address(meter), as_address(supplier))


def _agent(words: Sequence[int]) -> Agent:
    authority, limits = words
    return Agent(
        owner=as_address(bits(authority, 0, 160)),
        daily_limit_micro=bits(limits, 0, 96),
        daily_sales_wh=bits(limits, 96, 64),
        min_price_micro=bits(authority, 160, 32),
        max_price_micro=bits(authority, 192, 32),
        expires_s=bits(limits, 160, 48),
        scope=bits(authority, 224, 8),
        is_paused=bits(authority, 232, 1) == 1,
        is_active=bits(authority, 233, 1) == 1,
    )
