"""Runs against the report: reading results, statistics, verdicts and text. Nothing here draws."""
