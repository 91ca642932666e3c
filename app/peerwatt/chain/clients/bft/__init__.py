"""QBFT and IBFT 2.0: blocks are final when sealed."""
