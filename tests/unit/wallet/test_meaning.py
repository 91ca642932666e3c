from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peerwatt.chain.bindings.artefact import load_artefact
from peerwatt.wallet import abi, agent_calls, calls, market_calls
from peerwatt.wallet.address import checksum_address
from peerwatt.wallet.agent_calls import AgentLimits
from peerwatt.wallet.amounts import MAX_UINT256
from peerwatt.wallet.calls import Call
from peerwatt.wallet.meaning import (
    Meaning,
    Risk,
    Surroundings,
    Ticks,
    describe_message,
    describe_transaction,
)
from peerwatt.wallet.meaning.templates import TEMPLATES
from peerwatt.wallet.secret import WalletFault
from peerwatt.wallet.signer import FREE, Fees
from peerwatt.wallet.transaction import UnsignedTransaction

ME = "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"
ANNA = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
AGENT = "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb"
STRANGER = checksum_address("0x" + "17" * 20)
CONTRACTS = {
    name: checksum_address(bytes([number]) * 20)
    for number, name in enumerate(abi.contract_names(), 0xA0)
}
CREDIT, MARKET, REGISTRY = CONTRACTS["Credit"], CONTRACTS["Market"], CONTRACTS["Registry"]
DEALS = CONTRACTS["Deals"]
AROUND = Surroundings(
    20211,
    CONTRACTS,
    {ANNA: "Anna"}.get,
    "Europe/Zurich",
    frozenset({ME}),
    Ticks(80_000, 1_000),
)


def told(call: Call | UnsignedTransaction, around: Surroundings = AROUND) -> Meaning:
    tx = call if isinstance(call, UnsignedTransaction) else call.transaction(20211, 5, FREE)
    return describe_transaction(tx, around)


def raw(to: str, data: bytes, value_wei: int = 0) -> UnsignedTransaction:
    return UnsignedTransaction(20211, 5, to, 100_000, FREE, value_wei, data)


def lines(meaning: Meaning) -> Mapping[str, str]:
    return {line.label: line.text for line in meaning.lines}


def test_a_payment() -> None:
    meaning = told(calls.pay(CREDIT, ANNA, 12_500_000))
    assert meaning.title == f"Send 12.50 credits to {ANNA} (Anna)"
    assert (meaning.risk, meaning.recipient, meaning.warnings) == (Risk.ORDINARY, ANNA, ())
    assert lines(meaning)["Fee"] == "none"
    assert meaning.as_json()["code"] == "Credit.transfer"


def test_the_agents_limits() -> None:
    limits = AgentLimits(5_000_000, 60_000, 80_000, 350_000, 1_796_000_400, (MARKET,))
    meaning = told(agent_calls.authorise(REGISTRY, AGENT, limits, 1_795_000_000))
    assert meaning.title == (
        f"Allow the agent's key {AGENT} to spend up to 5.00 credits a day and offer up to 60.0 kWh "
        "a day at 8.0 to 35.0 ct/kWh until 2026-11-30 02:00 CET"
    )
    assert (meaning.risk, meaning.recipient) == (Risk.CAREFUL, AGENT)
    assert lines(meaning)["Contracts it may use"] == f"{MARKET} (the community's Market)"
    wide = AgentLimits(1, 1, 1, 1, 1_796_000_400, (MARKET, STRANGER))
    flagged = told(agent_calls.authorise(REGISTRY, AGENT, wide, 1_795_000_000))
    assert flagged.risk is Risk.UNKNOWN
    assert STRANGER in flagged.warnings[0]


def test_pause_resume_and_revoke() -> None:
    pause, resume = agent_calls.pause(REGISTRY, AGENT), agent_calls.resume(REGISTRY, AGENT)
    assert told(pause).title.startswith("Pause the agent's key")
    assert told(resume).title.startswith("Let the agent's key")
    assert (told(pause).risk, told(resume).risk) == (Risk.ORDINARY, Risk.CAREFUL)
    revoke = told(agent_calls.revoke(REGISTRY, AGENT))
    assert revoke.title.startswith("Revoke the agent's key")
    assert revoke.risk is Risk.ORDINARY


