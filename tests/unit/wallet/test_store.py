from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from peerwatt.wallet import store as store_module
from peerwatt.wallet.accounts import Backup, Kind
from peerwatt.wallet.secret import SecretKey, WalletFault
from peerwatt.wallet.store import WalletStore

PASSWORD = "correct horse"
JUNK = "test test test test test test test test test test test junk"
RAW = bytes(range(1, 33))
ANNA = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"


@pytest.fixture
def store(tmp_path: Path) -> WalletStore:
    return WalletStore(tmp_path / "wallet", scrypt_n=2)


def files(store: WalletStore) -> dict[str, bytes]:
    found = (path for path in store.folder.rglob("*.json"))
    return {path.name: path.read_bytes() for path in found}


def test_a_fresh_seed_is_shown_until_its_backup_is_confirmed(store: WalletStore) -> None:
    account = store.create_seed(PASSWORD, 24, "", "House", 7)
    known = store.accounts()
    assert (account.label, account.kind, account.path) == ("House", Kind.SEED, "m/44'/60'/0'/0/0")
    assert known.backup(account) is Backup.UNCONFIRMED
    seed = store.reveal_seed(account.secret, PASSWORD)
    assert len(seed.words.split()) == known.secret(account.secret).words == 24
    assert store.open_key(account.id, PASSWORD).address == account.address
    store.confirm_backup(account.secret)
    assert store.accounts().backup(account) is Backup.CONFIRMED
    with pytest.raises(WalletFault, match="not shown again"):
        store.reveal_seed(account.secret, PASSWORD)


def test_several_accounts_of_one_seed(store: WalletStore) -> None:
    first = store.import_seed(PASSWORD, JUNK, "", "", 1)
    second = store.add_account(first.secret, PASSWORD, "Savings", 2)
    third = store.add_account(first.secret, PASSWORD, "", 3)
    assert second.address == "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
    assert (first.label, third.label) == ("Account 1", "Account 3")
    store.remove(second.id, "")
    assert store.add_account(first.secret, PASSWORD, "", 4).address == second.address
    assert store.open_key(third.id, PASSWORD).address == third.address
    with pytest.raises(WalletFault, match="already"):
        store.import_seed(PASSWORD, JUNK, "", "", 5)
    other = store.import_seed(PASSWORD, JUNK, "TREZOR", "", 6)
    assert store.accounts().secret(other.secret).has_passphrase
    assert store.open_key(other.id, PASSWORD).address == other.address != first.address


def test_all_files_are_private_and_hold_no_secret(store: WalletStore) -> None:
    store.import_seed(PASSWORD, JUNK, "my passphrase", "", 1)
    store.import_key(PASSWORD, SecretKey(RAW), "", 2, has_copy=False)
    store.watch(ANNA, "Anna", 3)
    content = files(store)
    assert len(content) == 3
    for name, text in content.items():
        path = next(store.folder.rglob(name))
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        for secret in (b"junk", b"my passphrase", RAW, RAW.hex().encode(), PASSWORD.encode()):
            assert secret not in text
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700


def test_one_password_for_all(store: WalletStore) -> None:
    with pytest.raises(WalletFault, match="at least 8") as caught:
        store.create_seed("short", 12, "", "", 1)
    assert caught.value.field == "password"
    assert files(store) == {}
    account = store.import_key(PASSWORD, SecretKey(RAW), "", 1, has_copy=True)
    for change in (
        lambda: store.create_seed("another one", 12, "", "", 2),
        lambda: store.open_key(account.id, "another one"),
        lambda: store.remove(account.id, "another one"),
        lambda: store.change_password("another one", "a third one"),
        lambda: store.open_key(account.id, "\ud800" * 9),
    ):
        before = files(store)
        with pytest.raises(WalletFault) as caught:
            change()
        assert caught.value.field == "password"
        assert files(store) == before


