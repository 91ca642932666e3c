"""Brings the schema of a history file up to date with Alembic.

The revisions are imported by name instead of being searched for on disk, so that they are found
in a checkout, a wheel and a frozen program alike. Alembic itself (0.3 s, 11 MB) is only imported
when there is something to do. A new revision is a module in ``versions`` named in ``REVISIONS``.
"""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING

from .versions import (
    r0001_initial,
    r0002_owner_wallet,
    r0003_forecasts,
    r0004_market_steps,
    r0005_outcomes,
)

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext, RevisionStep
    from sqlalchemy import Connection

REVISIONS: tuple[ModuleType, ...] = (
    r0001_initial,
    r0002_owner_wallet,
    r0003_forecasts,
    r0004_market_steps,
    r0005_outcomes,
)
"""Oldest first."""

KNOWN: frozenset[str] = frozenset(module.revision for module in REVISIONS)
HEAD: str = REVISIONS[-1].revision


def upgrade(connection: Connection) -> None:
    """Run the missing revisions inside the connection's transaction."""
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext, MigrationStep
    from alembic.script import Script
    from alembic.script.revision import RevisionMap

    scripts = [Script(module, module.revision, module.__name__) for module in REVISIONS]
    revisions = RevisionMap(lambda: scripts)

    def steps(heads: tuple[str, ...], _: MigrationContext) -> list[RevisionStep]:
        missing = revisions.iterate_revisions(HEAD, heads or None, implicit_base=True)
        return [
            MigrationStep.upgrade_from_script(revisions, script)  # type: ignore[arg-type]
            for script in reversed(list(missing))
        ]

    context = MigrationContext.configure(connection, opts={"fn": steps})
    with Operations.context(context):
        context.run_migrations()
