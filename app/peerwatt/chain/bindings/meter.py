"""Meter: signed rows of metered energy and the registers that tie them together, Wh."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .artefact import Artefact, load_artefact
from .layout import bits
from .wants import Want, word

GRID, PRODUCTION = 0, 1
"""Kinds of meters: the connection's and that of production."""
RING_HOURS = 192
"""Hours whose rows the contract keeps."""
MAX_STEP_WH = (1 << 20) - 1
"""Largest import or export of one interval that the contract takes, Wh."""
MAX_BATCHES, MAX_ROWS = 16, 96


@dataclass(frozen=True, slots=True)
class MeterRegister:
    """Registers at the end of an interval, Wh; interval 0 where nothing was signed yet."""

    interval: int
    import_wh: int
    export_wh: int


@dataclass(frozen=True, slots=True)
class MeterState:
    """How far a member's meter is known."""

    signed: MeterRegister
    first_interval: int
    known_interval: int
    """Last interval that is signed or estimated; 0 where there is none."""
    is_restarted: bool


@dataclass(frozen=True, slots=True)
class MeterRow:
    """Energy of one interval, Wh."""

    interval: int
    import_wh: int
    export_wh: int
    is_estimated: bool = False


@dataclass(frozen=True, slots=True)
class SignedBatch:
    """Rows of successive intervals with the meter's signature (EIP-712)."""

    member: str
    first_interval: int
    import_wh: int
    """Register before the first row."""
    export_wh: int
    rows: bytes
    """For each interval import and export in Wh, 4 bytes each, big-endian."""
    v: int
    r: bytes
    s: bytes

    def as_argument(self) -> tuple[object, ...]:
        """Return the batch as the contracts take it."""
        return (
            self.member,
            self.first_interval,
            self.import_wh,
            self.export_wh,
            self.rows,
            self.v,
            self.r,
            self.s,
        )


