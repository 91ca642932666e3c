"""The grid meter as a SunSpec device: models 1 and 203 (three-phase wye, integers)."""

from __future__ import annotations

from ..physics.house import SimHouse
from .electrical import frequency_hz, house_phases, voltages_v
from .sunspec_device import Identity, SunSpecDevice
from .sunspec_layout import Model, Value

SCALE_FACTORS = {
    "A_SF": -2,
    "V_SF": -1,
    "Hz_SF": -2,
    "W_SF": 0,
    "VA_SF": 0,
    "VAR_SF": 0,
    "PF_SF": -2,
    "TotWh_SF": 0,
}
PHASES = ("A", "B", "C")


class MeterDevice(SunSpecDevice):
    """Registers of the meter at the house's connection point; power is + for import."""

    def __init__(self, house: SimHouse) -> None:
        identity = Identity("Helvetia Meter", "HM-3P", "2.4", f"HM{house.spec.seed:08d}")
        self._model = Model.build(203, SCALE_FACTORS, Evt=0, PF=100)
        super().__init__(house, [identity.common(), self._model])

    def refresh(self) -> None:
        """Fill model 203 from the house."""
        house, flows = self.house, self.house.flows
        ev_phases = house.charger.phases if house.charger else 3
        volts = voltages_v(house.time_s, house.spec.seed)
        phases = house_phases(flows.grid_w, flows.home_w, flows.ev_w, ev_phases, volts)
        currents = phases.currents_a
        values: dict[str, Value] = {
            "A": sum(currents),
            "PhV": phases.phase_v,
            "PPV": phases.line_v,
            "PhVphAB": phases.line_v,
            "PhVphBC": phases.line_v,
            "PhVphCA": phases.line_v,
            "Hz": frequency_hz(house.time_s),
            "W": flows.grid_w,
            "VA": abs(flows.grid_w),
            "VAR": 0,
            "TotWhImp": int(house.counters.import_wh),
            "TotWhExp": int(house.counters.export_wh),
        }
        for i, phase in enumerate(PHASES):
            values[f"Aph{phase}"] = currents[i]
            values[f"PhVph{phase}"] = volts[i]
            values[f"Wph{phase}"] = phases.powers_w[i]
            values[f"VAph{phase}"] = abs(phases.powers_w[i])
        self._model.update(values)
