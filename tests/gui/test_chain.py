"""What the window shows of the chain, and how proofs are saved and a stop is decided."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from gui_feed import NOON_S, FakeFeed
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from peerwatt.api.base import TrustMark
from peerwatt.api.messages import ChainView, EndpointView, EvidenceView
from peerwatt.api.proof_messages import (
    BookProof,
    CreditProof,
    ProofFile,
    ReceiptProof,
    RequestProof,
    SettledProof,
)
from peerwatt.api.wallet_messages import ResolveEvidence
from peerwatt.gui.theme import Theme
from peerwatt.gui.widgets.chain_card import ChainCard
from peerwatt.gui.widgets.chain_dialog import ChainDialog
from peerwatt.gui.widgets.chain_evidence import EvidencePanel
from peerwatt.gui.widgets.marks import MarkLine
from peerwatt.gui.widgets.proof_menu import save_proof
from peerwatt.gui.widgets.wallet_proofs import proofs_of

FOLLOWING = EndpointView(
    url="10.0.0.1:8545", state="following", head=1204, head_age_s=3.0, blocks_behind=0
)
AWAY = EndpointView(
    url="b.example:443",
    state="away",
    sentence="b.example:443 does not answer.",
    answered_s=NOON_S - 240,
)
LIAR = EndpointView(url="c.example:443", state="contradicts", head=1204, sentence="A forged slot.")
LATE = EndpointView(
    url="d.example:443", state="behind", head=1100, head_age_s=530.0, blocks_behind=104
)
BEACON = EndpointView(url="10.0.0.1:5052 (beacon)", state="following", head_age_s=9.0)
FOUND = EvidenceView(
    height=9,
    ours_hash="0x" + "aa11" * 16,
    theirs_hash="0x" + "bb22" * 16,
    endpoint="c.example:443",
    sentence="There are two blocks 9.",
    todo="Ask the people who run the chain.",
    can_resolve=True,
)


def view(**changes: Any) -> ChainView:
    return ChainView.model_validate(
        {
            "network": "devnet",
            "title": "Our street",
            "consensus": "qbft",
            "chain_id": 5,
            "validators": 4,
            "state": "verified",
            "sentence": "Verified up to block 1204.",
            "head": 1204,
            "head_time_s": int(NOON_S) - 3,
            "final": 1204,
            "finality": "final at once",
            "trust_root": "block 0, 0xab",
            "headers_verified": 1204,
            "proofs_verified": 9,
            "endpoints": (FOLLOWING,),
            **changes,
        }
    )


@pytest.mark.parametrize(
    ("changes", "token", "said"),
    [
        ({}, "good", "verified, block 1\u202f204, 3 s ago"),
        ({"final": 1190}, "good", "3 s ago, final up to block 1\u202f190"),
        (
            {"sentence": "Verified up to block 1204. Only one endpoint answers."},
            "good",
            "3 s ago\nOnly one endpoint answers.",
        ),
        ({"endpoints": (FOLLOWING, LIAR)}, "warning", "verified"),
        ({"reading": "The code is another one."}, "warning", "3 s ago\nThe code is another one."),
        ({"state": "stale", "sentence": "No block for 90 s."}, "warning", "No block for 90 s."),
        ({"state": "behind", "sentence": "12 to go."}, "warning", "12 to go."),
        ({"state": "away", "sentence": "Nobody answers."}, "warning", "Nobody answers."),
        ({"state": "expired", "sentence": "Enter a checkpoint."}, "warning", "Enter a checkpoint."),
        ({"state": "starting", "sentence": "Connecting."}, "faint", "Connecting."),
        ({"state": "stopped", "sentence": "Stopped."}, "fault", "Stopped."),
    ],
)
def test_the_dot_says_the_state(stage: Any, changes: dict[str, Any], token: str, said: str) -> None:
    stage.bridge.publish("chain", view(**changes))
    dot = stage.window.strip.chain
    assert dot.token == token
    assert dot.toolTip().endswith(said) or said in dot.toolTip()
    assert said.splitlines()[0] in dot.accessibleName()


def card_of(stage: Any) -> ChainCard:
    stage.window.open_page("wallet")
    return stage.window.findChild(ChainCard)


def test_the_card_lists_each_endpoint(stage: Any) -> None:
    card = card_of(stage)
    stage.bridge.publish("chain", view(endpoints=(FOLLOWING, AWAY, LIAR, LATE, BEACON), rejected=2))
    shown = [(row.name.text(), row.line.text()) for row in card.rows if row.isVisible()]
    assert shown == [
        ("10.0.0.1:8545", "follows, block 1\u202f204, 3 s ago"),
        ("b.example:443", "does not answer, last answer 4 min ago"),
        ("c.example:443", "its answers do not hold"),
        ("d.example:443", "behind by 104, block 1\u202f100, 9 min ago"),
    ]
    assert card.more.text() == "and 1 more"
    assert card.rows[2].toolTip() == "A forged slot."
    assert "2 answers did not match and were refused." in card.sentence.text()
    assert card.pill.text() == "verified"
    stage.bridge.publish("chain", view(state="stale", sentence="No block for 90 s"))
    assert (card.pill.text(), card.sentence.text()) == ("no new blocks", "No block for 90 s.")


def test_the_dialog_shows_everything(stage: Any, qtbot: Any) -> None:
    card = card_of(stage)
    stage.bridge.publish("chain", view(endpoints=(FOLLOWING, LIAR, BEACON, AWAY), rejected=1))
    dialog = card.open_details()
    qtbot.addWidget(dialog)
    facts = {name: text.text() for name, text in dialog.facts.items()}
    assert facts["network"] == "Our street, number 5"
    assert facts["trust"] == "block 0, 0xab"
    assert facts["final"] == "final at once; now up to block 1\u202f204"
    assert facts["counts"] == "1\u202f204 blocks, 9 proofs"
    assert facts["refused"] == "1 answers that did not hold"
    model = dialog.table.rows_model
    rows = [[c.text(row) for c in model.columns] for row in model.rows]
    assert rows[2] == ["10.0.0.1:5052 (beacon)", "follows", "–", "–", "9 s ago"]
    assert dialog.said.text().splitlines() == ["c.example:443: A forged slot.", AWAY.sentence]
    assert not dialog.evidence.isVisible()
    stage.bridge.publish("chain", view(state="stopped", sentence="Stopped.", found=FOUND))
    assert dialog.evidence.isVisible()
    dialog.close()


def test_a_stop_is_decided_by_typing_the_hash(stage: Any, qtbot: Any) -> None:
    stage.bridge.publish("chain", view(state="stopped", sentence="Stopped.", found=FOUND))
    dialog = ChainDialog(stage.window.context, stage.window)
    qtbot.addWidget(dialog)
    dialog.show()
    panel = dialog.evidence
    assert panel.what.text() == "There are two blocks 9."
    assert panel.hashes.text().splitlines()[1].endswith(FOUND.theirs_hash)
    for typed, means in (("0xaa11", ""), ("0xcc33cc33", "This is neither of the two blocks.")):
        panel.field.setText(typed)
        assert (panel.button.isEnabled(), panel.means.text()) == (False, means)
        qtbot.keyClick(panel.field, Qt.Key.Key_Return)
    assert stage.sent == []
    panel.field.setText("aa11aa11")
    assert "is kept" in panel.means.text()
    panel.field.setText("0xBB22bb22bb")
    assert "followed" in panel.means.text()
    qtbot.mouseClick(panel.button, Qt.MouseButton.LeftButton)
    assert stage.sent == [ResolveEvidence(confirm=True, follow="theirs")]
    stage.bridge.publish("chain", view())
    assert not panel.isVisible()
    dialog.close()


def test_nothing_to_decide_under_proof_of_stake(qtbot: Any) -> None:
    panel = EvidencePanel(Theme("light"))
    qtbot.addWidget(panel)
    panel.show_evidence(
        FOUND.model_copy(update={"can_resolve": False, "ours_hash": "", "theirs_hash": ""})
    )
    assert panel.todo.isVisible()
    assert not panel.button.isVisible()
    panel.field.setText("aa11aa11")
    assert panel.choice is None


# --- saving proofs ------------------------------------------------------------------------------


class Asked:
    """Stands for the bridge's way to the engine; answers as the test says."""

    def __init__(self, stage: Any) -> None:
        self.wanted: list[Any] = []
        self.refusal = ""
        stage.bridge.ask = self.ask

    def ask(self, call: Callable[[Any], Any], done: Any, failed: Any) -> None:
        call(SimpleNamespace(proof=lambda body: self.wanted.extend(body.items)))
        if self.refusal:
            failed(self.refusal)
        else:
            done(ProofFile(name="peerwatt-proof.json", block_number=7, document={"format": "x"}))


