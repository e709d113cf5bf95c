"""The virtual environment and what is installed into it."""

import re

import pytest

from exchange_portal.launcher import packages
from exchange_portal.launcher.messages import Refusal
from exchange_portal.launcher.places import REQUIREMENTS


def test_missing_ensurepip_names_the_debian_package(monkeypatch):
    monkeypatch.setattr(packages.importlib.util, "find_spec", lambda name: name == "venv" or None)
    with pytest.raises(Refusal) as refused:
        packages.make_environment()
    assert str(refused.value) == (
        "This Python cannot make virtual environments (ensurepip missing): "
        "on Debian and Ubuntu install python3-venv."
    )


def test_pinned_takes_all_hashes_of_one_package():
    text = (
        "urllib3==2.8.0 \\\n    --hash=sha256:aa\n"
        "uv==0.13.8 \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\n"
        "valkey==6.2.0 \\\n    --hash=sha256:dd\n"
    )
    assert packages.pinned("uv", text) == (
        "uv==0.13.8 \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\n"
    )


def test_own_requirements_pin_uv_and_name_no_index():
    text = REQUIREMENTS.read_text()
    assert packages.pinned("uv", text).startswith("uv==")
    assert re.findall(r"https?://|--(?:extra-)?index-url|--find-links", text) == []


@pytest.mark.parametrize(
    ("listing", "expected"),
    [
        ("", {}),
        ("global.index-url='https://a/simple'", {"UV_DEFAULT_INDEX": "https://a/simple"}),
        (
            "global.index-url='https://a'\n:env:.index-url='https://b'",
            {"UV_DEFAULT_INDEX": "https://b"},
        ),
        (
            "install.index-url='https://a'\nglobal.index-url='https://b'",
            {"UV_DEFAULT_INDEX": "https://a"},
        ),
        (
            r"global.extra-index-url='\nfile:///x\nfile:///y'",
            {"UV_INDEX": "file:///x file:///y"},
        ),
        (
            ":env:.find-links='/a /b'\n:env:.cert='/ca.pem'",
            {"UV_FIND_LINKS": "/a,/b", "SSL_CERT_FILE": "/ca.pem"},
        ),
        (
            "global.trusted-host='h'\nglobal.timeout='9'\nglobal.no-index='true'",
            {"UV_INSECURE_HOST": "h", "UV_HTTP_TIMEOUT": "9", "UV_NO_INDEX": "true"},
        ),
        ("global.progress-bar='off'\nfreeze.index-url='https://z'", {}),
    ],
)
def test_settings_of_pip_reach_uv(listing, expected):
    assert packages.translate_pip_settings(listing) == expected


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (
            "Failed to establish a new connection: [Errno 111]",
            (
                "X: no package index is reachable; connect to the network, or name an index "
                "you can reach in PIP_INDEX_URL or pip's configuration."
            ),
        ),
        ("OSError: [Errno 28] No space left on device", "X: the disk is full."),
        (
            "SSLError CERTIFICATE_VERIFY_FAILED, Max retries: timed out",
            "X: the package index's certificate is not trusted; name yours in PIP_CERT.",
        ),
        ("some crash", "X. The last lines of .portal/logs/setup.log:\nsome crash"),
    ],
)
def test_setup_failure_is_said_in_one_sentence(output, expected):
    assert packages.setup_failure("X", output) == expected
