"""``peerwatt audit DAY --export FILE`` on a running chain; days whose blocks are kept no more."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.integration.market_lab import MarketLab, market_lab
from tests.integration.test_audit_file import COUNT, lived, reading

from peerwatt.cli import main
from peerwatt.config.paths import SitePaths
from peerwatt.config.resources import resource
from peerwatt.config.settings import ChainSettings, SiteSettings, WalletSettings, save_settings
from peerwatt.engine.audit import audit_document
from peerwatt.engine.audit_export import DayWanted, export_day
from peerwatt.model.units import interval_start_s


def site_of(lab: MarketLab) -> None:
    """A site whose owner is the first home."""
    chain = ChainSettings.model_validate(lab.chain())
    owner = WalletSettings(owner_address=lab.members[0].address)
    settings = SiteSettings(name="Audited", chain=chain, wallet=owner)
    paths = SitePaths.named("audited")
    paths.settings.parent.mkdir(parents=True, exist_ok=True)
    save_settings(paths.settings, settings)


def stranger(file: Path) -> subprocess.CompletedProcess[str]:
    """The verifier in a bare interpreter, without any of the program."""
    script = str(resource("verifier", "peerwatt_audit.py"))
    return subprocess.run(
        [sys.executable, "-I", "-S", script, str(file)],
        capture_output=True, text=True, env={}, check=False,
    )  # fmt: skip


async def test_the_command_writes_a_file_that_a_stranger_can_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bill.json"
    async with market_lab(tmp_path, 2) as lab:
        first = await lived(lab)
        site_of(lab)
        start = datetime.fromtimestamp(interval_start_s(first), UTC)
        day = start.astimezone(ZoneInfo("Europe/Zurich")).date().isoformat()
        words = ["audit", day, "--site", "audited"]
        assert await asyncio.to_thread(main, [*words, "--export", str(file)]) == 0
        said = capsys.readouterr().out
        assert await asyncio.to_thread(main, [*words, "--json"]) == 0
        shown = json.loads(capsys.readouterr().out)
        assert await asyncio.to_thread(main, ["audit", "2024-01-01", "--site", "audited"]) == 1
        assert "Nothing of that day is settled" in capsys.readouterr().err
    assert f"{day}: {COUNT} intervals, proven at block" in said
    assert said.rstrip().endswith("every interval holds")
    assert shown["bill"]["intervals"] == len(shown["intervals"]) == COUNT
    document = json.loads(file.read_text())
    assert document["day"] == day
    done = stranger(file)
    assert done.returncode == 0, done.stdout
    assert f"cost {shown['bill']['bill_micro']}," in done.stdout


async def test_blocks_kept_no_more_are_believed_by_their_seals_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with market_lab(tmp_path, 2) as lab:
        first = await lived(lab)
        wanted = DayWanted(lab.members[0].address, first, COUNT)
        async with reading(lab) as reader:
            kept = await export_day(reader, wanted)
        async with reading(lab) as reader:
            client: Any = reader.client
            head = client.head.header.number
            of_ring = client.block
            monkeypatch.setattr(client, "block", lambda n: of_ring(n) if n == head else None)
            assert await export_day(reader, wanted) == kept
    assert audit_document("2025-06-15", kept).faults == ()
