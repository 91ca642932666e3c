"""Endpoints: strangers that are asked, and how little they can do."""
