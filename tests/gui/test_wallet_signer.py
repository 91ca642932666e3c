"""The signer's process behind a dialog: answers, faults, ends, and what is dropped."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fake_wallet import ANNA, OWNER, prepare_site

from peerwatt.gui.wallet import signer as module
from peerwatt.gui.wallet.listing import AddressCheck, Listing
from peerwatt.gui.wallet.signer import Refusal, Signer, signer_command, wait_for_ending


@pytest.fixture
def make(qtbot: Any) -> Iterator[Callable[..., Signer]]:
    made: list[Signer] = []

    def build(command: tuple[str, list[str]]) -> Signer:
        made.append(Signer(command))
        return made[-1]

    yield build
    for one in made:
        one.stop()
    wait_for_ending()


def script(text: str) -> tuple[str, list[str]]:
    return sys.executable, ["-c", text]


def test_answers_come_in_turn(make: Callable[..., Signer], qtbot: Any) -> None:
    prepare_site("signer-test")
    signer = make(signer_command("signer-test"))
    got: list[Any] = []
    signer.ask("list", got.append, got.append)
    signer.ask("book_check", got.append, got.append, address=ANNA)
    signer.ask("book_check", got.append, got.append, address="0x12")
    assert signer.awaiting
    qtbot.waitUntil(lambda: len(got) == 3, timeout=10_000)
    listing = Listing.read(got[0])
    assert [one.kind for one in listing.accounts] == ["seed", "keystore", "watch"]
    assert listing.of_address(OWNER.lower()) is listing.accounts[0]
    assert [one.needs_backup for one in listing.accounts] == [False, True, False]
    check = AddressCheck.read(got[1])
    assert check.first_time
    assert "".join(check.blocks) == ANNA
    assert got[2] == Refusal("An address is 0x and 40 hexadecimal characters.", "address")
    assert not signer.awaiting


def test_a_program_that_is_not_there_is_said(make: Callable[..., Signer], qtbot: Any) -> None:
    signer = make(("/nonexistent/peerwatt", []))
    got: list[Refusal] = []
    signer.ask("list", lambda _: None, got.append)
    qtbot.waitUntil(lambda: bool(got), timeout=5000)
    assert "cannot be started" in got[0].sentence
    assert not signer.running


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("input()", "has ended"),
        ("input(); print('no json', flush=True); input()", "cannot be read"),
        ('input(); print(\'{"ok": true, "id": 99}\', flush=True); input()', "cannot be read"),
        ("print('x' * 5_000_000, flush=True); input(); input()", "without end"),
    ],
)
def test_a_broken_signer_is_said(
    make: Callable[..., Signer], qtbot: Any, text: str, said: str
) -> None:
    signer = make(script(text))
    got: list[Refusal] = []
    signer.ask("list", lambda _: None, got.append)
    signer.ask("list", lambda _: None, got.append)
    qtbot.waitUntil(lambda: len(got) == 2, timeout=5000)
    assert said in got[0].sentence
    assert not signer.running


def test_silence_ends(
    make: Callable[..., Signer], qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE_MS", 50)
    signer = make(script("input(); input()"))
    got: list[Refusal] = []
    signer.ask("list", lambda _: None, got.append)
    qtbot.waitUntil(lambda: bool(got), timeout=5000)
    assert "does not answer" in got[0].sentence


def test_nobody_hears_of_what_was_stopped(make: Callable[..., Signer], qtbot: Any) -> None:
    signer = make(script('input(); print(\'{"ok": true, "id": 1}\', flush=True)'))
    got: list[Any] = []
    signer.ask("list", got.append, got.append)
    signer.stop()
    qtbot.wait(300)
    assert got == []
    assert not signer.running


def test_it_starts_again_after_its_end(make: Callable[..., Signer], qtbot: Any) -> None:
    prepare_site("signer-test")
    signer = make(signer_command("signer-test"))
    got: list[Any] = []
    signer.ask("list", got.append, got.append)
    qtbot.waitUntil(lambda: len(got) == 1, timeout=10_000)
    signer.stop()
    signer.ask("list", got.append, got.append)
    qtbot.waitUntil(lambda: len(got) == 2, timeout=10_000)
    assert got[1]["ok"]
