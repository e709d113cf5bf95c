"""What Django is told by the environment."""

import os
import stat

from cryptography.fernet import Fernet

from exchange_portal.launcher import environment


def test_secret_key_is_random_kept_and_private(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    key = environment.secret_key(tmp_path / "one")
    mode = stat.S_IMODE((tmp_path / "one" / "secret_key").stat().st_mode)
    assert (environment.secret_key(tmp_path / "one"), mode, len(key)) == (key, 0o600, 64)
    assert environment.secret_key(tmp_path / "two") != key


def test_field_key_is_one_fernet_takes_kept_and_private(tmp_path):
    key = environment.field_key(tmp_path)
    mode = stat.S_IMODE((tmp_path / "field_key").stat().st_mode)
    assert (environment.field_key(tmp_path), mode) == (key, 0o600)
    assert Fernet(key).decrypt(Fernet(key).encrypt(b"DE89")) == b"DE89"
    assert environment.new_field_key() != key


def test_environment_of_the_demo(monkeypatch, tmp_path):
    for name in [*os.environ]:
        monkeypatch.delenv(name)
    others = ("PGHOST", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "DJANGO_SETTINGS_MODULE")
    for name in (*others, "OTHER"):
        monkeypatch.setenv(name, "x")
    services = {"DATABASE_URL": "postgres://d", "REDIS_URL": "redis://r"}
    assert environment.demo_environment(tmp_path, services, 8080) == {
        "OTHER": "x",
        "DATABASE_URL": "postgres://d",
        "REDIS_URL": "redis://r",
        "DJANGO_SECRET_KEY": (tmp_path / "secret_key").read_text(),
        "PORTAL_FIELD_KEYS": (tmp_path / "field_key").read_text(),
        "PORTAL_FILES": str(tmp_path / "files"),
        "PORTAL_EXPORT_DIR": str(tmp_path / "export"),
        "PORTAL_DEMO": "1",
        "PORTAL_PORT": "8080",
        "PORTAL_IDP_PORT": "8081",
        "PYTHONUNBUFFERED": "1",
    }


def test_own_database_keeps_its_libpq_variables(monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", "postgres://own")
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    env = environment.django_environment(tmp_path, {})
    assert (env["DATABASE_URL"], env["PGSSLMODE"]) == ("postgres://own", "verify-full")


def test_checks_do_not_see_the_caller_s_installation(monkeypatch, tmp_path):
    for name in ("PORTAL_DEMO", "OIDC_SERVER_URL", "DJANGO_ALLOWED_HOSTS", "EMAIL_URL"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("REQUIRE_BROWSER", "1")
    env = environment.check_environment(tmp_path, {})
    seen = {"PORTAL_DEMO", "OIDC_SERVER_URL", "DJANGO_ALLOWED_HOSTS", "EMAIL_URL"} & set(env)
    assert (seen, env["REQUIRE_BROWSER"]) == (set(), "1")
