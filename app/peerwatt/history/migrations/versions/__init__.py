"""One module per revision of the schema; a revision never changes once it was released."""
