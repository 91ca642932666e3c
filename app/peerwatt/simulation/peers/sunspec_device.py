"""What every simulated SunSpec device has: an identity, a register map, and a house behind it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

from ..physics.house import SimHouse
from .sunspec_layout import DeviceMap, Model

Changes = Mapping[int, Mapping[str, float | None]]
"""Written points by model id, in engineering units."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Model 1: who made it."""

    manufacturer: str
    model: str
    version: str
    serial: str

    def common(self) -> Model:
        """Return model 1 (common)."""
        return Model.build(
            1, Mn=self.manufacturer, Md=self.model, Vr=self.version, SN=self.serial, DA=1
        )


class SunSpecDevice(ABC):
    """Base: registers follow the house when read, writes reach the house."""

    def __init__(self, house: SimHouse, models: list[Model]) -> None:
        self.house = house
        self.map = DeviceMap(models)
        self._seen_step = -1

    def fresh(self) -> DeviceMap:
        """Return the register map as of the house's last step."""
        if self._seen_step != self.house.steps:
            self.refresh()
            self._seen_step = self.house.steps
        return self.map

    @abstractmethod
    def refresh(self) -> None:
        """Fill the registers from the house."""

    def write(self, address: int, words: list[int]) -> bool | None:
        """Write registers: ``None`` wrong address, ``False`` refused value, ``True`` done."""
        before = [list(model.registers) for model in self.fresh().models]
        changes = self.map.write(address, words)
        if changes is None:
            return None
        accepted = self.accept(changes)
        if not accepted:
            for model, registers in zip(self.map.models, before, strict=True):
                model.registers[:] = registers
        self.refresh()
        return accepted

    def accept(self, changes: Changes) -> bool:
        """Hand written points to the house; ``False`` refuses them all."""
        return not changes
