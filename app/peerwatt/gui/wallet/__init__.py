"""The owner's wallet in the window: dialogs around the signer's process, which holds the keys."""
