"""Settings declared once, paths, resource lookup, logging and clocks."""
