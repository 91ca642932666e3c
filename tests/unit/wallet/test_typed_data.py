from __future__ import annotations

import copy
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from hypothesis import given, settings
from hypothesis import strategies as st

from peerwatt.chain.bindings.credit import Credit
from peerwatt.wallet.address import keccak
from peerwatt.wallet.amounts import MAX_UINT256
from peerwatt.wallet.hardware.device import packed
from peerwatt.wallet.meaning import Risk, Surroundings, describe_typed
from peerwatt.wallet.secret import SecretKey, WalletFault
from peerwatt.wallet.typed_data import permit, read_typed_data

KEY = SecretKey(keccak(b"cow"))
CREDIT = "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"
MARKET = "0x8617E340B3D01FA5F11F306F4090FD50E238070D"
METER = "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB"
ANNA = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"


def mail() -> dict[str, Any]:
    """The example of EIP-712."""
    return {
        "types": {
            "EIP712Domain": [
                {"name": "name", "type": "string"},
                {"name": "version", "type": "string"},
                {"name": "chainId", "type": "uint256"},
                {"name": "verifyingContract", "type": "address"},
            ],
            "Person": [
                {"name": "name", "type": "string"},
                {"name": "wallet", "type": "address"},
            ],
            "Mail": [
                {"name": "from", "type": "Person"},
                {"name": "to", "type": "Person"},
                {"name": "contents", "type": "string"},
            ],
        },
        "primaryType": "Mail",
        "domain": {
            "name": "Ether Mail",
            "version": "1",
            "chainId": 1,
            "verifyingContract": "0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC",
        },
        "message": {
            "from": {"name": "Cow", "wallet": "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"},
            "to": {"name": "Bob", "wallet": "0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB"},
            "contents": "Hello, Bob!",
        },
    }


def test_the_hashes_and_the_signature_are_those_of_eip_712() -> None:
    data = read_typed_data(mail(), 1)
    assert data.domain_hash.hex() == (
        "f2cee375fa42b42143804025fc449deafd50cc031ca257e0b194a650a912090f"
    )
    assert data.message_hash.hex() == (
        "c52c0ee5d84264471806290a3f2c4cecfc5490626bf912d01f240d7a274b371e"
    )
    assert data.digest.hex() == "be609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2"
    assert KEY.address == "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"
    signature = packed(*KEY.sign_digest(data.digest))
    # v, r and s as the standard prints them.
    assert signature.hex() == (
        "4355c47d63924e8a72e509b65029052eb6c299d53a04e167c5775fd466751c9d"
        "07299936d304c153f6443dfa05f40ff007d72911b6f72307f996231605b915621c"
    )
    assert signature == KEY.sign_typed(mail())
    assert [leaf.path for leaf in data.leaves] == [
        "from.name",
        "from.wallet",
        "to.name",
        "to.wallet",
        "contents",
    ]


def changed(path: str, value: object) -> dict[str, Any]:
    content: Any = mail()
    *way, last = path.split("/")
    at = content
    for step in way:
        at = at[int(step)] if isinstance(at, list) else at[step]
    if value is ...:
        del at[last]
    else:
        at[int(last) if isinstance(at, list) else last] = value
    result: dict[str, Any] = content
    return result


