"""What the source papers measure, which indicators answer it, and how it is shown to people."""
