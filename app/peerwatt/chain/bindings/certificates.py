"""Certificates: green energy by hour, issued from signed readings and burned on consumption."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .artefact import Artefact, load_artefact
from .layout import bits
from .wants import Want, word


@dataclass(frozen=True, slots=True)
class HourRecord:
    """A member's certificates of one hour, Wh."""

    produced_wh: int
    own_wh: int
    """Produced and not exported: burned at once."""
    shared_wh: int
    """Green export that the community bought."""
    local_wh: int
    """Bought in the community and used."""
    import_wh: int
    export_wh: int
    """Both net of each interval."""
    claimed_wh: int
    """Burned out of the hour's pool."""
    is_claimed: bool


@dataclass(frozen=True, slots=True)
class HourPool:
    """What sellers shared in an hour, what buyers bought and used, what they claimed; Wh."""

    shared_wh: int
    wanted_wh: int
    claimed_wh: int


class Certificates:
    """The certificates' contract at an address. An hour is Unix seconds // 3600."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.artefact: Artefact = load_artefact("Certificates")

    def record(self, member: str, hour: int) -> Want[HourRecord | None]:
        """A member's hour; ``None`` before it is issued."""
        slot = self.artefact.layout.of("records", member, hour)
        return word(self.address, slot).map(decode_record)

    def pool(self, hour: int) -> Want[HourPool]:
        """An hour's pool; final once the hour is closed."""
        slot = self.artefact.layout.of("pools", hour)
        return word(self.address, slot).map(
            lambda value: HourPool(bits(value, 0, 64), bits(value, 64, 64), bits(value, 128, 64))
        )

    def issued_wh(self) -> Want[int]:
        """All Wh ever issued."""
        return word(self.address, self.artefact.layout.slot("issued_wh"))

    def burned_wh(self) -> Want[int]:
        """All Wh ever burned."""
        return word(self.address, self.artefact.layout.slot("burned_wh"))

    def issue(self, members: Sequence[str], hour: int) -> bytes:
        """Data that issues an hour of up to 32 members; anyone may send it."""
        return self.artefact.calldata("issue", list(members), hour)

    def claim(self, members: Sequence[str], hour: int) -> bytes:
        """Data that burns the buyers' part of a closed hour; anyone may send it."""
        return self.artefact.calldata("claim", list(members), hour)

    @staticmethod
    def deployment(registry: str, settlement: str, meter: str, close_after_s: int) -> bytes:
        """Data that deploys the contract; an hour closes ``close_after_s`` after its end."""
        return load_artefact("Certificates").deployment(registry, settlement, meter, close_after_s)


def decode_record(value: int) -> HourRecord | None:
    """Unpack a member's hour; ``None`` before it is issued."""
    if not bits(value, 255, 1):
        return None
    return HourRecord(
        produced_wh=bits(value, 0, 32),
        own_wh=bits(value, 32, 32),
        shared_wh=bits(value, 64, 32),
        local_wh=bits(value, 96, 32),
        import_wh=bits(value, 128, 32),
        export_wh=bits(value, 160, 32),
        claimed_wh=bits(value, 192, 32),
        is_claimed=bits(value, 254, 1) == 1,
    )
