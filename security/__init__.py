"""What is installed and what is committed, looked at by people who answer for it: audit, bill of materials, secrets."""
