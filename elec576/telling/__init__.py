"""What was judged, in words and tables: REPORT.md, its headline, a run beside the report."""
