"""The services of docker-compose.yml as processes of one machine: the same programs, from the same files."""
