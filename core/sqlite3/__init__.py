"""Django's backend for SQLite with one statement put right: see `base`."""
