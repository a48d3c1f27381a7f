"""Pages for people: the Corporate Parenting Report, from a published release and from nothing else."""
