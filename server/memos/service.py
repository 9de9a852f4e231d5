"""Writes of memos; the caller commits."""