def test_allowances() -> None:
    limited = told(calls.allow(CREDIT, MARKET, 5_000_000))
    assert "take up to 5.00 credits" in limited.title
    assert limited.risk is Risk.CAREFUL
    assert told(calls.allow(CREDIT, MARKET, 0)).risk is Risk.ORDINARY
    assert told(calls.allow(CREDIT, STRANGER, 1)).risk is Risk.UNKNOWN
    data = abi.function("Credit", "approve").encode(MARKET, MAX_UINT256)
    unlimited = told(raw(CREDIT, data))
    assert "ALL your credits" in unlimited.title
    assert "no limit" in unlimited.warnings[0]


def step(side: int, tick: int, quantity_wh: int, reach: int = 0) -> int:
    return reach << 28 | side << 27 | tick << 19 | quantity_wh


def order(interval: int, first: int = 0, second: int = 0, junk: int = 0) -> int:
    return interval << 64 | junk << 60 | second << 30 | first


def test_orders_are_summed_up_and_listed() -> None:
    orders = [order(1_995_556, step(0, 140, 1_200), step(0, 120, 300, 1))]
    orders += [order(1_995_557, step(1, 20, 300)), order(1_995_558)]
    meaning = told(raw(MARKET, abi.function("Market", "place").encode(orders)))
    assert meaning.title == "Place 3 orders: buy 1.5 kWh, sell 0.3 kWh, withdraw 1 order"
    assert meaning.lines[0].label == "2026-11-30 02:00 CET to 02:15"
    assert [line.text for line in meaning.lines[:4]] == [
        "buy 1.2 kWh at most 22.0 ct/kWh",
        "buy 0.3 kWh at most 20.0 ct/kWh beyond the own zone",
        "sell 0.3 kWh at least 10.0 ct/kWh",
        "order withdrawn",
    ]
    odd = raw(MARKET, abi.function("Market", "place").encode([order(1, step(0, 0, 5), junk=1)]))
    assert "malformed" in told(odd, Surroundings(20211, CONTRACTS)).warnings[0]
    far = raw(MARKET, abi.function("Market", "place").encode([order(1, step(0, 0, 5, 3))]))
    assert "malformed" in told(far).warnings[0]
    many = raw(MARKET, abi.function("Market", "place").encode([order(1, step(0, 0, 5))] * 96))
    assert lines(told(many))["And"] == "72 orders more"


def test_what_a_deal_and_the_account_are_about() -> None:
    deal = (ME, ANNA, 0, 2_500, 10_000, 0, 1_995_556, 2_000_000, 1, 7)
    signatures = (27, bytes(32), bytes(32)) * 2
    gift = told(raw(DEALS, abi.function("Deals", "sign").encode(deal, *signatures)))
    assert gift.title.startswith("Set a direct deal: 25 % of the surplus as a gift, from ")
    assert lines(gift)["Price"] == "a gift"
    assert told(market_calls.deposit(MARKET, 5_000_000)).title == (
        "Deposit 5.00 credits in your account with the market"
    )
    assert told(market_calls.withdraw(MARKET, 5_000_000)).risk is Risk.ORDINARY
    chosen = told(market_calls.choose_offer(CONTRACTS["Supply"], 3))
    assert chosen.title == "Choose the supplier's offer 3 from the next period on"
    assert "thin" in told(market_calls.set_no_fuss(MARKET, no_fuss=True)).title
    assert told(market_calls.end_deal(DEALS, bytes(32))).risk is Risk.CAREFUL
    with pytest.raises(WalletFault, match="numbered from 1"):
        market_calls.choose_offer(CONTRACTS["Supply"], 0)


def test_coins_and_cancellations() -> None:
    coins = told(calls.send_coins(ANNA, 5 * 10**17))
    assert coins.title == f"Send 0.5 coins of this chain to {ANNA} (Anna)"
    assert told(calls.send_coins(MARKET, 1)).warnings == ("The community's Market takes no coins.",)
    assert told(calls.cancel(ME)).title == "Cancel what waits with nonce 5: nothing is sent"
    assert told(calls.cancel(ANNA)).code == "coin.transfer"
    with_call = told(raw(CREDIT, calls.pay(CREDIT, ANNA, 1).data, 7))
    assert with_call.risk is Risk.CAREFUL
    assert "Coins are sent along" in with_call.warnings[-1]


