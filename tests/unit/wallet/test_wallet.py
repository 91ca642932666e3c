from __future__ import annotations

import json
import logging
import pickle
import re
import stat
import traceback
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from peerwatt.model.ports import PolicyRefusal, Signer
from peerwatt.wallet.agent_key import FileKeyStore, KeyringKeyStore, load_or_create
from peerwatt.wallet.keystore import (
    key_from_seed,
    keystore_address,
    load_keystore,
    new_seed,
    save_keystore,
)
from peerwatt.wallet.nonces import AccountSender, NonceKeeper, SignedTransaction
from peerwatt.wallet.policy import AgentPolicy, ChainPolicy
from peerwatt.wallet.secret import SecretKey, WalletFault
from peerwatt.wallet.signer import Fees, LocalSigner, call_fields

FAST = 2
"""Scrypt cost for tests; the real one takes a second."""
RAW = bytes(range(1, 33))
KEY = SecretKey(RAW)
CHAIN_ID = 20211
MARKET = "0x" + "aB" * 20
PLACE = bytes.fromhex("dbacd55d")
# Published in BIP-39's test vectors and by every wallet: the address of this seed.
SEED = "test test test test test test test test test test test junk"
SEED_ADDRESS = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"


# -- the key does not show itself --------------------------------------------------------------


def shown(*texts: object) -> str:
    return " ".join(str(text) for text in texts).lower()


def test_no_key_in_repr_format_pickle_or_attributes() -> None:
    signer = LocalSigner(KEY, ChainPolicy(CHAIN_ID))
    text = shown(KEY, repr(KEY), f"{KEY}", signer, [KEY, {"k": signer}])
    assert RAW.hex() not in text
    assert repr(RAW) not in text
    with pytest.raises(TypeError):
        pickle.dumps(KEY)
    assert not hasattr(KEY, "__dict__")


@pytest.mark.parametrize("bad", [b"", b"\x01" * 31, bytes(32), b"\xff" * 32, b"\x42" * 33])
def test_errors_about_keys_do_not_quote_them(bad: bytes) -> None:
    with pytest.raises(WalletFault) as caught:
        SecretKey(bad)
    text = "".join(traceback.format_exception(caught.value))
    assert caught.value.__suppress_context__
    assert not bad or bad.hex() not in text


def test_errors_about_seeds_do_not_quote_them() -> None:
    words = SEED.replace("junk", "zebra")
    with pytest.raises(WalletFault) as caught:
        key_from_seed(words)
    assert "zebra" not in shown(caught.value)
    assert caught.value.__context__ is None
    with pytest.raises(WalletFault, match="12 or 24"):
        key_from_seed("test junk")


# -- owner key ---------------------------------------------------------------------------------


def test_seeds_derive_what_other_wallets_derive() -> None:
    assert key_from_seed(SEED).address == SEED_ADDRESS
    assert key_from_seed("  " + SEED.upper().replace(" ", "  ")).address == SEED_ADDRESS
    second = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
    assert key_from_seed(SEED, index=1).address == second
    assert key_from_seed(SEED, "extra").address != SEED_ADDRESS


@pytest.mark.parametrize("count", [12, 24])
def test_new_seeds_are_valid_and_new(count: Any) -> None:
    first, second = new_seed(count), new_seed(count)
    assert first != second
    assert len(first.split()) == count
    assert key_from_seed(first).address != key_from_seed(second).address


