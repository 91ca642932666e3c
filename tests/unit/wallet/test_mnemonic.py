from __future__ import annotations

import hashlib
import json
import traceback
from typing import Any

import pytest
from eth_account.hdaccount.deterministic import HDPath
from eth_account.hdaccount.mnemonic import Mnemonic

from peerwatt.wallet.backup import ASKED_WORDS, check_answer, new_challenge
from peerwatt.wallet.keystore import decrypt_keystore, encrypt_keystore
from peerwatt.wallet.mnemonic import (
    account_path,
    check_seed,
    key_from_seed,
    new_seed,
    seed_bytes,
)
from peerwatt.wallet.secret import SecretKey, WalletFault
from peerwatt.wallet.vault import Seed, seal, unseal

FAST = 2
ABOUT = "abandon " * 11 + "about"
# Entropy, words and seed with the passphrase TREZOR: Trezor's published vectors of BIP-39.
VECTORS = [
    (
        "00000000000000000000000000000000",
        ABOUT,
        "c55257c360c07c72029aebc1b53c05ed0362ada38ead3e3e9efa3708e53495531f09a6987599d18264c1e1c92f2"
        "cf141630c7a3c4ab7c81b2f001698e7463b04",
    ),
    (
        "7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f",
        "legal winner thank year wave sausage worth useful legal winner thank yellow",
        "2e8905819b8723fe2c1d161860e5ee1830318dbf49a83bd451cfb8440c28bd6fa457fe1296106559a3c80937a1c"
        "1069be3a3a5bd381ee6260e8d9739fce1f607",
    ),
    (
        "8080808080808080808080808080808080808080808080808080808080808080",
        "letter advice cage absurd amount doctor acoustic avoid letter advice cage absurd amount "
        "doctor acoustic avoid letter advice cage absurd amount doctor acoustic bless",
        "c0c519bd0e91a2ed54357d9d1ebef6f5af218a153624cf4f2da911a0ed8f7a09e2ef61af0aca007096df430022f"
        "7a2b6fb91661a9589097069720d015e4e982f",
    ),
    (
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "zoo " * 23 + "vote",
        "dd48c104698c30cfe2b6142103248622fb7bb0ff692eebb00089b32d22484e1613912f0a5b694407be899ffd31e"
        "d3992c456cdf60f5d4564b8ba3f05a69890ad",
    ),
]


@pytest.mark.parametrize(("entropy", "words", "seed"), VECTORS)
def test_words_and_seeds_are_those_of_bip_39(entropy: str, words: str, seed: str) -> None:
    assert Mnemonic().to_mnemonic(bytes.fromhex(entropy)) == words
    assert check_seed(words.upper() + " ") == words
    assert check_seed(" ".join(word[:4] for word in words.split())) == words
    assert seed_bytes(words, "TREZOR").hex() == seed
    # The rule itself, written out: PBKDF2 over the words, 2048 rounds.
    salt = b"mnemonicTREZOR"
    assert hashlib.pbkdf2_hmac("sha512", words.encode(), salt, 2048).hex() == seed


@pytest.mark.parametrize(
    ("seed", "path", "key"),
    [
        # Test vectors 1 and 2 of BIP-32, private keys out of the published xprv.
        (
            "000102030405060708090a0b0c0d0e0f",
            "m/0'",
            "edb2e14f9ee77d26dd93b4ecede8d16ed408ce149b6cd80b0715a2d911a0afea",
        ),
        (
            "000102030405060708090a0b0c0d0e0f",
            "m/0'/1/2'/2/1000000000",
            "471b76e389e528d6de6d816857e012c5455051cad6660850e58372a6c3e6e7c8",
        ),
    ],
)
def test_keys_are_those_of_bip_32(seed: str, path: str, key: str) -> None:
    assert HDPath(path).derive(bytes.fromhex(seed)).hex() == key


@pytest.mark.parametrize(
    ("words", "index", "address"),
    [
        ("test " * 11 + "junk", 0, "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"),
        ("test " * 11 + "junk", 9, "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720"),
        (ABOUT, 0, "0x9858EfFD232B4033E47d90003D41EC34EcaEda94"),
    ],
)
def test_accounts_are_those_of_other_wallets(words: str, index: int, address: str) -> None:
    assert account_path(index) == f"m/44'/60'/0'/0/{index}"
    assert key_from_seed(words, index=index).address == address


@pytest.mark.parametrize(
    ("words", "sentence", "field"),
    [
        ("abandon about", "these are 2", "words"),
        ("abandon " * 5 + "abandonn " + "abandon " * 5 + "about", "word 6 of 12", "words.6"),
        ("xyz " + "abandon " * 10 + "qqqq", "word 1, 12 of 12", "words.1"),
        ("aba " * 11 + "about", "word 1, 2", "words.1"),
        ("abandon " * 12, "checksum", "words"),
        ("about " + "abandon " * 11, "checksum", "words"),
    ],
)
def test_a_wrong_word_is_named_by_its_place(words: str, sentence: str, field: str) -> None:
    with pytest.raises(WalletFault, match=sentence) as caught:
        check_seed(words)
    assert caught.value.field == field
    shown = "".join(traceback.format_exception(caught.value)).split("WalletFault:")[-1]
    assert not set(words.split()) & set(shown.replace(",", " ").split())


@pytest.mark.parametrize("count", [12, 24])
def test_fresh_seeds_are_valid(count: Any) -> None:
    seed = new_seed(count)
    assert check_seed(seed) == seed
    assert len(seed.split()) == count
    assert new_seed(count) != seed