def test_the_fee_is_shown_at_its_highest() -> None:
    fees = Fees(None, max_fee_wei=20 * 10**9, tip_wei=1)
    tx = calls.pay(CREDIT, ANNA, 1).transaction(20211, 0, fees)
    assert lines(told(tx))["Fee"] == "at most 0.0024 coins of this chain"
    other = calls.pay(CREDIT, ANNA, 1).transaction(1, 0, fees)
    assert lines(told(other))["Chain"] == "1 (not yours)"


def test_unknown_calls_are_red_with_their_bytes() -> None:
    meaning = told(raw(STRANGER, bytes.fromhex("deadbeef") + bytes(100)))
    assert (meaning.code, meaning.risk) == ("unknown", Risk.UNKNOWN)
    assert lines(meaning)["Selector"] == "0xdeadbeef"
    assert lines(meaning)["Data"].endswith("(104 bytes)")
    familiar = told(raw(STRANGER, calls.pay(CREDIT, ANNA, 7).data))
    assert (familiar.code, familiar.risk) == ("unknown.contract", Risk.UNKNOWN)
    assert "not your community's" in familiar.warnings[0]
    assert lines(familiar)["amount"] == "7"


@pytest.mark.parametrize(
    "data",
    [
        b"\x01",
        bytes.fromhex("a9059cbb"),
        calls.pay(CREDIT, ANNA, 1).data + b"\x00",
        calls.pay(CREDIT, ANNA, 1).data[:-1],
        bytes.fromhex("a9059cbb") + b"\x01" + calls.pay(CREDIT, ANNA, 1).data[5:],
        bytes.fromhex("00000000") + bytes(64),
    ],
)
def test_data_that_is_not_exactly_a_call_is_unknown(data: bytes) -> None:
    meaning = told(raw(CREDIT, data))
    assert (meaning.code, meaning.risk) == ("unknown", Risk.UNKNOWN)
    assert meaning.warnings == ("The community's Credit has no such call.",)


def sample(kind: str) -> Any:
    if kind.endswith("[]"):
        return [sample(kind[:-2])]
    if kind.startswith("("):
        return tuple(sample(part) for part in kind[1:-1].split(","))
    if kind == "address":
        return ANNA
    if kind == "bool":
        return True
    if kind == "string":
        return "a word"
    if kind == "bytes":
        return b"\x05\x06"
    return bytes(32) if kind == "bytes32" else 1


EVERY = [one for name in abi.contract_names() for one in abi.functions(name)]


@pytest.mark.parametrize("one", EVERY, ids=lambda one: f"{one.contract}.{one.name}")
def test_every_call_of_our_contracts_has_words(one: abi.Function) -> None:
    artefact = load_artefact(one.contract)
    arguments = [sample(kind) for kind in one.types]
    assert one.encode(*arguments) == artefact.calldata(one.name, *arguments)
    meaning = told(raw(CONTRACTS[one.contract], one.encode(*arguments)))
    assert meaning.code == f"{one.contract}.{one.name}"
    assert meaning.risk is not Risk.UNKNOWN or one.name in ("approve", "authorise_agent")
    assert "{" not in meaning.title
    template = TEMPLATES.get(meaning.code)
    assert template is None or template.names <= set(one.names), "the call's arguments changed"


@settings(max_examples=150)
@given(st.sampled_from(EVERY), st.binary(max_size=200), st.binary(min_size=20, max_size=20))
def test_no_data_crashes_the_reader(one: abi.Function, junk: bytes, to: bytes) -> None:
    for at in (CONTRACTS[one.contract], checksum_address(to)):
        told(raw(at, one.selector + junk))
        told(raw(at, junk))


@pytest.mark.parametrize(
    ("message", "risk"),
    [
        ("I live at Maple Street 1.\nZürich".encode(), Risk.CAREFUL),
        (bytes(32), Risk.UNKNOWN),
        (b"\xff\xfe", Risk.UNKNOWN),
        (b"", Risk.UNKNOWN),
        ("pay \u202eanna".encode(), Risk.UNKNOWN),
        (b"a\x00b", Risk.UNKNOWN),
    ],
)
def test_messages(message: bytes, risk: Risk) -> None:
    assert describe_message(message).risk is risk
    if message == bytes(32):
        assert "hash of something else" in describe_message(message).warnings[0]