async def test_a_keystore_opens_with_its_password_only(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "owner.json"
    await save_keystore(path, KEY, "correct horse", scrypt_n=FAST)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert RAW.hex() not in path.read_text()
    assert (await load_keystore(path, "correct horse")).reveal() == RAW
    assert (keystore_address(path) or "").lower() == KEY.address.lower()
    with pytest.raises(WalletFault, match="password does not open") as caught:
        await load_keystore(path, "wrong")
    assert "wrong" not in shown(caught.value)
    with pytest.raises(WalletFault, match="never overwritten"):
        await save_keystore(path, KEY, "again", scrypt_n=FAST)
    with pytest.raises(WalletFault, match="needs a password"):
        await save_keystore(tmp_path / "b", KEY, "")
    # Any other wallet opens it too.
    assert bytes(Account.decrypt(path.read_text(), "correct horse")) == RAW


async def test_the_standard_cost_is_the_default(tmp_path: Path) -> None:
    path = tmp_path / "owner.json"
    await save_keystore(path, KEY, "correct horse")
    assert json.loads(path.read_text())["crypto"]["kdfparams"]["n"] == 262_144


async def test_damaged_keystores_are_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "owner.json"
    await save_keystore(path, KEY, "p", scrypt_n=FAST)
    good = json.loads(path.read_text())
    crypto = good["crypto"]
    bad: list[object] = [
        "x",
        [],
        {},
        {**good, "version": 1},
        {**good, "crypto": {}},
        {**good, "crypto": {**crypto, "ciphertext": "zz"}},
        {**good, "crypto": {**crypto, "mac": "00"}},
        {**good, "crypto": {**crypto, "kdf": "md5"}},
        {**good, "crypto": {**crypto, "kdfparams": {**crypto["kdfparams"], "n": 1 << 40}}},
        {**good, "address": "00" * 20},
    ]
    for content in bad:
        path.write_text(json.dumps(content))
        with pytest.raises(WalletFault) as caught:
            await load_keystore(path, "p")
        assert str(path) in str(caught.value)
    path.write_text(" " * 20_000)
    with pytest.raises(WalletFault, match="too large"):
        await load_keystore(path, "p")
    with pytest.raises(WalletFault, match="no keystore at"):
        await load_keystore(tmp_path / "none", "p")


# -- agent key ---------------------------------------------------------------------------------


async def test_the_agent_key_lives_in_the_keyring(
    memory_keyring: dict[tuple[str, str], str],
) -> None:
    store = KeyringKeyStore("home")
    key, is_new = await load_or_create(store)
    assert is_new
    again, is_new = await load_or_create(store)
    assert (again.address, is_new) == (key.address, False)
    other, _ = await load_or_create(KeyringKeyStore("cabin"))
    assert other.address != key.address
    assert len(memory_keyring) == 2
    with pytest.raises(WalletFault, match="already"):
        await store.save(key)
    await store.remove()
    await store.remove()
    assert await store.load() is None


async def test_a_damaged_entry_is_no_key(memory_keyring: dict[tuple[str, str], str]) -> None:
    memory_keyring["peerwatt", "agent:home"] = "nonsense"
    with pytest.raises(WalletFault, match="damaged"):
        await KeyringKeyStore("home").load()


async def test_without_a_keyring_a_file_must_be_chosen() -> None:
    with pytest.raises(WalletFault, match="encrypted key file"):
        await load_or_create(KeyringKeyStore("home"))


async def test_a_plain_text_keyring_is_none() -> None:
    from keyring.backend import KeyringBackend

    class PlaintextKeyring(KeyringBackend):
        priority = 5

        def get_password(self, service: str, username: str) -> str | None:
            return None

        def set_password(self, service: str, username: str, password: str) -> None:
            raise AssertionError("a key was stored in plain text")

    with pytest.raises(WalletFault):
        await load_or_create(KeyringKeyStore("home", PlaintextKeyring()))


async def test_the_agent_key_in_an_encrypted_file(tmp_path: Path) -> None:
    path = tmp_path / "agent.json"
    store = FileKeyStore(path, "hunter2", scrypt_n=FAST)
    key, is_new = await load_or_create(store)
    assert is_new
    assert key.reveal().hex() not in path.read_text()
    assert (await load_or_create(store))[0].address == key.address
    assert "hunter2" not in repr(store)
    with pytest.raises(WalletFault, match="password"):
        await FileKeyStore(path, "other", scrypt_n=FAST).load()
    await store.remove()
    assert await store.load() is None


# -- policy and signing ------------------------------------------------------------------------

POLICY = AgentPolicy.allowing(CHAIN_ID, [(MARKET, PLACE)], max_gas=1_000_000)


def call(**changes: object) -> dict[str, object]:
    fields = call_fields(CHAIN_ID, MARKET, PLACE + bytes(32), nonce=5, gas=500_000)
    fields |= changes
    return {name: value for name, value in fields.items() if value is not None}


def test_an_allowed_call_is_signed() -> None:
    signer: Signer = LocalSigner(KEY, POLICY)
    raw = signer.sign_transaction(call())
    assert Account.recover_transaction(raw) == KEY.address
    assert signer.sign_transaction(call()) == raw


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"chainId": 1}, "not for chain 20211"),
        ({"chainId": None}, "not for chain"),
        ({"to": "0x" + "cd" * 20}, "may not call"),
        ({"to": None}, "a new contract"),
        ({"data": bytes.fromhex("a9059cbb")}, "may not call 0xa9059cbb"),
        ({"data": "0x"}, "may not call"),
        ({"data": 5}, "data"),
        ({"data": "0xzz"}, "data"),
        ({"value": 1}, "coins"),
        ({"value": "0x1"}, "coins"),
        ({"value": -1}, "no number"),
        ({"value": True}, "no number"),
        ({"gas": 1_000_001}, "at most 1000000 gas"),
        ({"gas": 0}, "gas"),
        ({"gasPrice": 1}, "wei for gas"),
        ({"gasPrice": None, "maxFeePerGas": 1, "maxPriorityFeePerGas": 0}, "wei for gas"),
        ({"accessList": []}, "accessList"),
    ],
)
def test_everything_else_is_refused_with_its_rule(changes: dict[str, object], words: str) -> None:
    with pytest.raises(PolicyRefusal, match=words):
        LocalSigner(KEY, POLICY).sign_transaction(call(**changes))


