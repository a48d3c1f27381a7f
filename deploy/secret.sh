#!/bin/sh
# Prints a secret, for Airflow's ..._CMD settings: so none is in an environment, which tasks inherit.
#
#   secret.sh fernet_key       what is in that file
#   secret.sh records          the address of Airflow's own database, with its password
#   secret.sh results          the address of the database where workers tell how tasks ended
#   secret.sh broker           the address of Redis
set -eu
folder=/run/secrets
if [ -n "${SECRETS_FOLDER:-}" ]; then
    folder=$SECRETS_FOLDER
fi
secret() {
    cat "$folder/$1"
}
# Through $(...), because a line break at a file's end is not part of a secret.
case "$1" in
    records) printf 'postgresql+psycopg2://airflow:%s@%s/airflow' "$(secret records_password)" "$POSTGRES_ADDRESS" ;;
    results) printf 'db+postgresql+psycopg2://results:%s@%s/results' "$(secret results_password)" "$POSTGRES_ADDRESS" ;;
    broker) printf 'redis://airflow:%s@%s/0' "$(secret redis_password)" "$REDIS_ADDRESS" ;;
    *) printf '%s' "$(secret "$1")" ;;
esac
