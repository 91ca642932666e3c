"""Ethereum's proof of stake: blocks are final when the validators' checkpoint covers them."""
