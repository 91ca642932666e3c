"""Borrowed control: writes a setting so that it is returned, whatever happens.

Before the first write the old values go to the undo ledger; where the device has a revert timer it
is set to the life of the setpoint and refreshed at half of it; changes are rate-limited, read back
and counted; giving back restores the old values (design, section 3; devices reference,
"Safety/failsafe conventions").
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from ...model.control import Applied, Setpoint
from ...model.ports import Clock, DeviceFault, UndoLedger
from ..faults import ILLEGAL_FUNCTION, RegisterRefused
from .codec import Block, combine
from .session import Session
from .walker import Place

log = logging.getLogger(__name__)

CHANGE_GAP_S = 5.0
"""Least time between changed values, unless power falls towards zero."""


@dataclass(frozen=True, slots=True)
class Write:
    """Neighbouring points written in one request: names and raw registers of each."""

    values: tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True)
class Program:
    """What a setpoint means in registers."""

    model_id: int
    switch: str
    """The point that makes the setting live; written last, and first when switched off."""
    timer: str | None
    """The revert timer, where the device implements it."""
    writes: tuple[Write, ...]
    """In order; the switch is the last."""
    power_w: float
    """What the device will do after rounding to its resolution."""
    deadband_w: float
    """Smaller changes are not worth a write."""

    def live(self) -> dict[str, tuple[int, ...]]:
        """Return the registers that must read back as written; a timer may count down."""
        pairs = (pair for write in self.writes for pair in write.values)
        return {name: raw for name, raw in pairs if name != self.timer}


@dataclass(slots=True)
class _Held:
    """The setting that is in the device now."""

    program: Program
    session: Session
    """On another connection the device may have restarted and forgotten it."""
    written_s: float
    window_s: float
    expires_s: float


class Borrower:
    """Control over one device, one model of one unit at a time."""

    def __init__(self, device_id: str, ledger: UndoLedger, clock: Clock) -> None:
        self.device_id = device_id
        self.writes_total = 0
        self._ledger = ledger
        self._clock = clock
        self._held: _Held | None = None
        self._remembered: set[str] = set()
        self._single = False

    @property
    def borrowed(self) -> bool:
        """Whether a setting of ours is in the device."""
        return self._held is not None

    def expired(self) -> bool:
        """Whether the setting outlived its setpoint: nobody has renewed it."""
        return self._held is not None and self._clock.now_s() >= self._held.expires_s

    def must_restore(self) -> bool:
        """Whether old values wait in the ledger although nothing is borrowed: after a crash."""
        return self._held is None and bool(self._ledger.held(self.device_id))

    async def apply(
        self, session: Session, place: Place, block: Block, program: Program, setpoint: Setpoint
    ) -> Applied:
        """Write, refresh or leave alone. Raises DeviceAway or DeviceFault."""
        now = self._clock.now_s()
        held = self._held
        if held is not None:
            held.expires_s = setpoint.expires_s
            waiting = self._why_wait(held, program, now)
            if waiting is not None and held.session is session:
                return self._answer(setpoint, held.program.power_w, 0, waiting)
        for write in program.writes:
            for name, _ in write.values:
                await self._remember(place, block, name)
        refresh = held is not None and held.program.power_w == program.power_w
        writes = await self._write_program(session, place, block, program, refresh)
        self._held = _Held(program, session, now, setpoint.expires_s - now, setpoint.expires_s)
        after = await session.block(place)
        wrong = [name for name, raw in program.live().items() if _raw(after, name) != raw]
        if wrong:
            sentence = f"{session.address} took the write but reads back another {wrong[0]}."
            return self._answer(setpoint, None, writes, sentence, ok=False)
        return self._answer(setpoint, program.power_w, writes, "")

    def _why_wait(self, held: _Held, program: Program, now: float) -> str | None:
        """Return why nothing is written now, or ``None`` when a write is due."""
        age = now - held.written_s
        if program.timer is not None and age >= held.window_s / 2:
            return None
        change = abs(program.power_w - held.program.power_w)
        if change == 0 or (change < program.deadband_w and program.power_w != 0):
            return ""
        falling = abs(program.power_w) < abs(held.program.power_w)
        if falling or age >= CHANGE_GAP_S:
            return None
        return f"Held back: at most one change in {CHANGE_GAP_S:g} s."

    async def _write_program(
        self, session: Session, place: Place, block: Block, program: Program, refresh: bool
    ) -> int:
        """Write the values always, timer and switch where they differ.

        A refresh writes the switch too: which of both restarts a device's timer is not uniform.
        """
        writes = 0
        for write in program.writes:
            names = {name for name, _ in write.values}
            same = all(_raw(block, name) == raw for name, raw in write.values)
            if same and (program.timer in names or (program.switch in names and not refresh)):
                continue
            writes += await self._write(session, place, block, write)
        return writes

    async def _write(self, session: Session, place: Place, block: Block, write: Write) -> int:
        first = block.model.top.points[write.values[0][0]]
        registers = [register for _, raw in write.values for register in raw]
        address = place.address + first.offset
        if not self._single:
            try:
                await session.write(address, registers)
            except RegisterRefused as refused:
                if refused.code != ILLEGAL_FUNCTION:
                    raise
                self._single = True  # Kostal: refuses function 16, wants function 6
            else:
                self.writes_total += 1
                return 1
        for index, register in enumerate(registers):
            await session.write(address + index, [register], single=True)
        self.writes_total += len(registers)
        return len(registers)

    async def _remember(self, place: Place, block: Block, name: str) -> None:
        key = f"{place.key[0]}/{place.key[1]}/{name}"
        if key in self._remembered:
            return
        old = combine(_raw(block, name))
        try:
            await asyncio.to_thread(
                self._ledger.remember, self.device_id, key, old, self._clock.now_s()
            )
        except OSError as fault:
            raise DeviceFault(
                f"The old settings of {self.device_id} cannot be kept on disk ({fault}), "
                "so nothing was written to it; make room on the disk."
            ) from None
        self._remembered.add(key)

    async def give_back(self, session: Session, switches: Sequence[str]) -> int:
        """Restore every old value and forget it; returns the writes. Raises DeviceAway or Fault.

        A setting that was off is switched off first, so that no half-restored value is ever live.
        """
        entries = list(self._ledger.held(self.device_id))
        entries.sort(key=lambda entry: _restore_order(entry, switches))
        places: dict[Place, Block] = {}
        writes = 0
        for key, old in entries:
            model_id, occurrence, name = key.split("/")
            place = session.chain.find(int(model_id), int(occurrence))
            if place is None:
                log.info("%s: model %s is gone; its old values are dropped.", key, model_id)
                continue
            if place not in places:
                places[place] = await session.block(place)
            block = places[place]
            point = block.model.top.points[name]
            raw = tuple(
                old >> 16 * (point.size - 1 - index) & 0xFFFF for index in range(point.size)
            )
            if _raw(block, name) != raw:
                writes += await self._write(session, place, block, Write(((name, raw),)))
        await asyncio.to_thread(self._ledger.forget, self.device_id)
        self._held = None
        self._remembered.clear()
        return writes

    def _answer(
        self,
        setpoint: Setpoint,
        accepted_w: float | None,
        writes: int,
        sentence: str,
        ok: bool = True,
    ) -> Applied:
        return Applied(
            self.device_id,
            self._clock.now_s(),
            setpoint.power_w,
            accepted_w,
            ok=ok,
            writes=writes,
            sentence=sentence,
        )


def _restore_order(entry: tuple[str, int], switches: Sequence[str]) -> int:
    name = entry[0].rsplit("/", 1)[-1]
    if name not in switches:
        return 1
    return 0 if entry[1] == 0 else 2


def _raw(block: Block, name: str) -> tuple[int, ...]:
    point = block.model.top.points[name]
    return tuple(block.registers[point.offset : point.offset + point.size])
