"""One object for the whole history: opens the file and holds a store for each subject."""

from __future__ import annotations

from pathlib import Path

from .chain import HeaderStore, PriceStore, SettlementStore, TransactionStore
from .database import Database
from .energy import EnergyStore
from .export import erase_all, export_all
from .forecasts import ForecastStore
from .outcomes import ClearingStore, OutcomeStore
from .owner import MetaStore, NoticeStore
from .power import PowerStore
from .records import Retention
from .trading import SqlOfferBook, SqlOrderOutbox
from .twins import SqlTwinLog
from .undo import SqlUndoLedger
from .wallet import LabelStore, MovementStore, OwnerStore


class History:
    """The site's memory. All methods block and may be called from any thread.

    Every method may raise HistoryFault: a full disk, a damaged file.
    """

    def __init__(self, database: Database, retention: Retention) -> None:
        self._database = database
        self.power = PowerStore(database, retention)
        self.energy = EnergyStore(database)
        self.twins = SqlTwinLog(database)
        self.outbox = SqlOrderOutbox(database)
        self.offers = SqlOfferBook(database)
        self.undo = SqlUndoLedger(database)
        self.headers = HeaderStore(database)
        self.transactions = TransactionStore(database)
        self.owner = OwnerStore(database)
        self.movements = MovementStore(database)
        self.labels = LabelStore(database)
        self.settlements = SettlementStore(database)
        self.outcomes = OutcomeStore(database)
        self.prices = PriceStore(database)
        self.clearings = ClearingStore(database)
        self.forecasts = ForecastStore(database)
        self.notices = NoticeStore(database)
        self.meta = MetaStore(database)

    @classmethod
    def open(cls, path: Path, retention: Retention | None = None) -> History:
        """Open or create the history at a path and migrate it.

        Raises HistoryFault for a damaged file, a foreign one, or one of a newer program.
        """
        database = Database.open(path)
        try:
            return cls(database, retention or Retention())
        except BaseException:
            database.close()
            raise

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self._database.path

    def export_all(self, target: Path) -> Path:
        """Write everything but secrets to a folder, or to a ``.zip``."""
        self.power.flush()
        return export_all(self._database, target)

    def erase_all(self) -> None:
        """Delete everything. Refused while control of a device is borrowed."""
        erase_all(self._database)
        self.power.forget()
        self.energy.forget()

    def close(self) -> None:
        """Write what waits and close. May be called twice."""
        try:
            if self._database.is_open:
                self.power.flush()
        finally:
            self._database.close()
