from __future__ import annotations

from typing import Any

import pytest
from eth_account import Account
from hypothesis import given, settings
from hypothesis import strategies as st

from peerwatt.chain.bindings.credit import Credit
from peerwatt.chain.bindings.registry import Agent, Registry
from peerwatt.model.ports import PolicyRefusal
from peerwatt.wallet import agent_calls, calls
from peerwatt.wallet.address import checksum_address, keccak
from peerwatt.wallet.agent_calls import AgentLimits
from peerwatt.wallet.policy import OwnerPolicy
from peerwatt.wallet.secret import SecretKey, WalletFault
from peerwatt.wallet.signer import FREE, Fees, LocalSigner
from peerwatt.wallet.transaction import (
    UnsignedTransaction,
    read_transaction,
    recover,
)

CHAIN_ID = 20211
KEY = SecretKey(bytes(range(1, 33)))
ANNA = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
CREDIT = "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

fees = st.one_of(
    st.integers(0, 2**100).map(lambda price: Fees(gas_price_wei=price)),
    st.tuples(st.integers(0, 2**60), st.integers(0, 2**60)).map(
        lambda pair: Fees(None, max_fee_wei=max(pair), tip_wei=min(pair))
    ),
)
transactions = st.builds(
    UnsignedTransaction,
    chain_id=st.integers(1, 2**40),
    nonce=st.integers(0, 2**63),
    to=st.binary(min_size=20, max_size=20).map(checksum_address),
    gas=st.integers(21_000, 2**24),
    fees=fees,
    value_wei=st.integers(0, 2**255),
    data=st.binary(max_size=300),
)


@settings(max_examples=60)
@given(transactions)
def test_our_encoding_is_that_of_eth_account(tx: UnsignedTransaction) -> None:
    raw = KEY.sign(tx.fields())
    ours = tx.signed(*KEY.sign_digest(tx.signing_hash))
    assert ours == raw
    assert Account.recover_transaction(raw) == KEY.address
    assert read_transaction(tx.as_json()) == tx
    assert read_transaction(tx.fields()) == tx


@given(st.binary(min_size=32, max_size=32), st.integers(0, 1), st.integers(-1, 2**256))
def test_recovery_takes_low_s_only_and_never_raises(digest: bytes, parity: int, junk: int) -> None:
    y, r, s = KEY.sign_digest(digest)
    assert recover(digest, y, r, s) == KEY.address
    assert recover(digest, 1 - y, r, ORDER - s) is None
    assert recover(digest, 1 - y, r, s) != KEY.address
    for bad in ((y, 0, s), (y, r, 0), (y + 2, r, s), (parity, junk, s), (parity, r, junk)):
        assert recover(digest, *bad) != KEY.address or bad == (y, r, s)


def plain(**changes: Any) -> dict[str, Any]:
    content: dict[str, Any] = {
        "chainId": "0x4ef3",
        "nonce": "0x5",
        "to": ANNA,
        "gas": "0x5208",
        "value": "0x1",
        "data": "0x",
        "gasPrice": "0x0",
    }
    return {k: v for k, v in {**content, **changes}.items() if v is not None}


DYNAMIC = {"gasPrice": None, "maxFeePerGas": "0x9", "maxPriorityFeePerGas": "0x1"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"to": None}, "to"),
        ({"to": ""}, "to"),
        ({"to": ANNA.lower()}, "to"),
        ({"to": ANNA[:-1] + "D"}, "to"),
        ({"nonce": None}, "nonce"),
        ({"nonce": "5"}, "nonce"),
        ({"nonce": "0x05"}, "nonce"),
        ({"nonce": -1}, "nonce"),
        ({"nonce": True}, "nonce"),
        ({"nonce": 1.0}, "nonce"),
        ({"nonce": 2**64}, "nonce"),
        ({"value": 2**256}, "value"),
        ({"data": "0x0"}, "data"),
        ({"data": "00"}, "data"),
        ({"data": "0x" + "00" * 65_537}, "data"),
        ({"gasPrice": None}, "gasPrice"),
        ({"maxFeePerGas": "0x1"}, None),
        ({**DYNAMIC, "maxFeePerGas": "0x0"}, "maxPriorityFeePerGas"),
        ({**DYNAMIC, "type": "0x0"}, "type"),
        ({"type": "0x1"}, "type"),
        ({"accessList": []}, None),
        ({"authorizationList": []}, None),
    ],
)
def test_unusual_transactions_are_refused(changes: dict[str, Any], field: str | None) -> None:
    with pytest.raises(WalletFault) as caught:
        read_transaction(plain(**changes))
    assert caught.value.field == field


def test_usual_transactions_are_read() -> None:
    assert read_transaction(plain()).fees == FREE
    dynamic = read_transaction(plain(**DYNAMIC, type="0x2"))
    assert dynamic.fees == Fees(None, max_fee_wei=9, tip_wei=1)
    for content in (None, [], "x"):
        with pytest.raises(WalletFault, match="JSON object"):
            read_transaction(content)


