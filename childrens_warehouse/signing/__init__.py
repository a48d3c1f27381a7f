"""A year's return signed off by a person: from then on its figures are final, and a later change is a restatement."""
