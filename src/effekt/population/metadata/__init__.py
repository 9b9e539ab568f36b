"""What can be known of a delivery without a single cell of it: names of files and columns, types, numbers of rows."""
