"""Reads of phones; small frozen views."""
