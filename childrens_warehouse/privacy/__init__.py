"""What an operator does about identities: give raw another key, and let originals go when their time is over."""
