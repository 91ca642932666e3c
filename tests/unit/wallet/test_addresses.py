from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerwatt.wallet.address import (
    checksum_address,
    grouped,
    is_checksummed,
    look_alikes,
    parse_address,
)
from peerwatt.wallet.book import AddressBook, BookEntry, load_book, save_book
from peerwatt.wallet.identicon import SIZE, identicon
from peerwatt.wallet.secret import WalletFault

# The examples of EIP-55.
CHECKSUMMED = [
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
    "0xde709f2102306220921060314715629080e2fb77",
    "0x27b1fdb04752bbc536007a920d24acb045561c26",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
]
ANNA = CHECKSUMMED[4]
addresses = st.binary(min_size=20, max_size=20).map(checksum_address)


@pytest.mark.parametrize("address", CHECKSUMMED)
def test_checksums_are_those_of_eip_55(address: str) -> None:
    assert checksum_address(address.lower()) == address
    assert is_checksummed(address)
    assert parse_address(address) == address
    assert parse_address(f"  {address.lower()}\n") == address
    assert parse_address("0x" + address[2:].upper()) == address


@given(addresses, st.integers(2, 41))
def test_a_changed_letter_is_noticed(address: str, at: int) -> None:
    swapped = address[:at] + address[at].swapcase() + address[at + 1 :]
    if swapped == address or swapped[2:] in (swapped[2:].lower(), swapped[2:].upper()):
        return
    assert not is_checksummed(swapped)
    with pytest.raises(WalletFault, match="mistyped"):
        parse_address(swapped)


@pytest.mark.parametrize("text", ["", "0x", "anna.eth", ANNA[:-1], ANNA + "0", "0X" + ANNA[2:]])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(WalletFault, match="40 hexadecimal") as caught:
        parse_address(text, "to")
    assert caught.value.field == "to"
    assert not is_checksummed(text)


def test_addresses_are_read_in_blocks_of_four() -> None:
    assert grouped(ANNA)[0] == "0x5aAe"
    assert grouped(ANNA)[1:3] == ("b605", "3F3E")
    assert len(grouped(ANNA)) == 10
    assert "".join(grouped(ANNA)) == ANNA


def test_look_alikes() -> None:
    poisoned = checksum_address(ANNA[:6].lower() + "0" * 32 + ANNA[-4:].lower())
    slip = checksum_address(ANNA[:20].lower() + "0" + ANNA[21:].lower())
    assert [one.known for one in look_alikes(poisoned, [ANNA, CHECKSUMMED[0]])] == [ANNA]
    assert "begins and ends" in look_alikes(poisoned, [ANNA])[0].reason
    assert "one character" in look_alikes(slip, [ANNA])[0].reason
    assert look_alikes(ANNA.lower(), [ANNA, poisoned]) == ()
    assert look_alikes(CHECKSUMMED[0], CHECKSUMMED[1:]) == ()


@given(addresses, addresses)
def test_pictures_are_steady_mirrored_and_differ(one: str, other: str) -> None:
    picture = identicon(one)
    assert picture == identicon(one.lower())
    assert len(picture.cells) == SIZE
    assert all(row == row[::-1] and len(row) == SIZE for row in picture.cells)
    assert one == other or picture != identicon(other)


EMPTY = AddressBook({}, {})


def test_the_book_names_and_warns(tmp_path: Path) -> None:
    book = EMPTY.with_entry(BookEntry(ANNA.lower(), " Anna ", "next door", 5))
    assert book.name(ANNA.lower()) == "Anna"
    first = book.check(ANNA)
    assert (first.name, first.first_time) == ("Anna", True)
    assert first.warnings == ("You have never sent anything to this address.",)
    book = book.with_sent(ANNA, 77)
    again = book.check(ANNA)
    assert (again.first_time, again.last_sent_s, again.warnings) == (False, 77, ())
    poisoned = ANNA[:6] + "0" * 32 + ANNA[-4:]
    warned = book.check(poisoned.lower())
    assert warned.warnings[0].startswith(f"Looks like Anna ({ANNA}) but")
    assert book.check(CHECKSUMMED[0], own=[CHECKSUMMED[0]]).warnings == ()
    save_book(tmp_path, book)
    assert load_book(tmp_path) == book
    assert stat.S_IMODE((tmp_path / "book.json").stat().st_mode) == 0o600
    assert book.without(ANNA).entries == {}


def test_what_the_book_refuses() -> None:
    book = EMPTY.with_entry(BookEntry(ANNA, "Anna"))
    for entry, field in (
        (BookEntry("0x1", "x"), "address"),
        (BookEntry(CHECKSUMMED[0], ""), "name"),
        (BookEntry(CHECKSUMMED[0], "ANNA"), "name"),
        (BookEntry(CHECKSUMMED[0], "Bo\u202eb"), "name"),
        (BookEntry(CHECKSUMMED[0], "Bob", "x" * 201), "note"),
    ):
        with pytest.raises(WalletFault) as caught:
            book.with_entry(entry)
        assert caught.value.field == field
    with pytest.raises(WalletFault, match="does not hold"):
        book.without(CHECKSUMMED[0])


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"version": 2}',
        '{"version": 1}',
        '{"version": 1, "entries": [{"address": "0x1", "name": "a"}], "sent": {}}',
        '{"version": 1, "entries": [], "sent": {"0x1": {}}}',
        '{"version": 1, "entries": [5], "sent": {}}',
    ],
)
def test_a_damaged_book_is_one_sentence_and_left_alone(tmp_path: Path, content: str) -> None:
    (tmp_path / "book.json").write_text(content)
    with pytest.raises(WalletFault, match=r"book\.json is damaged"):
        load_book(tmp_path)
    assert (tmp_path / "book.json").read_text() == content
