"""What people decide, and the warehouse goes by: lines in `<home>/decisions/`, never taken back, only said anew."""
