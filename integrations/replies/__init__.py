"""Answers to pages that come in from outside: texts, key presses, button clicks, receipts."""
