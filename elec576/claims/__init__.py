"""What the report says: its numbers, its conclusions, and what it leaves open."""
