"""HTML pages of schedules."""
