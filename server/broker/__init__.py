"""The embedded broker of the demo, a child process, and the access list that a building's own broker gets too."""
