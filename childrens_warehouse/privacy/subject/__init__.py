"""What is held on one person, from every layer, with where it came from. docs/operating/subject-rights.md."""
