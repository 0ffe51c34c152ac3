"""The bodies of answers: results, object descriptions, and SOQL queries."""
