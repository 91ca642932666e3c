from __future__ import annotations

import pytest
from chain_lab import VALIDATORS
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from peerwatt.chain.bindings.artefact import CONTRACTS, load_artefact
from peerwatt.chain.bindings.community import NAMES, Community
from peerwatt.chain.bindings.flexibility import decode_offer, decode_request
from peerwatt.chain.bindings.layout import LayoutFault, bits, mapping_slot, signed
from peerwatt.chain.bindings.market import Market
from peerwatt.chain.bindings.market_words import decode_clearing, decode_order, encode_order
from peerwatt.chain.bindings.meter import Meter, decode_row, decode_state
from peerwatt.chain.bindings.settlement import (
    decode_progress,
    decode_record,
    decode_settled_row,
)
from peerwatt.chain.bindings.wants import Want, together
from peerwatt.chain.encoding import keccak
from peerwatt.chain.networks import NetworkFault, load_network
from peerwatt.config.settings import ChainSettings
from peerwatt.model.market import Order, Side

ADDRESS = "0x" + "ab" * 20
ROOT = "0x" + "11" * 32
SET = tuple("0x" + address.hex() for address in VALIDATORS)


def test_the_devnet_is_data_overlaid_by_settings() -> None:
    settings = ChainSettings(
        genesis_hash=ROOT,
        validators=SET,
        endpoints=("http://127.0.0.1:1", "http://127.0.0.1:2"),
        contracts={"Credit": ADDRESS},
    )
    net = load_network(settings)
    assert (net.chain_id, net.rules.name, net.validators) == (20211, "qbft", VALIDATORS)
    assert net.endpoints == settings.endpoints
    assert net.contracts == {"Credit": ADDRESS}
    assert net.block_period_s == 5
    assert load_network(ChainSettings(genesis_hash=ROOT, block_period_s=9)).block_period_s == 9


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "trust root"),
        ({"genesis_hash": "0x11"}, "trust root"),
        ({"genesis_hash": ROOT, "validators": ("0x12",)}, "trust root"),
        ({"genesis_hash": ROOT, "contracts": {"Credit": "here"}}, "contract Credit"),
        ({"genesis_hash": ROOT, "validators": SET[::-1]}, "ascending"),
        ({"genesis_hash": ROOT, "network": "nowhere"}, "no network named"),
    ],
)
def test_an_unusable_network_is_one_sentence(changes: dict[str, object], words: str) -> None:
    with pytest.raises(NetworkFault, match=words):
        load_network(ChainSettings.model_validate(changes))


def test_a_community_needs_all_its_contracts() -> None:
    with pytest.raises(NetworkFault, match="Registry, Market, Meter"):
        Community({"Credit": ADDRESS})
    assert Community(dict.fromkeys(NAMES, ADDRESS))


def test_mappings_hash_the_slot_before_the_key() -> None:
    key = bytes.fromhex(ADDRESS[2:]).rjust(32, b"\0")
    inner = keccak((4).to_bytes(32, "big") + key)
    outer = keccak(inner + (7).to_bytes(32, "big"))
    assert mapping_slot(4, ADDRESS, 7) == int.from_bytes(outer, "big")


def test_unknown_names_are_layout_faults() -> None:
    artefact = load_artefact("Market")
    for call in (
        lambda: artefact.layout.slot("nothing"),
        lambda: artefact.selector("nothing"),
        lambda: artefact.topic("Nothing"),
    ):
        with pytest.raises(LayoutFault, match="Market has no"):
            call()
    with pytest.raises(ValueError, match="does not fit"):
        artefact.calldata("clear", -1)


def test_selectors_with_leading_zeros_are_whole() -> None:
    credit = load_artefact("Credit")
    for signature, selector in credit.selectors.items():
        assert selector == keccak(signature.encode())[:4]
    assert credit.selector("name") == bytes.fromhex("06fdde03")


def test_call_data_is_the_abi_encoding() -> None:
    order = Order.single(1_944_445, Side.SELL, 13, 250)
    data = Market(ADDRESS).place([order])
    packed = 1_944_445 << 64 | 1 << 27 | 13 << 19 | 250
    assert encode_order(order) == packed
    assert data == keccak(b"place(uint256[])")[:4] + encode(["uint256[]"], [[packed]])


def test_all_words_at_zero_mean_nothing_there() -> None:
    assert decode_order(0, 1) is None
    assert decode_clearing(0, 1) is None
    assert decode_row(decode_state(0), 0, 1) is None
    assert decode_progress(0) is None
    assert decode_record(None, 0, 1) is None
    assert decode_request(0, [0, 0, 0]) is None
    assert decode_offer(0, ADDRESS, 0) is None
    assert decode_state(0).signed.interval == 0


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**49), 2**49 - 1))
def test_settled_money_keeps_its_sign(trade: int, supplier: int) -> None:
    word = (supplier % 2**50) << 206 | 3 << 186 | 7 << 106 | (trade % 2**64) << 42 | 6 << 21 | 5
    found = decode_settled_row(word, 9)
    assert (found.trade_micro, found.supplier_micro, found.charge_micro) == (trade, supplier, -7)
    assert (found.import_wh, found.bought_wh, found.sold_wh) == (3, 5, 6)
    assert not found.is_estimated


@given(st.integers(0, 2**256 - 1), st.integers(0, 255), st.integers(1, 256))
def test_bits(word: int, offset: int, width: int) -> None:
    assert bits(word, offset, width) == (word >> offset) % 2**width
    assert signed(word % 2**width, width) % 2**width == word % 2**width


def test_joined_wishes_come_apart_again() -> None:
    wants = {n: Want(ADDRESS, tuple(range(n)), list) for n in (2, 0, 3)}
    joined = together(wants, ADDRESS)
    assert joined.slots == (0, 1, 0, 1, 2)
    assert joined.decode([10, 11, 12, 13, 14]) == {2: [10, 11], 0: [], 3: [12, 13, 14]}


def test_every_binding_finds_its_storage_and_functions() -> None:
    meter = Meter(ADDRESS)
    assert meter.last(ADDRESS).slots != meter.row(ADDRESS, 5).slots
    community = Community(dict.fromkeys(NAMES, ADDRESS))
    assert community.contracts[-1] is community.flexibility
    whole = Community(dict.fromkeys((*CONTRACTS, "Stranger"), ADDRESS))
    assert set(whole.addresses) == CONTRACTS
    # A pool is one coalition's own contract, not the community's.
    assert len(whole.contracts) == len(CONTRACTS) - 1
    assert community.settlement.progress(ADDRESS).slots
    assert community.settlement.owed(ADDRESS, ADDRESS).slots
    assert community.settlement.collect(ADDRESS, ADDRESS)
    assert community.settlement.settle_known(ADDRESS, 4)
    assert community.registry.set_may_buy(ADDRESS, True)
    assert community.registry.set_active(ADDRESS, False)
    assert community.registry.revoke_agent(ADDRESS)
    assert community.registry.roles(ADDRESS).slots
    assert community.credit.allowance(ADDRESS, ADDRESS).slots
    assert len(community.market.book(1, 7, 45).slots) == 13
