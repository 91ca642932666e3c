"""Settings of a site, each declared once with its unit, default and limits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .paths import write_private


class SettingsFault(Exception):
    """Settings cannot be used; the message names the file, the field and what to do."""


class Section(BaseModel):
    """Base of all sections: frozen, unknown fields refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Port = Annotated[int, Field(ge=1, le=65535)]


class SunSpecDevice(Section):
    """A SunSpec device on Modbus TCP; one endpoint may hold inverter and battery."""

    protocol: Literal["sunspec-tcp"] = "sunspec-tcp"
    device_id: str
    host: str
    port: Port = 502
    unit: Annotated[int, Field(ge=0, le=255)] | None = None
    """Modbus unit; ``None`` scans the usual ones."""
    role: Literal["meter", "inverter"]
    control: bool = False
    """Whether an installer allowed writing to it."""
    connect_delay_s: float = 0.0
    timeout_s: float = 3.0


class OcppDevice(Section):
    """An EV charger that connects to the engine's OCPP 1.6J central system."""

    protocol: Literal["ocpp1.6"] = "ocpp1.6"
    device_id: str
    charge_point_id: Annotated[str, Field(max_length=48)]
    control: bool = False
    min_current_a: float = 6.0
    max_current_a: float = 16.0
    phases: Literal[1, 3] = 3
    phase_switching: bool = False
    """Whether the charger can charge on one phase instead of three when told to."""
    voltage_v: float = 230.0
    id_tag: Annotated[str, Field(max_length=20)] = "PEERWATT"


DeviceSettings = Annotated[SunSpecDevice | OcppDevice, Field(discriminator="protocol")]


class OcppServer(Section):
    """Where chargers connect; loopback unless the owner chose otherwise."""

    host: str = "127.0.0.1"
    port: Port = 8887
    sample_interval_s: int = 10


class Location(Section):
    """Where the house stands."""

    latitude_deg: Annotated[float, Field(ge=-90, le=90)] = 47.39
    longitude_deg: Annotated[float, Field(ge=-180, le=180)] = 8.05
    timezone: str = "Europe/Zurich"


class ChainSettings(Section):
    """Which network, over which endpoints, from which trust root."""

    network: str = "devnet"
    chain_id: int = 20211
    endpoints: tuple[str, ...] = ()
    genesis_hash: str = ""
    """Trust root: hash of block ``trusted_block``, 0x hex."""
    trusted_block: Annotated[int, Field(ge=0)] = 0
    """Number of the trusted block: 0, or a recent one that the community vouches for."""
    validators: tuple[str, ...] = ()
    """Validators that the trusted block names, ascending; may be left empty."""
    checkpoint: str = ""
    """Trust root under proof of stake: root of a finalized beacon block, 0x hex."""
    beacon_endpoints: tuple[str, ...] = ()
    """Addresses of the beacon REST API; proof of stake only."""
    sync: Literal["network", "sequential", "skipping"] = "network"
    """How long gaps are caught up with; ``network`` leaves it to the network's description."""
    consensus: dict[str, Any] = {}
    """Fields of the network's ``consensus`` that a community sets itself, such as transitions."""
    block_period_s: int = 5
    contracts: dict[str, str] = {}
    """Contract name -> address."""


class WalletSettings(Section):
    """Accounts; keys themselves are never in settings."""

    owner_address: str | None = None
    agent_key: Literal["keyring", "file"] = "keyring"


class TradingSettings(Section):
    """The owner's limits for the trading agent."""

    enabled: bool = True
    lead_s: int = 900
    """How long before its start an interval gets its order, seconds."""
    min_order_wh: int = 20


class MarketSettings(Section):
    """How the house takes part in the community's market beside its own orders."""

    keeper: bool = True
    """Whether the house takes its turns in clearing and settling for all."""
    warn_below_micro: Annotated[int, Field(ge=0)] = 2_000_000
    """Available in the account with the market below which the owner is told to deposit."""
    native_coin_micro: Annotated[int, Field(ge=0)] = 0
    """What a coin of a chain with fees is worth, micro-units; 0: unknown, then nothing is sent
    where gas costs something. Of no matter on a community chain without fees."""
    fees_per_day_micro: Annotated[int, Field(ge=0)] = 100_000
    """What the house spends at most on the chain's fees in a UTC day, micro-units."""
    max_reach: Annotated[int, Field(ge=0, le=2)] = 2
    """The widest book that orders name: 0 only the own zone's."""


class FlexSettings(Section):
    """The owner's limits for answering the DSO."""

    enabled: bool = True
    min_price_micro_per_kwh: int = 100_000


LocalTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class CarSettings(Section):
    """What the car should have, and when."""

    target_energy_wh: int = 12_000
    """Energy wanted per plug-in where the car does not tell its state of charge."""
    ready_by_local: LocalTime = "07:00"
    full_soc_pct: Annotated[float, Field(ge=10, le=100)] = 80.0
    """Charge that is wanted where the car tells its own."""
    capacity_wh: Annotated[int, Field(ge=1_000)] = 60_000
    learn_habits: bool = False
    """Whether departure and need follow what was learned of the car, where that is earlier or
    more than the settings say."""


