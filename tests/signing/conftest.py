from tests.build.conftest import settings  # noqa: F401 - the same small home
