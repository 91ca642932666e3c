"""A street of houses that speak the real protocols; nothing heavy is imported here."""
