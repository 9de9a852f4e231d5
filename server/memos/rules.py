"""Who may read a memo and when it is forgotten. Pure."""