class Meter:
    """The meter contract at an address."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.artefact: Artefact = load_artefact("Meter")

    def state(self, member: str, kind: int = GRID) -> Want[MeterState]:
        """How far a member's meter is known, with its newest signed registers."""
        slot = self.artefact.layout.of("last", kind, member)
        return word(self.address, slot).map(decode_state)

    def last(self, member: str) -> Want[MeterRegister]:
        """Newest signed registers of a member."""
        return self.state(member).map(lambda state: state.signed)

    def row(self, member: str, interval: int, kind: int = GRID) -> Want[MeterRow | None]:
        """Energy of one interval; ``None`` where it is not known, or older than the ring."""
        slots = (
            self.artefact.layout.of("last", kind, member),
            self._hour_slot(member, interval // 4, kind),
        )
        return Want(
            self.address,
            slots,
            lambda words: decode_row(decode_state(words[0]), words[1], interval),
        )

    def rows(
        self, member: str, first_interval: int, count: int, kind: int = GRID
    ) -> Want[dict[int, MeterRow | None]]:
        """Energy of successive intervals by interval, each as :meth:`row` has it."""
        hours = range(first_interval // 4, (first_interval + count - 1) // 4 + 1)
        slots = tuple(self._hour_slot(member, hour, kind) for hour in hours)

        def decode(words: Sequence[int]) -> dict[int, MeterRow | None]:
            state = decode_state(words[0])
            return {
                i: decode_row(state, words[1 + i // 4 - hours[0]], i)
                for i in range(first_interval, first_interval + count)
            }

        return Want(self.address, (self.artefact.layout.of("last", kind, member), *slots), decode)

    def _hour_slot(self, member: str, hour: int, kind: int) -> int:
        return self.artefact.layout.of("rows", kind, member, member=hour % RING_HOURS)

    def submit(self, batches: Sequence[SignedBatch]) -> bytes:
        """Data that submits up to 16 batches; anyone may send it."""
        return self.artefact.calldata("submit", [one.as_argument() for one in batches])

    def submit_production(self, batches: Sequence[SignedBatch]) -> bytes:
        """The same for meters of production."""
        return self.artefact.calldata("submit_production", [one.as_argument() for one in batches])

    def estimate(self, member: str, first_interval: int, count: int) -> bytes:
        """Data that estimates overdue intervals of a silent meter."""
        return self.artefact.calldata("estimate", member, first_interval, count)

    def restart(self, member: str, first_interval: int, kind: int = GRID) -> bytes:
        """Data with which the metering operator lets registers start anew."""
        return self.artefact.calldata("restart", member, first_interval, kind)

    def anchor(self, root: bytes, first_interval: int, last_interval: int) -> bytes:
        """Data that fixes the root of the sender's finer readings."""
        return self.artefact.calldata("anchor", root, first_interval, last_interval)

    def due_s(self, code: bytes) -> int:
        """How long after its end an interval's row is awaited, seconds, out of proven code."""
        return self.artefact.immutables(code)["due_s"]

    @staticmethod
    def deployment(registry: str, due_s: int) -> bytes:
        """Data that deploys the contract; readings are due after 900 s to 5 days."""
        return load_artefact("Meter").deployment(registry, due_s)


def decode_state(word_: int) -> MeterState:
    """Unpack a word of ``last``."""
    register = MeterRegister(bits(word_, 128, 32), bits(word_, 64, 64), bits(word_, 0, 64))
    return MeterState(register, bits(word_, 192, 32), bits(word_, 160, 32), bool(word_ >> 255))


def decode_row(state: MeterState, hour_word: int, interval: int) -> MeterRow | None:
    """Unpack an interval out of its hour; ``None`` where the contract does not know it."""
    known = state.known_interval
    if not state.first_interval <= interval <= known or known == 0:
        return None
    if interval // 4 + RING_HOURS <= known // 4:
        return None
    lane = bits(hour_word, 64 * (3 - interval % 4), 64)
    return MeterRow(interval, lane >> 32, bits(lane, 0, 20), bool(bits(lane, 31, 1)))


def pack_rows(rows: Sequence[tuple[int, int]]) -> bytes:
    """Return (import, export) Wh of successive intervals as a batch carries them.

    Raises ValueError beyond what the contract takes.
    """
    if any(not 0 <= wh <= MAX_STEP_WH for row in rows for wh in row) or len(rows) > MAX_ROWS:
        raise ValueError(f"a batch has up to {MAX_ROWS} rows of 0 to {MAX_STEP_WH} Wh")
    return b"".join(i.to_bytes(4, "big") + e.to_bytes(4, "big") for i, e in rows)


def typed_batch(
    contract: str,
    chain_id: int,
    member: str,
    first_interval: int,
    registers: tuple[int, int],
    rows: bytes,
    kind: int = GRID,
) -> Mapping[str, object]:
    """Return the EIP-712 message of a batch, as eth-account takes it.

    ``registers`` are (import, export) before the first row, Wh.
    """
    from ..encoding import keccak

    primary = "Production" if kind == PRODUCTION else "Batch"
    names = (
        ("member", "address"),
        ("firstInterval", "uint64"),
        ("importWh", "uint64"),
        ("exportWh", "uint64"),
        ("rows", "bytes32"),
    )
    values = (member, first_interval, *registers, keccak(rows))
    return {
        "primaryType": primary,
        "types": {
            "EIP712Domain": [
                {"name": "name", "type": "string"},
                {"name": "version", "type": "string"},
                {"name": "chainId", "type": "uint256"},
                {"name": "verifyingContract", "type": "address"},
            ],
            primary: [{"name": name, "type": kind_} for name, kind_ in names],
        },
        "domain": {
            "name": "Peerwatt Meter",
            "version": "1",
            "chainId": chain_id,
            "verifyingContract": contract,
        },
        "message": {name: value for (name, _), value in zip(names, values, strict=True)},
    }
