"""Which chain a site's engine opens, what it says where it cannot, and how its state is shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from peerwatt.api.messages import ChainView, EndpointView, EvidenceView
from peerwatt.api.status_lines import chain_lines
from peerwatt.chain.bindings.community import NAMES
from peerwatt.chain.clients.bft.light_client import LightClient
from peerwatt.chain.clients.forking.client import ForkingClient
from peerwatt.chain.networks import NetworkFault
from peerwatt.chain.status import Evidence
from peerwatt.config.clock import DrivenClock
from peerwatt.config.settings import SiteSettings
from peerwatt.engine.chain_opening import names_chain, open_site_chain
from peerwatt.engine.views.chain_status import chain_view, no_chain_view

ROOT = "0x" + "ab" * 32
CONTRACTS = {name: f"0x{n:040x}" for n, name in enumerate(NAMES, 1)}
WHOLE: dict[str, Any] = {
    "network": "devnet",
    "endpoints": ["http://127.0.0.1:1"],
    "genesis_hash": ROOT,
    "validators": ["0x" + "11" * 20],
    "contracts": CONTRACTS,
}


class NoStore:
    def load(self) -> list[bytes]:
        return []

    def append(self, rlps: object) -> None:
        raise AssertionError(rlps)


def settings(owner: str | None = "0x" + "22" * 20, **changes: Any) -> SiteSettings:
    chain = {k: v for k, v in {**WHOLE, **changes}.items() if v is not None}
    return SiteSettings.model_validate({"chain": chain, "wallet": {"owner_address": owner}})


def opened(site: SiteSettings, folder: Path) -> Any:
    return open_site_chain(site, DrivenClock(0.0), NoStore(), folder)


@pytest.mark.parametrize(
    ("network", "chain_id", "kind"),
    [("devnet", 20211, LightClient), ("energy-web", 246, ForkingClient)],
)
async def test_the_rules_choose_the_client(
    network: str, chain_id: int, kind: type, tmp_path: Path
) -> None:
    client, community, owner = opened(settings(network=network, chain_id=chain_id), tmp_path)
    assert isinstance(client, kind)
    assert community.credit.address == CONTRACTS["Credit"]
    assert owner == "0x" + "22" * 20
    await client.close()


def test_a_site_without_a_word_of_a_chain_has_none() -> None:
    assert not names_chain(SiteSettings())
    assert names_chain(settings())
    assert names_chain(SiteSettings.model_validate({"chain": {"network": "ethereum"}}))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"genesis_hash": None, "validators": None}, "copy it from the community's invitation"),
        ({"endpoints": None}, "names no endpoint; enter chain.endpoints"),
        ({"contracts": {"Credit": CONTRACTS["Credit"]}}, "does not say where Registry, Market"),
        ({"network": "nowhere"}, "There is no network named 'nowhere'"),
        ({"owner": None}, "no account; enter wallet.owner_address"),
        ({"network": "ethereum", "genesis_hash": None, "validators": None}, "beacon_endpoints"),
    ],
)
def test_what_is_missing_is_one_sentence(
    changes: dict[str, Any], words: str, tmp_path: Path
) -> None:
    with pytest.raises(NetworkFault, match=words) as fault:
        opened(settings(**changes), tmp_path)
    assert str(fault.value).count("\n") == 0


async def test_evidence_is_shown_with_both_hashes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, *_ = opened(settings(), tmp_path)
    assert chain_view(client).found is None
    client.evidence = Evidence(7, b"", b"", "10.0.0.7:8545")
    rivals = (b"\x01" * 32, b"\x02" * 32)
    monkeypatch.setattr(type(client), "rivals", property(lambda _: rivals))
    view = chain_view(client, "why not")
    assert view.found is not None
    assert view.found.ours_hash == "0x" + "01" * 32
    assert "There are two blocks 7" in view.evidence
    assert "10.0.0.7:8545 serves" in view.evidence
    assert (view.state, view.reading, view.found.can_resolve) == ("stopped", "why not", True)
    assert view.trust_root == f"block 0, {ROOT}"
    await client.close()


def test_lines_for_the_terminal() -> None:
    assert chain_lines(no_chain_view("No chain."), 0.0) == ["No chain."]
    found = EvidenceView(
        height=3,
        ours_hash="0x01",
        theirs_hash="0x02",
        endpoint="b:2",
        sentence="Two blocks 3.",
        todo="Ask.",
        can_resolve=True,
    )
    view = ChainView(
        network="devnet",
        title="Our street",
        consensus="qbft",
        chain_id=5,
        validators=4,
        state="stopped",
        sentence="Stopped.",
        head=9,
        head_time_s=100,
        final=9,
        finality="final at once",
        found=found,
        trust_root="block 0, 0xab",
        reading="The code is another one.",
        endpoints=(
            EndpointView(url="a:1", state="behind", head=7, blocks_behind=2, head_age_s=12.3),
            EndpointView(url="b:2 (beacon)", state="away", sentence="It does not answer."),
        ),
    )
    assert chain_lines(view, 103.4) == [
        "Our street (qbft, chain 5): stopped",
        "  Stopped.",
        "  newest verified block 9, 3 s old",
        "  final up to block 9: final at once",
        "  values are not read: The code is another one.",
        "  trust root: block 0, 0xab",
        "  4 validators; 0 headers and 0 proofs verified, 0 answers refused",
        "  evidence: Two blocks 3.",
        "    first 0x01",
        "    other 0x02",
        "  what to do: Ask.",
        "endpoints:",
        "  a:1: behind, block 7, 2 behind, 12 s old",
        "  b:2 (beacon): away; It does not answer.",
    ]
