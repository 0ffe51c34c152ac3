"""Labs: a small org, a story, goals that tick."""
