"""Keys, what may be signed with them, and nonces. A key never leaves its signer."""