def test_a_sealed_seed_opens_with_its_password_only() -> None:
    content = seal(Seed(ABOUT, "extra"), "0123456789ab", "correct horse", scrypt_n=FAST)
    text = json.dumps(content)
    assert "abandon" not in text
    assert "extra" not in text
    opened = unseal(json.loads(text), "0123456789ab", "correct horse")
    assert (opened.words, opened.passphrase) == (ABOUT, "extra")
    assert "abandon" not in repr(opened)
    with pytest.raises(WalletFault, match="password is wrong") as caught:
        unseal(content, "0123456789ab", "correct h0rse")
    assert caught.value.field == "password"
    again = seal(Seed(ABOUT), "0123456789ab", "correct horse", scrypt_n=FAST)
    assert (again["kdf"]["salt"], again["cipher"]) != (content["kdf"]["salt"], content["cipher"])


def damage() -> list[dict[str, Any]]:
    kdf, cipher = {"name": "scrypt", "n": 2, "r": 8, "p": 1, "salt": "00"}, {"nonce": "00" * 12}
    return [
        {"id": "ba9876543210"},
        {"kind": "key"},
        {"kdf": {**kdf, "name": "pbkdf2"}},
        {"kdf": {**kdf, "n": 1 << 30}},
        {"kdf": {**kdf, "p": 100}},
        {"kdf": {**kdf, "n": 3}},
        {"kdf": {**kdf, "salt": "zz"}},
        {"kdf": None},
        {"cipher": {**cipher, "name": "aes-256-ctr"}},
        {"cipher": {"name": "aes-256-gcm", "nonce": "00"}},
        {"tag": "00"},
        {"sealed": 5},
    ]


@pytest.mark.parametrize("changes", damage())
def test_a_damaged_seed_file_is_one_sentence(changes: dict[str, Any]) -> None:
    content = seal(Seed(ABOUT), "0123456789ab", "p", scrypt_n=FAST)
    with pytest.raises(WalletFault, match="damaged"):
        unseal({**content, **changes}, "0123456789ab", "p")


def test_the_header_of_a_seed_file_is_authenticated() -> None:
    content = seal(Seed(ABOUT), "0123456789ab", "p", scrypt_n=FAST)
    flipped = f"{int(content['sealed'][:2], 16) ^ 1:02x}{content['sealed'][2:]}"
    for changes in ({"sealed": flipped}, {"tag": "00" * 16}, {"version": 2}):
        with pytest.raises(WalletFault, match="was changed"):
            unseal({**content, **changes}, "0123456789ab", "p")


def test_a_backup_is_proven_by_three_words_at_random_places() -> None:
    seed = Seed(" ".join(f"w{place}" for place in range(1, 25)))
    places = {new_challenge("s", 24).places for _ in range(20)}
    assert len(places) > 10
    for chosen in places:
        assert len(set(chosen)) == ASKED_WORDS
        assert list(chosen) == sorted(chosen)
        assert set(chosen) <= set(range(1, 25))
    challenge = new_challenge("s", 24)
    right = {place: f" W{place}" for place in challenge.places}
    check_answer(challenge, right, seed)
    for place in challenge.places:
        for wrong in ({**right, place: "w0"}, {p: w for p, w in right.items() if p != place}):
            with pytest.raises(WalletFault) as caught:
                check_answer(challenge, wrong, seed)
            assert caught.value.field == f"words.{place}"
            assert f"w{place}" not in str(caught.value)


# The two test vectors of the keystore's definition (Web3 Secret Storage, version 3).
KEYSTORE_KEY = "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d"
PBKDF2 = {
    "crypto": {
        "cipher": "aes-128-ctr",
        "cipherparams": {"iv": "6087dab2f9fdbbfaddc31a909735c1e6"},
        "ciphertext": "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
        "kdf": "pbkdf2",
        "kdfparams": {
            "c": 262144,
            "dklen": 32,
            "prf": "hmac-sha256",
            "salt": "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd",
        },
        "mac": "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2",
    },
    "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6",
    "version": 3,
}
SCRYPT = {
    "crypto": {
        "cipher": "aes-128-ctr",
        "cipherparams": {"iv": "83dbcc02d8ccb40e466191a123791e0e"},
        "ciphertext": "d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c",
        "kdf": "scrypt",
        "kdfparams": {
            "dklen": 32,
            "n": 262144,
            "r": 1,
            "p": 8,
            "salt": "ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19",
        },
        "mac": "2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097",
    },
    "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6",
    "version": 3,
}


@pytest.mark.parametrize("content", [PBKDF2, SCRYPT])
def test_keystores_are_those_of_the_definition(content: dict[str, Any]) -> None:
    assert decrypt_keystore(json.dumps(content), "testpassword").reveal().hex() == KEYSTORE_KEY


def test_keystores_that_cost_too_much_are_refused() -> None:
    for kind, changes in (
        (PBKDF2, {"c": 1 << 30}),
        (SCRYPT, {"p": 1 << 20}),
        (SCRYPT, {"n": 1 << 30}),
        (SCRYPT, {"n": -2}),
    ):
        crypto = dict(kind["crypto"])  # type: ignore[call-overload]
        crypto["kdfparams"] = {**crypto["kdfparams"], **changes}
        with pytest.raises(WalletFault, match=r"too much|damaged"):
            decrypt_keystore(json.dumps({**kind, "crypto": crypto}), "testpassword")


def test_an_exported_keystore_is_read_back() -> None:
    key = SecretKey(bytes(range(1, 33)))
    text = encrypt_keystore(key, "pässword", FAST)
    assert decrypt_keystore(text, "pässword").address == key.address
    with pytest.raises(WalletFault) as caught:
        decrypt_keystore(text, "password")
    assert caught.value.field == "password"
    with pytest.raises(WalletFault, match="version 3"):
        decrypt_keystore("[]", "p")
