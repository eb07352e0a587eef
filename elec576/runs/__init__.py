"""One run's life on disk (`run`), then many (`many`)."""
