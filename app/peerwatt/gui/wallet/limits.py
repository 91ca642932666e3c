"""Limits of the house's own key: what it may spend and sell in a day, at which prices, how long."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from peerwatt.api.messages import AgentView
from peerwatt.api.wallet_messages import GrantAgent

from .. import words
from ..theme import UNIT
from ..widgets.base import Text
from .desk import Desk
from .dialog import Step
from .fields import Field, Named, Picker, Tick
from .sign import SignDialog
from .signer import Answer

DAY_S = 86_400
CREDIT_DECIMALS = 6
KWH_DECIMALS = 3
"""kWh with three decimals is Wh."""
CENT_DECIMALS = 4
"""ct/kWh with four decimals is micro-units per kWh."""


class LimitsDialog(SignDialog):
    """Asks for the limits, then has them reviewed and signed as everything else."""

    def __init__(self, desk: Desk, agent: AgentView, parent: QWidget | None = None) -> None:
        super().__init__(desk, self.tr("Limits of the house's key"), "key", parent)
        self._agent = agent
        self._values: dict[str, int] = {}
        self.form = Step()
        self.form.column.setSpacing(UNIT + 2)
        currency = desk.currency
        self.fields = {
            "spend": self._field(
                self.tr("Spend in a day at most, {0}").format(currency),
                agent.daily_limit.value,
                CREDIT_DECIMALS,
                2,
            ),
            "sell": self._field(
                self.tr("Offer for sale in a day at most, kWh"),
                agent.daily_sales_wh,
                KWH_DECIMALS,
                1,
            ),
            "least": self._field(
                self.tr("Lowest price, ct/kWh"), agent.min_price_micro, CENT_DECIMALS, 1
            ),
            "most": self._field(
                self.tr("Highest price, ct/kWh"), agent.max_price_micro, CENT_DECIMALS, 1
            ),
        }
        self.until = Picker(self.theme, self.tr("Until"), self._untils())
        self.trade = Tick(self.theme, self.tr("It may trade with the neighbours."))
        self.offer = Tick(self.theme, self.tr("It may answer the grid operator."))
        fresh = agent.state in {"none", "revoked"}
        self.trade.setChecked(agent.may_trade or fresh)
        self.offer.setChecked(agent.may_offer or fresh)
        said = Text(
            self.theme,
            self.tr("The contract holds the key to these limits, whatever this program does."),
            ink="muted",
            wrap=True,
        )
        rows = [self.row(name, field) for name, field in self.fields.items()]
        self.form.add(said, *rows, Named(self.theme, self.until), self.trade, self.offer)
        self.show_step(self.form, self.tr("Look it over"), self._read)
        self.fields["spend"].setFocus()
        if sentence := desk.why_not_send():
            self.note.say(sentence, "warning")
            self.fit()

    @staticmethod
    def _field(name: str, value: int | None, decimals: int, least: int) -> Field:
        field = Field(name)
        field.setText("" if value is None else words.exact(value, decimals, least))
        return field

    def _untils(self) -> list[tuple[int, str]]:
        clock = self.desk.bridge.site_clock
        now_s = int(clock.now_s())
        choices = [
            (now_s + days * DAY_S, self.tr("for {0} days").format(days)) for days in (30, 90, 365)
        ]
        held = self._agent.expires_s
        if held and held > now_s:
            day = words.day(held, clock.zone)
            choices.insert(0, (held, self.tr("as now, until {0}").format(day)))
        return choices

    def _read(self) -> None:
        decimals = {
            "spend": CREDIT_DECIMALS,
            "sell": KWH_DECIMALS,
            "least": CENT_DECIMALS,
            "most": CENT_DECIMALS,
        }
        self._values = {}
        self._next(list(decimals.items()))

    def _next(self, left: list[tuple[str, int]]) -> None:
        """Have the signer read one amount after another: it is strict, and says what is wrong."""
        if not left:
            self._grant()
            return
        (name, decimals), *rest = left

        def read(answer: Answer) -> None:
            self._values[name] = int(answer["units"])
            self._next(rest)

        self.ask(
            "amount",
            read,
            failed=self._at(name),
            text=self.fields[name].text(),
            decimals=decimals,
        )

    def _at(self, name: str) -> Callable[[object], None]:
        def refuse(refusal: object) -> None:
            self.rows[name].say(getattr(refusal, "sentence", ""))
            self.fields[name].setFocus()
            self.fit()

        return refuse

    def _grant(self) -> None:
        values = self._values
        if values["least"] > values["most"]:
            self.rows["most"].say(self.tr("The highest price is below the lowest."))
            self.fit()
            return
        if max(values["spend"], values["sell"]) >= 1 << 63 or values["most"] >= 1 << 32:
            self.note.say(self.tr("One of these limits is larger than the contract can hold."))
            self.fit()
            return
        intent = GrantAgent(
            daily_limit_micro=values["spend"],
            daily_sales_wh=values["sell"],
            min_price_micro=values["least"],
            max_price_micro=values["most"],
            expires_s=int(self.until.currentData()),
            may_trade=self.trade.isChecked(),
            may_offer=self.offer.isChecked(),
        )
        self.propose(self.desk.member, intent)

    def show_retry(self) -> None:
        """Go back to where the mistake can be mended."""
        self.show_step(self.form, self.tr("Look it over"), self._read)
