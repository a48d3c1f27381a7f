"""The panel report of June 2017, figure by figure: what it prints, and what a night makes of the children behind it."""
