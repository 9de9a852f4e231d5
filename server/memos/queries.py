"""Reads of memos; small frozen views."""
