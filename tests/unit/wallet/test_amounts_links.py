from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerwatt.wallet.address import checksum_address
from peerwatt.wallet.amounts import (
    MAX_UINT256,
    coins_text,
    credits_text,
    energy_text,
    format_units,
    moment_text,
    parse_amount,
    price_text,
    slot_text,
)
from peerwatt.wallet.export import HEADER, TransactionRow, harmless, transactions_csv
from peerwatt.wallet.links import PaymentLink, as_json, build_link, parse_link
from peerwatt.wallet.secret import WalletFault

ANNA = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
CREDIT = "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"


@pytest.mark.parametrize(
    ("text", "micro"),
    [
        ("12.50", 12_500_000),
        ("12,5", 12_500_000),
        (" 0.000001 ", 1),
        ("1'234.5", 1_234_500_000),
        ("1 234 567", 1_234_567_000_000),
        ("0,125", 125_000),
        ("12.125", 12_125_000),
        ("5.", None),
        (".5", None),
        ("1,234", None),
        ("1,234.5", None),
        ("1.2.3", None),
        ("-1", None),
        ("+1", None),
        ("1e3", None),
        ("0.0000001", None),
        ("1'23", None),
        ("", None),
        ("١٢", None),
        ("9" * 80, None),
    ],
)
def test_amounts_as_people_write_them(text: str, micro: int | None) -> None:
    if micro is not None:
        assert parse_amount(text) == micro
        return
    with pytest.raises(WalletFault) as caught:
        parse_amount(text)
    assert caught.value.field == "amount"


@given(st.integers(0, MAX_UINT256), st.sampled_from([0, 3, 6, 18]))
def test_amounts_survive_text_exactly(units: int, decimals: int) -> None:
    assert parse_amount(format_units(units, decimals, 0), decimals) == units


def test_units_in_words() -> None:
    assert credits_text(12_500_000) == "12.50 credits"
    assert credits_text(-1) == "-0.000001 credits"
    assert coins_text(10**18) == "1 coins of this chain"
    assert energy_text(1_250) == "1.25 kWh"
    assert energy_text(-40) == "-0.04 kWh"
    assert price_text(220_000) == "22.0 ct/kWh"
    assert moment_text(1_796_000_400, "Europe/Zurich") == "2026-11-30 02:00 CET"
    assert slot_text(1_995_556, "UTC") == "2026-11-30 01:00 UTC to 01:15"
    assert moment_text(1_796_000_400, "Europe/Nowhere") == "2026-11-30 01:00 UTC"
    assert moment_text(1 << 255) == f"Unix second {1 << 255}"
    assert slot_text(1 << 190) == f"interval {1 << 190}"


# -- EIP-681 -----------------------------------------------------------------------------------


def test_links_for_the_coin() -> None:
    # The example of EIP-681, in lower case: as printed there its capitals fail EIP-55.
    link = parse_link("ethereum:0xfb6916095ca1df60bb79ce92ce3ea74c37c5d359?value=2.014e18")
    assert link == PaymentLink("coin", CREDIT, amount=2_014 * 10**15)
    with pytest.raises(WalletFault, match="mistyped"):
        parse_link("ethereum:0xfb6916095ca1df60bb79Ce92ce3ea74c37c5d359?value=2.014e18")
    full = parse_link(f"ETHEREUM:pay-{ANNA}@100?value=5&gas=21000&gasPrice=2e9")
    assert full == PaymentLink("coin", ANNA, 100, 5, None, 21_000, 2 * 10**9)


def test_links_for_a_token() -> None:
    # The other example of EIP-681.
    link = parse_link(
        "ethereum:0x89205a3a3b2a69de6dbf7f01ed13b2108b2c43e7/transfer"
        "?address=0x8e23ee67d1332ad560396262c48ffbb01f93d052&uint256=1"
    )
    assert link.kind == "token"
    assert link.token == checksum_address("0x89205a3a3b2a69de6dbf7f01ed13b2108b2c43e7")
    assert link.recipient == checksum_address("0x8e23ee67d1332ad560396262c48ffbb01f93d052")
    assert as_json(link)["amount"] == "1"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "bitcoin:xyz",
        ANNA,
        "ethereum:",
        "ethereum:anna.eth",
        f"ethereum:{ANNA[:-1]}",
        f"ethereum:{ANNA}@",
        f"ethereum:{ANNA}@0x1",
        f"ethereum:{ANNA}@0",
        f"ethereum:{ANNA}?value=1.5",
        f"ethereum:{ANNA}?value=-1",
        f"ethereum:{ANNA}?value=1e99",
        f"ethereum:{ANNA}?value=1&value=2",
        f"ethereum:{ANNA}?value",
        f"ethereum:{ANNA}?note=hello",
        f"ethereum:{ANNA}?value=%31",
        f"ethereum:{ANNA}?gas=1&gasLimit=2",
        f"ethereum:{CREDIT}/approve?address={ANNA}&uint256=1",
        f"ethereum:{CREDIT}/transfer?uint256=1",
        f"ethereum:{CREDIT}/transfer?address={ANNA}&value=1",
        f"ethereum:{CREDIT}/transfer?address=anna.eth",
        f"ethereum:{ANNA}?" + "a" * 600,
    ],
)
def test_links_that_are_refused(text: str) -> None:
    with pytest.raises(WalletFault) as caught:
        parse_link(text)
    assert caught.value.field == "link"


@given(st.one_of(st.none(), st.integers(0, MAX_UINT256)), st.integers(1, 2**60), st.booleans())
def test_built_links_are_read_back(amount: int | None, chain_id: int, is_token: bool) -> None:
    kind = PaymentLink("token", ANNA, chain_id, amount, CREDIT)
    link = kind if is_token else PaymentLink("coin", ANNA, chain_id, amount)
    assert parse_link(build_link(link)) == link


@given(st.text(max_size=80))
def test_no_text_crashes_the_reader(text: str) -> None:
    for start in ("", "ethereum:", f"ethereum:{ANNA}?"):
        try:
            parse_link(start + text)
        except WalletFault:
            continue


# -- CSV ---------------------------------------------------------------------------------------


def row(**changes: object) -> TransactionRow:
    fields: dict[str, object] = {
        "time_s": 1_796_000_400.0,
        "status": "final",
        "block_number": 7,
        "sender": ANNA,
        "recipient": CREDIT,
        "amount_micro": -12_500_000,
        "fee_wei": 0,
        "what": 'Payment, "rent"',
        "label": "",
        "transaction_hash": "0x" + "00" * 32,
    }
    return TransactionRow(**{**fields, **changes})  # type: ignore[arg-type]


def test_csv_is_rfc_4180() -> None:
    text = transactions_csv([row()])
    assert text.count("\r\n") == 2
    assert '"Payment, ""rent"""' in text
    head, first = list(csv.reader(io.StringIO(text, newline="")))
    assert tuple(head) == HEADER
    assert first[:3] == ["2026-11-30T01:00:00Z", "final", "7"]
    assert first[5:7] == ["-12.50", "0"]
    assert transactions_csv([row(amount_micro=None, block_number=None)]).count(",,") >= 1


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1"])
def test_no_cell_is_a_formula(start: str) -> None:
    cells = list(csv.reader(io.StringIO(transactions_csv([row(label=start)]), newline="")))[1]
    assert cells[8] == f"'{start}"
    assert harmless("plain = text") == "plain = text"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40))
def test_labels_survive_the_file(label: str) -> None:
    text = transactions_csv([row(label=label)])
    cells = list(csv.reader(io.StringIO(text, newline="")))[1]
    assert cells[8] == harmless(label)
