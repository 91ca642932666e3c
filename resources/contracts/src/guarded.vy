# pragma version 0.4.3
"""
@title guarded
@license Apache-2.0
@notice What the community's guardians have paused takes nothing new. Ways out are never asked.
"""

interface IRegistry:
    def paused(name_hash: bytes32) -> bool: view


@internal
@view
def check(registry: address, name_hash: bytes32):
    """
    @notice Revert while the contract of this name is paused in the registry.
    """
    assert not staticcall IRegistry(registry).paused(name_hash), "paused by the guardians"
