"""The files an installation is made from, against the rules they must keep."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.urls import reverse

from exchange_portal.gate import rules
from tests.delivery.front import write_proxies

TOP = Path(settings.BASE_DIR)
DOCKERFILE = (TOP / "exchange_portal" / "Dockerfile").read_text()
COMPOSE = yaml.safe_load((TOP / "docker-compose.yml").read_text())
EXAMPLE = (TOP / ".env.example").read_text()
OPERATIONS = (TOP / "docs" / "operations.md").read_text()
NGINX = (TOP / "exchange_portal" / "nginx" / "nginx.conf.template").read_text()
SERVICES = COMPOSE["services"]
OURS = ("migrate", "backup", "web", "worker", "beat", "nginx")

# Variables of settings.py that have no place in an installation by compose.
FOR_OTHERS = {
    "PORTAL_DEMO": "never in an installation",
    "PORTAL_PORT": "the launcher's",
    "PORTAL_IDP_PORT": "the launcher's",
    "DJANGO_DEBUG": "never in an installation",
    "DJANGO_STATIC_FROM_SOURCE": "the launcher's",
    "PORTAL_HTTPS": "off only for a test on this machine",
    "DJANGO_STATIC_ROOT": "fixed in the image",
    "PORTAL_FILES": "fixed in the image",
    "PORTAL_EXPORT_DIR": "fixed in the image",
}
# What compose sets itself, whatever .env says.
FIXED = {"DATABASE_URL", "REDIS_URL", "PORTAL_BEHIND_PROXY", "PORTAL_X_ACCEL_REDIRECT"}


def read_by_settings() -> set[str]:
    """Return the names of all variables that settings.py reads from the environment."""
    tree = ast.parse((TOP / "exchange_portal" / "settings.py").read_text())
    names: set[str] = set()
    for node in ast.walk(tree):
        # Those read one after another: {name: env.str(name) for name in ("A", "B")}.
        if isinstance(node, ast.DictComp) and "env." in ast.unparse(node.value):
            found = ast.walk(node.generators[0].iter)
            names |= {one.value for one in found if isinstance(one, ast.Constant)}
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and ast.unparse(node.func.value) == "env"
            and isinstance(node.args[0], ast.Constant)
        ):
            names.add(node.args[0].value)
    return names


def test_every_variable_is_handed_to_the_portal_and_explained():
    wanted = read_by_settings() - FOR_OTHERS.keys()
    given = SERVICES["web"]["environment"]
    assert wanted - given.keys() == set()
    explained = set(re.findall(r"^([A-Z0-9_]+)=", EXAMPLE, re.MULTILINE))
    assert wanted - explained - FIXED == set()
    # And .env holds nothing that nobody reads.
    asked = set(re.findall(r"\$\{([A-Z0-9_]+)", (TOP / "docker-compose.yml").read_text()))
    assert explained ^ asked == set()
    # Whoever installs it looks it up in one table.
    table = OPERATIONS.partition("### Environment")[2]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    told = {name for row in rows for name in re.findall(r"`([A-Z0-9_]+)`", row)}
    assert (read_by_settings() | explained) - told == set()


def test_no_secret_stands_in_the_files():
    secrets = {
        "DJANGO_SECRET_KEY",
        "PORTAL_FIELD_KEYS",
        "POSTGRES_PASSWORD",
        "OIDC_CLIENT_SECRET",
        "SAML_SP_KEY",
        "METRICS_TOKEN",
        "S3_SECRET_KEY",
    }
    assert {name: re.search(rf"^{name}=(.*)$", EXAMPLE, re.MULTILINE)[1] for name in secrets} == (
        dict.fromkeys(secrets, "")
    )
    given = SERVICES["web"]["environment"]
    for name in secrets - {"POSTGRES_PASSWORD"}:
        assert given[name] == f"${{{name}:-}}"
    # Without one of their own the images must not start with a known one.
    assert "ENV DJANGO_SECRET_KEY" not in DOCKERFILE


@pytest.mark.parametrize("name", OURS)
def test_our_services_can_change_nothing_but_their_volumes(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    own = {"/tmp", "/run/metrics"} if name == "web" else {"/tmp"}  # noqa: S108 - in the container
    assert {place.partition(":")[0] for place in service["tmpfs"]} == own
    assert "privileged" not in service
    assert service["build"]["target"] == ("front" if name == "nginx" else "portal")


def test_nobody_runs_as_root_in_our_images():
    stages = re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)[1:]
    last = {
        re.search(r" AS (\w+)", stage)[1]: re.findall(r"^USER (.+)$", stage, re.MULTILINE)
        for stage in stages
    }
    assert last == {
        "packages": [],
        "database": [],
        "portal": ["10001:10001"],
        "front": ["10001:10001"],
    }
    assert "--gid 10001" in DOCKERFILE
    assert "--uid 10001" in DOCKERFILE
    for stage in stages[2:]:
        assert stage.count("HEALTHCHECK") == 1
        assert stage.index("USER ") < stage.index("CMD [")


def test_only_nginx_can_be_reached_from_outside():
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["nginx"]
    assert SERVICES["nginx"]["ports"] == [
        "${PORTAL_PUBLISHED_HOST:-127.0.0.1}:${PORTAL_PUBLISHED_PORT:-8000}:8080"
    ]
    assert COMPOSE["networks"]["data"] == {"internal": True}
    assert {name for name, service in SERVICES.items() if service.get("networks") == ["data"]} == {
        "database",
        "broker",
    }
    assert "networks" not in SERVICES["nginx"]
    assert SERVICES["nginx"]["volumes"][0] == "files:/srv/portal/state:ro"


def test_everything_that_runs_on_is_watched_and_started_again():
    once = {"migrate", "backup"}
    assert {SERVICES[name]["restart"] for name in once} == {"no"}
    lasting = {name: service for name, service in SERVICES.items() if name not in once}
    assert {service["restart"] for service in lasting.values()} == {"unless-stopped"}
    assert [name for name, service in lasting.items() if "healthcheck" not in service] == []
    assert "/health/ready" in SERVICES["web"]["healthcheck"]["test"][-1]
    assert "/health/live" in DOCKERFILE
    assert SERVICES["nginx"]["depends_on"] == {
        "web": {"condition": "service_healthy", "restart": True}
    }


@pytest.mark.parametrize(
    ("tls", "trusted", "said"),
    [
        ("outside", "", "must name the proxy"),
        ("outside", " , ", "must name the proxy"),
        ("outside", "0.0.0.0/0", "must not name the whole world"),
        ("outside", "::/0", "must not name the whole world"),
        ("outside", "10.0.0.1,proxy.example.org", "takes addresses and networks"),
        ("outside", "10.0.0.1;}", "takes addresses and networks"),
        ("outside", "10.0.0.1, 2001:db8::/48", ""),
        ("inside", "", ""),
        ("inside", "10.0.0.1", ""),
    ],
)
def test_nginx_believes_whom_the_setting_names(tmp_path, tls, trusted, said):
    told = write_proxies(tmp_path, trusted, tls=tls)
    assert (told.returncode, said in told.stderr) == (1 if said else 0, True)
    assert (tmp_path / "proxies.conf").exists() is not bool(said)
    if not said:
        lines = (tmp_path / "proxies.conf").read_text().splitlines()
        named = [line for line in lines if line.startswith("set_real_ip_from")]
        wanted = ["10.0.0.1", "2001:db8::/48"] if tls == "outside" else []
        assert named == [f"set_real_ip_from {one};" for one in wanted]


def test_backup_has_a_place_it_can_write_to():
    service = SERVICES["backup"]
    assert "files:/srv/portal/state" in service["volumes"]
    assert "${PORTAL_BACKUPS:-backups}:/backups" in service["volumes"]
    # The volume gets its owner from the image, and a dump written out is too large for memory.
    owned = re.search(r"install --directory --owner portal .*?\n\n", DOCKERFILE, re.DOTALL)[0]
    assert " /backups\n" in owned
    assert service["environment"]["TMPDIR"] == "/backups"
    assert "manage.py backup /backups/" in service["command"][-1]
    assert service["profiles"] == ["backup"]
    assert "docker compose run --rm backup" in OPERATIONS


def test_saml_metadata_is_where_every_process_reads_it():
    for name in ("migrate", "backup", "web", "worker", "beat"):
        assert "${PORTAL_SAML_FOLDER:-./saml}:/etc/portal/saml:ro" in SERVICES[name]["volumes"]
    assert "SAML_IDP_METADATA=/etc/portal/saml/" in EXAMPLE


def test_nothing_starts_before_the_installation_was_checked():
    shell, option, line = SERVICES["migrate"]["command"]
    checked, migrated = line.split(" && ")
    assert (shell, option) == ("sh", "-c")
    assert checked == "python manage.py check --deploy --fail-level ERROR"
    assert migrated.endswith(" manage.py migrate --no-input")
    for name in ("web", "worker", "beat"):
        first = SERVICES[name]["depends_on"]["migrate"]
        assert first == {"condition": "service_completed_successfully"}


def test_what_nothing_may_lose_is_in_a_named_volume():
    assert set(COMPOSE["volumes"]) == {"database", "broker", "files", "backups"}
    assert "files:/srv/portal/state" in SERVICES["web"]["volumes"]
    assert "PORTAL_FILES=/srv/portal/state/files" in DOCKERFILE
    assert "PORTAL_NGINX_FILES=/srv/portal/state/files" in DOCKERFILE


def test_pace_is_kept_wherever_the_portal_itself_answers():
    places = re.findall(r"location (.+?) {\n(.*?)\n    }", NGINX, re.DOTALL)
    paced = {place for place, what in places if "limit_req zone=pace burst=1000 nodelay;" in what}
    assert paced == {place for place, what in places if "proxy_pass" in what}
    assert len(paced) == 3
    assert NGINX.count("limit_req zone=pace") == 3


def test_memory_that_is_written_to_has_an_end():
    sizes = {
        (name, place): size
        for name, service in SERVICES.items()
        for place, _, size in (entry.partition(":size=") for entry in service.get("tmpfs", []))
    }
    assert [where for where, size in sizes.items() if not re.fullmatch(r"\d+[mg]", size)] == []
    # As many bodies as one address may send at once leave half of nginx's to others.
    at_once = re.search(r"limit_conn uploads (\d+);", NGINX)[1]
    assert sizes["nginx", "/tmp"] == "1g"  # noqa: S108 - in the container
    assert int(at_once) * rules.MOST <= 512 * 1_048_576


def test_nginx_takes_files_where_the_portal_does_and_nowhere_else():
    pattern = re.search(r"location ~ (\S+) {\s+client_max_body_size 8m;", NGINX)[1]
    args = {
        "applications:form_documents": ["ABCD2345"],
        "applications:slot": ["ABCD2345", "cv"],
        "applications:late_document": ["ABCD2345", "cv"],
        "grants:upload": ["ABCD2345", "agreement"],
        "admin:partners_testimonial_add": [],
        "admin:partners_testimonial_change": [17],
        "admin:partners_catalogue_load": [],
    }
    assert args.keys() == rules.SIZES.keys()
    paths = {name: reverse(name, args=found) for name, found in args.items()}
    assert [name for name, path in paths.items() if not re.search(pattern, path)] == []
    others = (
        reverse("home"),
        reverse("applications:form_page", args=["ABCD2345", "about"]),
        reverse("applications:document", args=["ABCD2345", 17]),
        reverse("grants:stay_document", args=["ABCD2345", 17]),
        reverse("admin:partners_testimonial_changelist"),
        reverse("admin:partners_testimonial_history", args=[17]),
    )
    assert [path for path in others if re.search(pattern, path)] == []


def test_nginx_takes_what_the_portal_takes_and_keeps_connections_shorter():
    everywhere, where_files_come = map(int, re.findall(r"client_max_body_size (\d+)m;", NGINX))
    assert everywhere * 1_048_576 == rules.TEXT.most
    assert where_files_come * 1_048_576 == max(size.most for size in rules.SIZES.values())
    ours = int(re.search(r'"--keep-alive", "(\d+)"', DOCKERFILE)[1])
    theirs = re.search(r"keepalive 16;.*?keepalive_timeout (\d+)s;", NGINX, re.DOTALL)
    assert int(theirs[1]) < ours
    place = SERVICES["web"]["environment"]["PORTAL_X_ACCEL_REDIRECT"]
    assert re.search(rf"location \^~ {place} {{\s+internal;", NGINX)
