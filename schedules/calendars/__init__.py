"""People's own calendars coming in: read in a child process with limits, whatever they hold."""