class BatterySettings(Section):
    """How the battery may be used."""

    reserve_pct: Annotated[float, Field(ge=0, le=100)] = 10.0
    efficiency_one_way: Annotated[float, Field(gt=0.5, le=1)] = 0.95
    wear_micro_per_kwh: Annotated[int, Field(ge=0)] = 5_000
    """Price of a kWh drawn from it."""


class WeatherSettings(Section):
    """A forecast of the weather from a file or an address; without it the house's past serves."""

    file: Path | None = None
    """A document in any known format that something else keeps up to date."""
    url: str = ""
    pause_s: Annotated[float, Field(ge=900)] = 3_600.0
    """Least time between two requests."""


class ForecastSettings(Section):
    """How forecasts are made."""

    scenarios: Annotated[int, Field(ge=0, le=16)] = 6
    """Ways the future may go that a plan weighs; 0 plans on the expected alone."""
    horizon_h: Annotated[int, Field(ge=12, le=48)] = 48


class PriceZone(Section):
    """A price that holds at certain times of the week."""

    from_local: LocalTime = "00:00"
    until_local: LocalTime = "00:00"
    """Not included; at or before ``from_local`` means the next day."""
    weekdays: tuple[Annotated[int, Field(ge=0, le=6)], ...] = (0, 1, 2, 3, 4, 5, 6)
    """0 is Monday; of the day on which the zone begins."""
    import_micro_per_kwh: int


class PriceTier(Section):
    """What a kWh costs more once the month's purchase passes a limit."""

    above_kwh: Annotated[float, Field(ge=0)]
    add_micro_per_kwh: int


class TariffSettings(Section):
    """The shape of the supplier's tariff where the community's flat one does not tell it.

    Empty leaves the price that the registry proves. Prices are what is paid in the end, with
    fees and taxes, unless ``dynamic_add_micro_per_kwh`` says what comes on top.
    """

    zones: tuple[PriceZone, ...] = ()
    """Time of use; outside all zones the registry's price holds."""
    dynamic_file: Path | None = None
    """Prices by time, JSON: kept up to date by something else."""
    dynamic_url: str = ""
    dynamic_add_micro_per_kwh: int = 0
    dynamic_factor: Annotated[float, Field(gt=0, le=3)] = 1.0
    """Tax on the market's price, such as 1.19."""
    tiers: tuple[PriceTier, ...] = ()
    capacity_micro_per_kw: Annotated[int, Field(ge=0)] = 0
    """Charge on the month's highest quarter-hour of import."""
    max_export_w: Annotated[float, Field(ge=0)] | None = None
    """Feed-in limit at the connection."""
    co2_g_per_kwh: Annotated[float, Field(ge=0)] | None = None
    co2_micro_per_kg: Annotated[int, Field(ge=0)] = 0
    """What the owner would pay to spare a kg of CO2."""


class Appliance(Section):
    """An appliance that may run at any time within a window: the best start is suggested."""

    name: Annotated[str, Field(min_length=1, max_length=40)]
    power_w: Annotated[float, Field(gt=0)]
    minutes: Annotated[int, Field(ge=15, le=720)]
    from_local: LocalTime = "08:00"
    until_local: LocalTime = "22:00"
    weekdays: tuple[Annotated[int, Field(ge=0, le=6)], ...] = (0, 1, 2, 3, 4, 5, 6)


class SiteSettings(Section):
    """All settings of one site."""

    schema_version: Literal[1] = 1
    name: str = "My house"
    clock: Literal["system", "driven"] = "system"
    demo: bool = False
    api_port: Annotated[int, Field(ge=0, le=65535)] = 0
    """0 takes a free port; always loopback."""
    location: Location = Location()
    currency: str = "EUR"
    max_import_w: float = 17_250.0
    """Main fuse: 3 x 25 A x 230 V."""
    devices: tuple[DeviceSettings, ...] = ()
    ocpp: OcppServer = OcppServer()
    chain: ChainSettings = ChainSettings()
    wallet: WalletSettings = WalletSettings()
    trading: TradingSettings = TradingSettings()
    market: MarketSettings = MarketSettings()
    flexibility: FlexSettings = FlexSettings()
    car: CarSettings = CarSettings()
    battery: BatterySettings = BatterySettings()
    weather: WeatherSettings = WeatherSettings()
    forecast: ForecastSettings = ForecastSettings()
    tariff: TariffSettings = TariffSettings()
    appliances: tuple[Appliance, ...] = ()
    cycle_s: Annotated[float, Field(gt=0)] = 1.0


def load_settings(path: Path) -> SiteSettings:
    """Read the settings of a site; a missing file means defaults.

    Raises SettingsFault with one sentence that names the file and the field.
    """
    if not path.exists():
        return SiteSettings()
    try:
        return SiteSettings.model_validate_json(path.read_text(encoding="utf-8"))
    except ValidationError as fault:
        first = fault.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "the file"
        raise SettingsFault(
            f"{path}: {field}: {first['msg']}; correct it or move the file away."
        ) from None
    except (OSError, UnicodeDecodeError) as fault:
        raise SettingsFault(f"{path} cannot be read ({fault}); check its permissions.") from None


def save_settings(path: Path, settings: SiteSettings) -> None:
    """Write the settings whole or not at all."""
    write_private(path, settings.model_dump_json(indent=2) + "\n")