@given(st.dictionaries(st.sampled_from(list(call())), st.none() | st.integers() | st.text()))
def test_no_strange_field_gets_past_the_policy(changes: dict[str, Any]) -> None:
    try:
        raw = LocalSigner(KEY, POLICY).sign_transaction(call(**changes))
    except (PolicyRefusal, WalletFault):
        return
    assert Account.recover_transaction(raw) == KEY.address


def test_both_kinds_of_fees() -> None:
    signer = LocalSigner(KEY, ChainPolicy(CHAIN_ID))
    legacy = signer.sign_transaction(call())
    fees = Fees(None, max_fee_wei=9, tip_wei=1)
    dynamic = signer.sign_transaction(
        call_fields(CHAIN_ID, None, b"\x00", nonce=0, gas=90_000, fees=fees)
    )
    assert int(legacy[2:4], 16) >= 0xC0
    assert dynamic.startswith("0x02")
    for raw in (legacy, dynamic):
        assert Account.recover_transaction(raw) == KEY.address


def test_unusable_fields_are_one_sentence() -> None:
    signer = LocalSigner(KEY, ChainPolicy(CHAIN_ID))
    for changes in ({"to": "nobody"}, {"nonce": -1}, {"gas": None}):
        with pytest.raises(WalletFault, match="cannot be signed"):
            signer.sign_transaction(call(**changes))


# -- nonces and resends ------------------------------------------------------------------------


def transaction(nonce: int) -> SignedTransaction:
    return SignedTransaction.of(nonce, f"0x{nonce:02x}ff")


def test_nonces_continue_after_what_is_pending_and_fill_gaps() -> None:
    keeper = NonceKeeper(5, [transaction(5), transaction(7), transaction(3)])
    assert [tx.nonce for tx in keeper.pending] == [5, 7]
    assert keeper.next == 6
    keeper.add(transaction(6))
    assert keeper.next == 8
    assert keeper.prove(7) == (transaction(5), transaction(6))
    assert keeper.prove(4) == ()
    assert (keeper.proven, keeper.next) == (7, 8)
    keeper.forget(transaction(7))
    assert keeper.next == 7
    for taken in (transaction(6), SignedTransaction.of(7, "0x01")):
        keeper.add(transaction(7))
        with pytest.raises(ValueError, match="taken"):
            keeper.add(taken)


async def test_a_sender_signs_once_and_sends_the_same_bytes_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    sent: list[str] = []

    async def broadcast(raw: str) -> str:
        sent.append(raw)
        return "0xhash"

    sender = AccountSender(LocalSigner(KEY, POLICY), CHAIN_ID, broadcast, NonceKeeper(2))
    first = sender.prepare(MARKET, PLACE, gas=100_000)
    second = sender.prepare(MARKET, PLACE + b"\x01", gas=100_000)
    assert (first.nonce, second.nonce, sender.address) == (2, 3, KEY.address)
    await sender.send(first)
    # After a crash: another sender, from what was stored.
    keeper = NonceKeeper(2, [first, second])
    again = AccountSender(LocalSigner(KEY, POLICY), CHAIN_ID, broadcast, keeper)
    assert await again.resend() == 2
    assert sent == [first.raw, first.raw, second.raw]
    assert keeper.prove(4) == (first, second)
    assert await again.resend() == 0
    assert re.fullmatch("0x[0-9a-f]{64}", first.transaction_hash)
    assert RAW.hex() not in caplog.text
