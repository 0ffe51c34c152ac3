"""The heart of freshtoken: a small, honest Salesforce org. Knows no terminal and no HTTP."""
