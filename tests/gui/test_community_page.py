"""The community's page: the supplier's states, the mix, chosen neighbours, offers, services."""

from __future__ import annotations

from typing import Any

import pytest
from gui_feed import FakeFeed, low_market, supply
from test_pages import texts

from peerwatt.api.community_messages import CertificatesView, CommunityView, MixView
from peerwatt.api.wallet_messages import ChooseOffer, EndDeal
from peerwatt.gui import energy_mix
from peerwatt.gui.pages.community import CommunityPage


@pytest.fixture
def page(stage: Any) -> CommunityPage:
    stage.bridge.publish("community", FakeFeed().community())
    stage.window.open_page("community")
    found: CommunityPage = stage.window.pages["community"]
    return found


def signed(page: CommunityPage) -> list[tuple[str, object]]:
    asked: list[tuple[str, object]] = []
    page.sign_asked.disconnect()
    page.sign_asked.connect(lambda title, intent: asked.append((title, intent)))
    return asked


@pytest.mark.parametrize(
    ("state", "word", "action"),
    [
        ("none", "no offer chosen", "Choose an offer."),
        ("active", "active", ""),
        ("grace", "payment is due, 5 days left", "Deposit 4.20 to settle it."),
        ("suspended", "suspended", "Deposit 4.20: buying resumes at once."),
    ],
)
def test_each_state_says_what_it_means_and_what_to_do(
    stage: Any, page: CommunityPage, state: str, word: str, action: str
) -> None:
    market = FakeFeed().market().model_copy(update={"supply": supply(state)})
    stage.bridge.publish("market", market)
    card = page.supply
    assert card.state.text() == word
    assert card.state.accessibleName() == f"State: {word}"
    assert card.meaning.text() == supply(state).meaning
    assert (card.action.text() if card.action.isVisible() else "") == action
    assert card.state._ink != "fault"  # red means a fault, and an unpaid fee is none
    assert "never switches anything off" in texts(card)
    assert card.deposit.isVisible()


def test_grace_counts_hours_when_days_are_gone(stage: Any, page: CommunityPage) -> None:
    now_s = int(stage.bridge.site_clock.now_s())
    late = supply("grace", until_s=now_s + 2 * 3600 + 30)
    stage.bridge.publish("market", FakeFeed().market().model_copy(update={"supply": late}))
    assert page.supply.state.text() == "payment is due, 2 h left"


def test_a_low_balance_is_said_before_anything_is_due(stage: Any, page: CommunityPage) -> None:
    stage.bridge.publish("market", low_market())
    assert page.supply.state.text() == "balance is low"
    said = texts(page.supply)
    assert "0.84 EUR" in said
    assert "6.50 EUR a month" in said


def test_a_community_without_a_supplier_says_so(stage: Any, page: CommunityPage) -> None:
    stage.bridge.publish("market", FakeFeed().market().model_copy(update={"supply": None}))
    assert page.supply.empty.isVisible()
    assert not page.supply.deposit.isVisible()


def test_the_deposit_is_asked_of_the_wallet(page: CommunityPage) -> None:
    asked: list[bool] = []
    page.deposit_asked.disconnect()
    page.deposit_asked.connect(lambda: asked.append(True))
    page.supply.deposit.click()
    assert asked == [True]


def test_the_mix_sums_to_what_was_used() -> None:
    mixes = FakeFeed().community().hours
    parts = energy_mix.sources(mixes)
    fields = ("own_wh", "deals_wh", "neighbours_green_wh", "neighbours_other_wh", "supplier_wh")
    whole = sum(getattr(mix, name) for mix in mixes for name in fields)
    assert energy_mix.used_wh(parts) == whole > 0
    assert energy_mix.sentence([MixView(start_s=0)]) == ""
    said = energy_mix.sentence([MixView(start_s=0, own_wh=1, supplier_wh=3)])
    assert said.replace("\u00a0", " ") == "Your supplier 75 %, Your own sun 25 %"


def test_the_mix_is_shown_by_hour_and_by_day(page: CommunityPage) -> None:
    bars = page.mix.bars
    assert bars.accessibleDescription().startswith("Your own sun 70")
    by_hour = bars.described(0)
    assert by_hour.splitlines()[0] == "14:00"
    page.mix.spans["days"].click()
    assert bars.described(0).splitlines()[0] == "Thu 11 June"
    assert bars.bar_at(0) is None
    assert bars.bar_at(bars.width() - 6) == 6


def test_nothing_yet_says_what_it_will_show(stage: Any, page: CommunityPage) -> None:
    stage.bridge.publish("community", CommunityView(deals=(), offers=(), services=()))
    assert "hour by hour" in page.mix.empty.text.text()
    assert page.mix.empty.isVisible()
    assert "To begin, agree on the terms" in page.deals.empty.text.text()
    assert "None has published an offer yet" in page.offers.empty.text.text()
    assert "paid with the same credits" in page.services.empty.text.text()
    assert not page.deals.end.isVisible()
    assert not page.offers.choose.isVisible()
    stage.bridge.publish("community", CommunityView())
    for card in (page.deals, page.offers, page.certificates):
        assert "known to this house" in card.empty.text.text()


def test_what_the_community_does_not_have_is_said_to_be_so(stage: Any) -> None:
    page = stage.window.pages["community"]
    assert page.sentence.text() == ""
    said = "This community has no contract for services."
    stage.bridge.publish("community", CommunityView(sentence=said))
    assert page.sentence.text() == said


def test_certificates_need_a_production_meter(stage: Any, page: CommunityPage) -> None:
    assert "184 kWh" in texts(page.certificates)
    bare = CertificatesView(has_production_meter=False)
    stage.bridge.publish("community", CommunityView(certificates=bare))
    assert "production meter" in page.certificates.empty.text.text()
    assert page.certificates.empty.isVisible()


def test_a_running_deal_can_be_ended(page: CommunityPage) -> None:
    asked = signed(page)
    table = page.deals.table
    assert not page.deals.end.isEnabled()
    table.setCurrentIndex(table.rows_model.index(2, 0))
    assert table.rows_model.rows[2].state == "ended"
    assert not page.deals.end.isEnabled()
    table.setCurrentIndex(table.rows_model.index(0, 0))
    page.deals.end.click()
    assert asked == [("End a deal", EndDeal(deal_id="0x" + "a1" * 32))]


def test_deals_say_their_terms(page: CommunityPage) -> None:
    model = page.deals.table.rows_model
    cells = [str(model.data(model.index(1, n))) for n in range(model.columnCount())]
    said = [cell.replace("\u00a0", " ") for cell in cells]
    assert said[1:] == ["sell 0.15 kWh / 15 min", "gift", "until 8 Jul 2026", "6.2 kWh"]


def test_another_supplier_can_be_chosen(page: CommunityPage) -> None:
    asked = signed(page)
    table = page.offers.table
    assert [row.name for row in table.rows_model.rows] == ["Sunny Power", "Town works"]
    table.setCurrentIndex(table.rows_model.index(1, 0))
    assert not page.offers.choose.isEnabled()  # it is the own one
    table.setCurrentIndex(table.rows_model.index(0, 0))
    page.offers.choose.click()
    assert asked == [("Choose a supplier", ChooseOffer(offer=2))]