PERSON = "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("domain/chainId", 2, "for chain 2"),
        ("domain/chainId", "0x1", "no proper uint256"),
        ("domain/chainId", 1.0, "no proper uint256"),
        ("domain/chainId", ..., "lacks chainId"),
        ("domain/verifyingContract", "0XCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC", "proper form"),
        ("domain/verifyingContract", "CcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC", "proper form"),
        ("domain/verifyingContract", " 0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC", "proper form"),
        ("domain/verifyingContract", "0x00CcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC", "proper"),
        ("domain/verifyingContract", int("cc" * 20, 16), "proper form"),
        ("domain/verifyingContract", "0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCccccccCC", "mistyped"),
        ("domain/extra", "x", "would not be signed"),
        ("message/extra", "x", "would not be signed"),
        ("message/to/extra", "x", "would not be signed"),
        ("message/contents", ..., "lacks contents"),
        ("message/contents", None, "no proper string"),
        ("message/to", None, "no object"),
        ("message/to/wallet", PERSON.upper(), "proper form"),
        ("primaryType", "Person", "not used"),
        ("primaryType", "EIP712Domain", "not declared"),
        ("primaryType", "Letter", "not declared"),
        ("types/EIP712Domain", ..., "domain is missing"),
        ("types/EIP712Domain/0/name", "title", "lacks title"),
        ("types/EIP712Domain/0/type", "bytes", "no proper bytes"),
        ("types/Extra", [{"name": "a", "type": "bool"}], "not used"),
        ("types/Mail/2/type", "uint", "not declared"),
        ("types/Mail/2/type", "Letter", "not declared"),
        ("types/Mail/2/type", "uint7", "not declared"),
        ("types/Mail/2/type", "string[", "unknown"),
        ("types/Mail/2/name", "to", "twice"),
        ("types/Mail/2/name", "a b", "proper name"),
        ("types/Mail/2", {"name": "contents"}, "name and a type"),
        ("types/Person/0/type", "Mail", "circle"),
        ("types/Mail", "x", "list of fields"),
        ("types/bytes32", [], "proper name"),
        ("types", [], "list of some types"),
        ("more", 1, "nothing else"),
    ],
)
def test_other_than_exact_typed_data_is_refused(path: str, value: object, words: str) -> None:
    with pytest.raises(WalletFault, match=words) as caught:
        read_typed_data(changed(path, value), 1)
    assert caught.value.field == "typed_data"


def test_domains_without_chain_or_contract_are_refused() -> None:
    for name, words in (("chainId", "no chain"), ("verifyingContract", "no contract")):
        content = mail()
        del content["domain"][name]
        content["types"]["EIP712Domain"] = [
            one for one in content["types"]["EIP712Domain"] if one["name"] != name
        ]
        with pytest.raises(WalletFault, match=words):
            read_typed_data(content, 1)
    content = mail()
    content["types"]["EIP712Domain"].reverse()
    with pytest.raises(WalletFault, match="unusual"):
        read_typed_data(content, 1)


def of(kind: str, value: object) -> dict[str, Any]:
    content = mail()
    content["types"] = {
        "EIP712Domain": content["types"]["EIP712Domain"],
        "Box": [{"name": "value", "type": kind}],
    }
    return {**content, "primaryType": "Box", "message": {"value": value}}


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("uint8", [0, 255, "255"], [-1, 256, True, "0xff", "01", 1.0, None]),
        ("int8", [-128, 127, "-1"], [-129, 128, "-0"]),
        ("uint256", [MAX_UINT256, str(MAX_UINT256)], [MAX_UINT256 + 1, "1e3"]),
        ("bool", [True, False], [0, 1, "true", None]),
        ("bytes", ["0x", "0xABcd"], ["", "0x0", "abcd", None, b"\x01"]),
        ("bytes4", ["0x01020304"], ["0x010203", "0x0102030405", "text"]),
        ("string", ["", "Zürich"], [5, None, b"x"]),
        ("uint8[]", [[], [1, 2]], [[256], 5, None, {}]),
        ("uint8[2]", [[1, 2]], [[1], [1, 2, 3]]),
        ("uint8[2][]", [[[1, 2], [3, 4]]], [[[1]], [1]]),
        ("uint8[]", [[1] * 1999], [[1] * 2000]),
    ],
)
def test_values_have_to_be_of_their_type(kind: str, good: list[Any], bad: list[Any]) -> None:
    for value in good:
        content = read_typed_data(of(kind, value), 1).content
        library = encode_typed_data(full_message=copy.deepcopy(content))
        assert read_typed_data(content, 1).message_hash == bytes(library.body)
    for value in bad:
        with pytest.raises(WalletFault):
            read_typed_data(of(kind, value), 1)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=6,
)
paths = st.one_of(
    st.sampled_from(["domain", "domain/name", "message", "message/to", "message/to/wallet"]),
    st.sampled_from(["types", "types/Mail", "types/Mail/0", "types/Mail/0/type", "primaryType"]),
)


@settings(max_examples=150)
@given(paths, json_values)
def test_nothing_crashes_the_reader(path: str, value: object) -> None:
    try:
        data = read_typed_data(changed(path, value), 1)
    except WalletFault:
        return
    describe_typed(data, Surroundings(1))


# -- what it means -----------------------------------------------------------------------------