@pytest.fixture
def asked(stage: Any) -> Asked:
    return Asked(stage)


def choose(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (path, ""))


def test_a_mark_saves_its_proof(
    stage: Any, asked: Asked, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    target = tmp_path / "proof.json"
    choose(monkeypatch, str(target))
    said: list[str] = []
    stage.bridge.changed.connect(lambda changed: said.append(changed.sentence))
    page = stage.window.pages["market"]
    stage.window.open_page("market")
    assert page.ladder_mark.can_save
    page.ladder_mark.menu().actions()[0].trigger()
    ladder = stage.bridge.latest["market"].last_cleared
    assert asked.wanted == [BookProof(interval=ladder.interval)]
    assert json.loads(target.read_text()) == {"format": "x"}
    assert said == ["The proof was saved. Anybody can check it: peerwatt chain verify proof.json"]
    flexibility = stage.window.pages["flexibility"]
    flexibility.mark.menu().actions()[0].trigger()
    assert isinstance(asked.wanted[-1], RequestProof)


def test_what_goes_wrong_is_a_sentence(
    stage: Any, asked: Asked, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    refused: list[str] = []
    stage.bridge.refused.connect(refused.append)
    choose(monkeypatch, str(tmp_path / "no" / "where.json"))
    save_proof(stage.window, stage.bridge, [CreditProof()])
    assert "was not saved" in refused[-1]
    choose(monkeypatch, "")
    save_proof(stage.window, stage.bridge, [CreditProof()])
    asked.refusal = "Not in this version."
    save_proof(stage.window, stage.bridge, [CreditProof()])
    assert refused[1:] == ["Not in this version."]


def test_only_what_is_verified_can_be_saved(qtbot: Any) -> None:
    mark = MarkLine(Theme("light"))
    qtbot.addWidget(mark)
    mark.show()
    ran: list[int] = []
    mark.offer("Save proof…", lambda: ran.append(1))
    assert not mark.can_save
    mark.set(TrustMark.VERIFIED, "verified, block 7")
    assert mark.can_save
    assert mark._area is not None
    assert mark._area.isVisible()
    assert mark._area.accessibleName() == "verified, block 7: Save proof…"
    mark.menu().actions()[0].trigger()
    assert ran == [1]
    for other in (TrustMark.PENDING, TrustMark.CONTRADICTED):
        mark.set(other, "not yet")
        assert not mark.can_save
        assert not mark._area.isVisible()


def test_rows_with_a_mark_save_their_proof(
    stage: Any, asked: Asked, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    choose(monkeypatch, str(tmp_path / "proof.json"))
    page = stage.window.pages["market"]
    trade = page.trades.rows_model.rows[0]
    menu = page.trades.row_menu(trade)
    assert menu is not None
    menu.actions()[0].trigger()
    assert asked.wanted == [SettledProof(interval=trade.interval)]
    pending = next(o for o in page.orders.rows_model.rows if o.mark is TrustMark.PENDING)
    assert page.orders.row_menu(pending) is None


def test_what_proves_a_row_of_the_wallet() -> None:
    row = FakeFeed().wallet().transactions[0]
    assert proofs_of(row) == [ReceiptProof(transaction_hash=row.transaction_hash)]
    assert proofs_of(row.model_copy(update={"block_number": None})) == []
    settled = row.model_copy(update={"transaction_hash": "settlement of interval 1944637"})
    assert proofs_of(settled) == [SettledProof(interval=1944637)]
    assert proofs_of(row.model_copy(update={"transaction_hash": "something else"})) == []
