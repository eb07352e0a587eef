"""Drawing. Nothing here computes a result, and nothing that computes a result draws."""
