"""`make secrets`: every secret of the services as a file, made once.

    python -m childrens_warehouse.orchestration.cluster.secrets

Writes into the folder SECRETS_FOLDER (secrets/ in the checkout) what is not there yet, and never over what is.
docker-compose.yml mounts the files, `make up-services` reads them.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import ipaddress
import os
import secrets
import sys
from collections.abc import Callable
from pathlib import Path

from childrens_warehouse.errors import ConfigurationError, WarehouseError
from childrens_warehouse.settings import OWNER_ONLY_DIRECTORY, PROJECT

# The folder keeps everybody else out. Each service runs as a user of its own that must read what is mounted for it.
_READABLE = 0o444
_CERTIFICATE_DAYS = 825


def folder() -> Path:
    """Where the secrets are."""
    return Path(os.environ.get("SECRETS_FOLDER") or PROJECT / "secrets").expanduser().resolve()


def make(target: Path, host: str) -> list[str]:
    """Make what is missing in the folder; `host`: the name that people type. Returns the names of what was made."""
    target.mkdir(parents=True, exist_ok=True)
    target.chmod(OWNER_ONLY_DIRECTORY)
    made = []
    for name, make_one in _MAKERS.items():
        if not (target / name).exists():
            write(target / name, make_one(target))
            made.append(name)
    certificate, key = target / "certificate.pem", target / "certificate_key.pem"
    if certificate.exists() != key.exists():
        raise ConfigurationError(f"{target} has {certificate.name} or {key.name} without the other: put both there.")
    if not certificate.exists():
        for path, text in zip((certificate, key), _self_signed(host), strict=True):
            write(path, text)
            made.append(path.name)
    return made


def write(path: Path, text: str) -> None:
    """Write a secret's file whole or not at all."""
    candidate = path.with_name(f".{path.name}.new")
    candidate.unlink(missing_ok=True)
    candidate.write_text(text, encoding="utf-8")
    candidate.chmod(_READABLE)
    candidate.rename(path)


def _password(_: Path) -> str:
    # Letters and digits alone, because it becomes part of an address.
    return secrets.token_hex(24)


def _token(_: Path) -> str:
    return secrets.token_urlsafe(64)


def _fernet_key(_: Path) -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def _redis_users(target: Path) -> str:
    """Redis knows the password's hash alone. Celery needs no command that administers, but the one it greets with."""
    digest = hashlib.sha256((target / "redis_password").read_text(encoding="utf-8").strip().encode()).hexdigest()
    return f"user default off resetpass\nuser airflow on #{digest} ~* &* +@all -@admin -@dangerous +info\n"


def _connections(_: Path) -> str:
    return "# Airflow's connections, with their passwords: docs/operating/deployment.md\n{}\n"


_MAKERS: dict[str, Callable[[Path], str]] = {
    "postgres_password": _password,
    "records_password": _password,
    "results_password": _password,
    "marts_password": _password,
    "redis_password": _password,
    "redis_users.acl": _redis_users,
    "fernet_key": _fernet_key,
    "token_secret": _token,
    "session_secret": _token,
    "admin_password": lambda _: secrets.token_urlsafe(18),
    "pseudonym_key": _token,
    "connections.yaml": _connections,
}
NAMES = (*_MAKERS, "certificate.pem", "certificate_key.pem")


def _self_signed(host: str) -> tuple[str, str]:
    """A certificate for a trial, and its key, as PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=_CERTIFICATE_DAYS))
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName(host), x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            ),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode(), private.decode()


def main() -> int:
    try:
        target = folder()
        made = make(target, os.environ.get("PAGES_HOST") or "localhost")
    except WarehouseError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Made in {target}: {', '.join(made)}" if made else f"Everything is there already, in {target}.")
    if "pseudonym_key" in made:
        print("Keep a copy of pseudonym_key in the council's vault: without it no child is recognised again.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
