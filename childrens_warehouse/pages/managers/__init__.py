"""Pages for team and service managers: what is due, and the children behind each figure, by pseudonym."""
