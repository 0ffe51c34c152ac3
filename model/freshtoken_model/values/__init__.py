"""Plain values: rows, moments, errors, text. No SQL, no rules."""
