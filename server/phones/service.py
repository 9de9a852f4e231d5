"""Writes of phones; the caller commits."""
