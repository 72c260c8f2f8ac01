"""A world for each test: an account of its own behind one emulator."""

import os
import secrets
import urllib.request
import json

import pytest
from cloudflare import Cloudflare

BASE = os.environ["CLOUDFLARE_BASE_URL"]


class Control:
    """The emulator's control API, for what no client of Cloudflare's can do."""

    def __init__(self):
        self.url = BASE.removesuffix("/client/v4") + "/_emulator"

    def __call__(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)["result"]

    def zone(self, account, name=None, **fields):
        """A new zone's id."""
        name = name or f"{secrets.token_hex(6)}.example"
        return self("POST", "/zones", {"name": name, "account": account, **fields})["id"]

    def accepts(self, client_id, client_secret):
        """Which of a service token's secrets this is to a door of Access; None if it is none."""
        pair = {"client_id": client_id, "client_secret": client_secret}
        return self("POST", "/service_tokens/check", pair)["secret"]


@pytest.fixture
def control():
    control = Control()
    yield control
    control("DELETE", "/faults")
    control("PUT", "/clock", {"now": None})


@pytest.fixture
def account():
    return secrets.token_hex(16)


@pytest.fixture
def client():
    """The SDK as anybody has it."""
    return Cloudflare(api_token=secrets.token_hex(20))


@pytest.fixture
def impatient():
    """The SDK without its retries, for errors that it would try again."""
    return Cloudflare(api_token=secrets.token_hex(20), max_retries=0)


def codes(error):
    """The codes of an answer that the SDK raised."""
    return [own["code"] for own in error.value.body["errors"]]
