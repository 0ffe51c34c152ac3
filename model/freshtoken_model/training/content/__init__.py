"""The content files: reading them, their steps and checks, whose programs may run."""
