"""Small painted parts that the pages are put together from."""