AROUND = Surroundings(
    20211,
    {"Credit": CREDIT, "Market": MARKET, "Meter": METER},
    zone="Europe/Zurich",
    own=frozenset({KEY.address}),
)


def our_permit(**changes: Any) -> dict[str, Any]:
    values = {
        "owner": KEY.address,
        "spender": MARKET,
        "amount_micro": 12_500_000,
        "nonce": 3,
        "deadline_s": 1_796_000_400,
    }
    return permit(CREDIT, "Credit", 20211, **{**values, **changes})


def test_a_permit_is_told_and_signed_as_the_contract_checks_it() -> None:
    data = read_typed_data(our_permit(), 20211)
    meaning = describe_typed(data, AROUND)
    assert meaning.title == (
        f"Allow {MARKET} (the community's Market) to take up to 12.50 credits if this is handed in "
        "before 2026-11-30 02:00 CET"
    )
    assert (meaning.risk, meaning.warnings, meaning.recipient) == (Risk.CAREFUL, (), MARKET)
    lines = {line.label: line.text for line in meaning.lines}
    assert lines["value"] == "12.50 credits"
    assert lines["deadline"] == "2026-11-30 02:00 CET"
    assert lines["Domain chain"] == "20211"
    assert lines["Digest"] == f"0x{data.digest.hex()}"
    signature = packed(*KEY.sign_digest(data.digest))
    signable = encode_typed_data(full_message=our_permit())
    assert Account.recover_message(signable, signature=signature) == KEY.address
    # The type that the contract hashes, and the domain's version in it.
    assert (
        Credit(CREDIT).artefact.selector("permit")
        == keccak(b"permit(address,address,uint256,uint256,uint8,bytes32,bytes32)")[:4]
    )


def test_unlimited_and_foreign_permits_are_flagged() -> None:
    unlimited = describe_typed(read_typed_data(our_permit(amount_micro=MAX_UINT256), 20211), AROUND)
    assert "ALL your credits" in unlimited.title
    assert "no limit" in unlimited.warnings[0]
    stranger = describe_typed(read_typed_data(our_permit(spender=ANNA), 20211), AROUND)
    assert stranger.risk is Risk.UNKNOWN
    other = describe_typed(read_typed_data(our_permit(owner=ANNA), 20211), AROUND)
    assert "another account" in other.warnings[0]
    elsewhere = permit(
        ANNA, "Fake", 20211, owner=KEY.address, spender=MARKET, amount_micro=1, nonce=0,
        deadline_s=1,
    )  # fmt: skip
    unknown = describe_typed(read_typed_data(elsewhere, 20211), AROUND)
    assert (unknown.code, unknown.risk) == ("typed.unknown", Risk.UNKNOWN)
    assert {line.label: line.text for line in unknown.lines}["value"] == "1"


def test_fields_of_our_contracts_have_units() -> None:
    names = ("quantityWh", "priceMicro", "interval", "validUntil", "note", "parts")
    content = our_permit()
    content["types"] = {
        "EIP712Domain": content["types"]["EIP712Domain"],
        "Deal": [
            *({"name": name, "type": "uint64"} for name in names[:4]),
            {"name": "note", "type": "string"},
            {"name": "parts", "type": "bytes32[]"},
        ],
    }
    content["domain"]["verifyingContract"] = MARKET
    values = (1_500, 221_000, 1_995_556, 1_796_000_400, "a\nb", [])
    message = dict(zip(names, values, strict=True))
    data = read_typed_data({**content, "primaryType": "Deal", "message": message}, 20211)
    meaning = describe_typed(data, AROUND)
    assert meaning.risk is Risk.CAREFUL
    lines = {line.label: line.text for line in meaning.lines}
    assert lines["quantityWh"] == "1.5 kWh"
    assert lines["priceMicro"] == "22.1 ct/kWh"
    assert lines["interval"] == "2026-11-30 02:00 CET to 02:15"
    assert lines["validUntil"] == "2026-11-30 02:00 CET"
    assert lines["note"] == "a\\nb"
    content["domain"]["verifyingContract"] = METER
    data = read_typed_data({**content, "primaryType": "Deal", "message": message}, 20211)
    assert describe_typed(data, AROUND).risk is Risk.UNKNOWN
