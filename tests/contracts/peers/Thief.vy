# pragma version 0.4.3
# pragma evm-version prague
"""
@notice A test's token that pays nothing and calls back into whoever moves it: what a re-entrant
        credit would do. The call's success is kept, so that a test sees what was stopped.
"""

target: public(address)
data: public(Bytes[1024])
entered: public(uint256)
blocked: public(uint256)
treasury: public(address)
inside: transient(bool)


@deploy
def __init__():
    pass


@external
def aim(target_: address, data_: Bytes[1024], treasury_: address):
    self.target = target_
    self.data = data_
    self.treasury = treasury_


@external
@view
def balanceOf(owner: address) -> uint256:
    return 1_000_000


@external
def transfer(to: address, amount: uint256) -> bool:
    self._again()
    return True


@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    self._again()
    return True


@external
def approve(spender: address, amount: uint256) -> bool:
    return True


@external
def mint(to: address, amount: uint256):
    self._again()


@external
def burn(amount: uint256):
    self._again()


@external
def lock_for(treasury: address, member: address, amount: uint256):
    raw_call(
        treasury,
        abi_encode(member, amount, empty(bytes32), method_id=method_id("lock(address,uint256,bytes32)")),
    )


@internal
def _again():
    if self.target == empty(address) or self.inside:
        return
    self.inside = True
    self.entered += 1
    success: bool = raw_call(self.target, self.data, revert_on_failure=False)
    self.inside = False
    if not success:
        self.blocked += 1
