"""A proven value with its mark."""

from __future__ import annotations

from peerwatt.api.base import ChainValue, TrustMark
from peerwatt.chain.status import ChainStatus, SyncState
from peerwatt.engine.picture import ChainPicture


def chain_value(
    value: int | None, picture: ChainPicture | None, status: ChainStatus | None
) -> ChainValue:
    """Return a value with its mark; only what was proven and is not outdated is verified."""
    if picture is None or value is None:
        return ChainValue(value=None, mark=TrustMark.UNVERIFIED)
    mark = TrustMark.VERIFIED
    if status is not None and status.state is SyncState.STOPPED:
        mark = TrustMark.CONTRADICTED
    elif status is not None and status.state is not SyncState.VERIFIED:
        mark = TrustMark.PENDING
    return ChainValue(
        value=value,
        mark=mark,
        block_number=picture.block_number,
        block_time_s=picture.block_time_s,
    )
