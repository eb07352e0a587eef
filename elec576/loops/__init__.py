"""The report's two loops, and the history that they fill."""