def test_the_owners_policy() -> None:
    policy = OwnerPolicy(CHAIN_ID)
    signer = LocalSigner(KEY, policy)
    good = read_transaction(plain()).fields()
    assert Account.recover_transaction(signer.sign_transaction(good)) == KEY.address
    for changes, words in (
        ({"chainId": 1}, "not for chain"),
        ({"to": None}, "create contracts"),
        ({"to": ANNA.lower()}, "checksummed"),
        ({"gas": 20_999}, "21000"),
        ({"gas": 16_777_217}, "16777216"),
        ({"data": bytes(65_537)}, "too long"),
        ({"accessList": []}, "accessList"),
        ({"authorizationList": []}, "authorizationList"),
    ):
        with pytest.raises(PolicyRefusal, match=words):
            signer.sign_transaction({**good, **changes})


# -- prepared calls ----------------------------------------------------------------------------


def test_payments_are_what_the_contract_takes() -> None:
    call = calls.pay(CREDIT.lower(), ANNA, 12_500_000)
    assert (call.to, call.value_wei) == (CREDIT, 0)
    assert call.data == Credit(CREDIT).transfer(ANNA, 12_500_000)
    assert call.what == "Payment of 12.50 credits"
    assert calls.allow(CREDIT, ANNA, 0).data == Credit(CREDIT).approve(ANNA, 0)
    assert calls.redeem(CREDIT, 5).data[:4] == keccak(b"burn(uint256)")[:4]
    coins = calls.send_coins(ANNA, 7)
    assert (coins.to, coins.value_wei, coins.data) == (ANNA, 7, b"")
    tx = calls.cancel(KEY.address).transaction(CHAIN_ID, 5, FREE)
    assert (tx.to, tx.nonce, tx.value_wei, tx.data) == (KEY.address, 5, 0, b"")
    dearer = calls.with_fees(tx, Fees(gas_price_wei=9))
    assert (dearer.nonce, dearer.fees) == (5, Fees(gas_price_wei=9))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: calls.pay(CREDIT, ANNA, 0), "more than nothing"),
        (lambda: calls.pay(CREDIT, "0x" + "00" * 20, 1), "is lost"),
        (lambda: calls.pay(CREDIT, CREDIT, 1), "is lost"),
        (lambda: calls.pay(CREDIT, ANNA[:-1] + "D", 1), "mistyped"),
        (lambda: calls.allow(CREDIT, ANNA, 2**256 - 1), "needs a limit"),
        (lambda: calls.send_coins(ANNA, -1), "more than nothing"),
    ],
)
def test_payments_that_make_no_sense_are_refused(make: Any, words: str) -> None:
    with pytest.raises(WalletFault, match=words):
        make()


LIMITS = AgentLimits(5_000_000, 60_000, 80_000, 350_000, 2_000, (CREDIT,))


def test_the_agents_calls_are_what_the_registry_takes() -> None:
    registry = Registry(ANNA)
    agent = Agent(
        owner=ANNA,
        daily_limit_micro=5_000_000,
        daily_sales_wh=60_000,
        min_price_micro=80_000,
        max_price_micro=350_000,
        expires_s=2_000,
        scope=0,
        is_active=True,
    )
    call = agent_calls.authorise(ANNA, KEY.address, LIMITS, now_s=1_000)
    assert call.data == registry.authorise_agent(KEY.address, agent, [CREDIT])
    assert agent_calls.pause(ANNA, KEY.address).data == registry.pause_agent(KEY.address, True)
    assert agent_calls.resume(ANNA, KEY.address).data == registry.pause_agent(KEY.address, False)
    assert agent_calls.revoke(ANNA, KEY.address).data == registry.revoke_agent(KEY.address)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"daily_limit_micro": 1 << 96}, "daily_limit_micro"),
        ({"daily_sales_wh": -1}, "daily_sales_wh"),
        ({"min_price_micro": 350_001}, "min_price_micro"),
        ({"max_price_micro": 1 << 32}, "min_price_micro"),
        ({"expires_s": 1_000}, "expires_s"),
        ({"expires_s": 1_000 + 367 * 86_400}, "expires_s"),
        ({"allowed": ()}, "allowed"),
        ({"allowed": (CREDIT,) * 9}, "allowed"),
        ({"allowed": ("0x1",)}, "allowed"),
    ],
)
def test_limits_that_the_registry_would_refuse(changes: dict[str, Any], field: str) -> None:
    from dataclasses import replace

    with pytest.raises(WalletFault) as caught:
        agent_calls.authorise(ANNA, KEY.address, replace(LIMITS, **changes), now_s=1_000)
    assert caught.value.field == field
