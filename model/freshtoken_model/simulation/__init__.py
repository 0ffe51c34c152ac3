"""Time that moves: schedules, what falls due."""