def test_the_password_changes_for_all_or_for_none(
    store: WalletStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed = store.create_seed(PASSWORD, 12, "", "", 1)
    key = store.import_key(PASSWORD, SecretKey(RAW), "", 2, has_copy=False)
    store.change_password(PASSWORD, "a new horse")
    assert len(files(store)) == 3
    for account in (seed, key):
        assert store.open_key(account.id, "a new horse").address == account.address
        with pytest.raises(WalletFault):
            store.open_key(account.id, PASSWORD)
    before = files(store)
    with pytest.raises(WalletFault, match="at least 8"):
        store.change_password("a new horse", "short")

    def full(*_: object) -> None:
        raise OSError("no space")

    monkeypatch.setattr(store_module, "save_accounts", full)
    with pytest.raises(OSError, match="no space"):
        store.change_password("a new horse", "a third one")
    monkeypatch.undo()
    assert files(store) == before
    assert store.open_key(seed.id, "a new horse").address == seed.address


def test_no_key_is_lost_without_a_backup(store: WalletStore) -> None:
    seed = store.create_seed(PASSWORD, 12, "", "", 1)
    second = store.add_account(seed.secret, PASSWORD, "", 2)
    key = store.import_key(PASSWORD, SecretKey(RAW), "", 3, has_copy=False)
    store.remove(second.id, "")
    for account in (seed, key):
        with pytest.raises(WalletFault, match="without a confirmed backup"):
            store.remove(account.id, PASSWORD)
        store.confirm_backup(account.secret)
        store.remove(account.id, PASSWORD)
    assert store.accounts().accounts == store.accounts().secrets == ()
    assert set(files(store)) == {"accounts.json"}


def test_watching_and_devices_need_no_password(store: WalletStore) -> None:
    watched = store.watch(ANNA.lower(), "Anna", 1)
    device = store.add_hardware("0x" + "11" * 20, Kind.LEDGER, "m/44'/60'/0'/0/0", "", 2)
    for account in (watched, device):
        assert store.accounts().backup(account) is Backup.NOT_HERE
        with pytest.raises(WalletFault, match="not in this wallet"):
            store.open_key(account.id, PASSWORD)
    with pytest.raises(WalletFault, match="already"):
        store.watch(ANNA, "", 3)
    assert store.rename(watched.id, "Anna's").label == "Anna's"
    with pytest.raises(WalletFault, match="Enter a label"):
        store.rename(watched.id, " ")
    store.remove(watched.id, "")
    with pytest.raises(WalletFault, match="no such account"):
        store.rename(watched.id, "x")
    with pytest.raises(WalletFault, match="has no password"):
        store.change_password("", PASSWORD)


def good() -> dict[str, Any]:
    account = {
        "id": "0123456789ab",
        "label": "A",
        "address": ANNA,
        "kind": "seed",
        "created_s": 1,
        "path": "m/44'/60'/0'/0/0",
        "secret": "ba9876543210",
    }
    secret = {
        "id": "ba9876543210",
        "kind": "seed",
        "file": "ba9876543210.json",
        "created_s": 1,
        "confirmed": True,
        "words": 12,
        "has_passphrase": False,
    }
    return {"version": 1, "accounts": [account], "secrets": [secret]}


def damaged() -> list[str]:
    out = ["", "{", "null", json.dumps({"version": 9})]
    for key, changes in (
        ("accounts", {"kind": "tin"}),
        ("accounts", {"id": "../x"}),
        ("accounts", {"address": ANNA.lower()}),
        ("accounts", {"label": 5}),
        ("accounts", {"more": 1}),
        ("accounts", {"secret": ""}),
        ("accounts", {"secret": "000000000000"}),
        ("secrets", {"file": "../../etc/passwd"}),
        ("secrets", {"confirmed": "yes"}),
        ("secrets", {"created_s": None}),
    ):
        content = good()
        content[key][0].update(changes)
        out.append(json.dumps(content))
    return out


@pytest.mark.parametrize("text", damaged())
def test_a_damaged_list_is_one_sentence_and_left_alone(store: WalletStore, text: str) -> None:
    store.folder.mkdir()
    path = store.folder / "accounts.json"
    path.write_text(text)
    for use in (store.accounts, lambda: store.create_seed(PASSWORD, 12, "", "", 1)):
        with pytest.raises(WalletFault, match=r"accounts\.json is damaged"):
            use()
    assert path.read_text() == text


def test_damaged_and_missing_secrets_are_one_sentence(store: WalletStore) -> None:
    seed = store.create_seed(PASSWORD, 12, "", "", 1)
    key = store.import_key(PASSWORD, SecretKey(RAW), "", 2, has_copy=False)
    for account in (seed, key):
        path = store.folder / "secrets" / f"{account.secret}.json"
        for text in ("", "[]", '{"version": 1}', '{"version": 3, "crypto": {}}'):
            path.write_text(text)
            with pytest.raises(WalletFault, match=r"damaged|no keystore"):
                store.open_key(account.id, PASSWORD)
        path.unlink()
        with pytest.raises(WalletFault, match=r"missing|cannot be read"):
            store.open_key(account.id, PASSWORD)


def test_files_that_do_not_belong_together_are_noticed(store: WalletStore) -> None:
    first = store.import_seed(PASSWORD, JUNK, "", "", 1)
    path = store.folder / "accounts.json"
    path.write_text(path.read_text().replace(first.address, ANNA))
    with pytest.raises(WalletFault, match="do not belong together"):
        store.open_key(first.id, PASSWORD)


def test_only_one_changes_the_wallet_at_a_time(
    store: WalletStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    from filelock import FileLock

    monkeypatch.setattr(store_module, "LOCK_TIMEOUT_S", 0)
    store.watch(ANNA, "", 1)
    with FileLock(store.folder / "lock"), pytest.raises(WalletFault, match="elsewhere"):
        store.watch("0x" + "11" * 20, "", 2)


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WalletFault, match="cannot be made"):
        WalletStore(tmp_path / "file" / "wallet").watch(ANNA, "", 1)
