"""What the doors answer with: results, describe, SOQL."""
