"""Light client of the community chain: rules and proofs are pure, transports apart from them."""
