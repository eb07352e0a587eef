"""The comparison as one page that opens from disk: its data, its template, and the bundling."""
