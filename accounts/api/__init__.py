"""JSON of people and teams."""
