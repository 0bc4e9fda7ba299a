"""Commands of the workshop: install, test, temporary PostgreSQL. Standard library only."""
