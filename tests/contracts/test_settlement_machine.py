"""Contract and model agree through random lives: a bounded part of the long run."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings
from tests.contracts.settlement_machine import SettlementMachine

TestSettlementMachine = SettlementMachine.TestCase
TestSettlementMachine.settings = settings(
    max_examples=3, stateful_step_count=12, deadline=None,
    # Shrinking a life on a real EVM takes longer than finding it again.
    phases=(Phase.explicit, Phase.reuse, Phase.generate), derandomize=True,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
