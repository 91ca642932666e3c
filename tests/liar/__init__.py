"""A node that lies on request, the catalogue of its lies, and generated mutations of what it says.

``python -m tests.liar`` runs all of it against the light client and writes a report.
"""
