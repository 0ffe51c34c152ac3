"""The org file: opening it, its schema, transactions, use cases."""
