"""One screen of the org per file, with its .tcss beside it."""
