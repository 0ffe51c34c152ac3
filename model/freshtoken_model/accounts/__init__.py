"""Users, profiles, passwords, tokens, sessions, mail, Setup."""
