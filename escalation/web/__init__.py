"""HTML pages of escalation policies."""
