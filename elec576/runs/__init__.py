"""Runs on disk: one (`run`), and many (`many`)."""
