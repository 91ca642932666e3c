"""Why, what would change it, and what an override costs: said before anybody clicks."""

from __future__ import annotations

from typing import Any

import pytest
from gui_feed import NOON_S, FakeFeed

from peerwatt.api.messages import ForecastView, NextAction, OverrideCosts, PlanView
from peerwatt.gui import words
from peerwatt.gui.widgets import forecast_note


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("cost", "said"),
    [
        (840_000, "costs 0.84 EUR more"),
        (-120_000, "saves 0.12 EUR"),
        (3_000, "costs no more"),
        (None, ""),
    ],
)
def test_a_choice_says_what_it_costs(stage: Any, cost: int | None, said: str) -> None:
    action = NextAction(
        action_id="car:1", time_s=NOON_S, what="The car starts charging", subject="car",
        why="A kWh costs 11 ct then, 27 ct at 19:00.", change="Above 15 ct it waits.",
        undo="Not tonight", undo_cost_micro=cost,
    )  # fmt: skip
    stage.bridge.publish("plan", PlanView(made_s=NOON_S, actions=(action,)))
    row = stage.window.pages["home"].next_up.rows[0]
    assert plain(row.cost.text()) == said
    assert row.cost.isHidden() == (not said)
    assert row.why.text() == action.why
    assert row.why.toolTip() == f"{action.why} {action.change}"
    assert said in plain(row.undo.accessibleDescription())
    if said:
        assert plain(row.undo.toolTip()).startswith(f"Not tonight: {said}")


def test_a_cost_is_not_named_where_nothing_can_be_undone(stage: Any) -> None:
    assert stage.window.pages["home"].next_up.rows[1].cost.isHidden()


def test_an_old_plan_is_said(stage: Any) -> None:
    sentence = "The planner takes long. The plan of 25 min ago is followed."
    plan = FakeFeed().plan().model_copy(update={"sentence": sentence})
    stage.bridge.publish("plan", plan)
    note = stage.window.pages["home"].next_up.note
    assert note.text() == sentence
    assert not note.isHidden()
    stage.bridge.publish("plan", FakeFeed().plan())
    assert note.isHidden()


def test_devices_say_what_each_override_costs(stage: Any) -> None:
    stage.window.open_page("devices")
    costs = OverrideCosts(car_now=840_000, car_pause=0, battery_hold=30_000)
    stage.bridge.publish("plan", FakeFeed().plan().model_copy(update={"overrides": costs}))
    cards = stage.window.pages["devices"].cards.values()
    rows = {card.override._kind: card.override for card in cards if card.override._kind}
    assert plain(rows["charger"].until.text()) == "Charge now: costs 0.84 EUR more"
    assert plain(rows["battery"].until.text()) == "Hold the charge: costs 0.03 EUR more"
    assert "costs no more" in rows["charger"].buttons["pause"].toolTip()


def test_forecasts_tell_how_good_they_were(stage: Any) -> None:
    note = stage.window.pages["home"].forecast_note
    assert plain(note.text()) == "forecast: sun ± 310 W, home ± 130 W"
    assert "41 days" in note.accessibleDescription()
    view = FakeFeed().plan().forecast
    table = plain(forecast_note.table(view))
    assert table.count("<tr>") == 7
    assert "40 W too little" in table
    none = ForecastView()
    assert forecast_note.short(list(none.scores)) == ""
    assert forecast_note.sentences(none) == ["Forecasts still come from rules of thumb."]
    wrong = ForecastView(learned_s=1.0, learned_days=0.5, weather="<b>away</b>")
    assert "&lt;b&gt;away" in forecast_note.table(wrong)


def test_costs_are_money_in_words() -> None:
    assert plain(words.extra_cost(1_234_567, "EUR")) == "costs 1.23 EUR more"
