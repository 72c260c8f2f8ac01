import base64
import json

import pytest
from cloudflare import BadRequestError, ConflictError, NotFoundError

from conftest import codes

INGRESS = [
    {"hostname": "app.example.com", "service": "http://web:8080"},
    {"service": "http_status:404"},
]


@pytest.fixture
def tunnels(client):
    return client.zero_trust.tunnels.cloudflared


@pytest.fixture
def tunnel(tunnels, account):
    return tunnels.create(account_id=account, name="web", config_src="cloudflare")


def test_a_tunnel_is_created_read_renamed_and_deleted(tunnels, account):
    made = tunnels.create(account_id=account, name="web", config_src="cloudflare")
    assert (made.name, made.account_tag, made.tun_type) == ("web", account, "cfd_tunnel")
    assert (made.status, made.config_src, made.deleted_at) == ("inactive", "cloudflare", None)
    assert tunnels.get(made.id, account_id=account).created_at == made.created_at
    assert tunnels.edit(made.id, account_id=account, name="api").name == "api"
    assert tunnels.delete(made.id, account_id=account).deleted_at is not None
    again = tunnels.get(made.id, account_id=account)
    assert again.deleted_at is not None and again.config_src is None


def test_deleted_tunnels_are_listed_only_when_asked_for(tunnels, account, tunnel):
    tunnels.create(account_id=account, name="api")
    tunnels.delete(tunnel.id, account_id=account)

    def names(**filters):
        return [own.name for own in tunnels.list(account_id=account, **filters)]

    assert names() == ["api"]
    assert names(is_deleted=False) == ["api"]
    assert names(is_deleted=True) == ["web"]


def test_tunnels_are_filtered(tunnels, account, tunnel):
    other = tunnels.create(account_id=account, name="api-1")

    def names(**filters):
        return [own.name for own in tunnels.list(account_id=account, **filters)]

    assert names(name="web") == ["web"]
    assert names(uuid=other.id) == ["api-1"]
    assert names(include_prefix="api") == ["api-1"]
    assert names(exclude_prefix="api") == ["web"]
    assert names(status="healthy") == []
    assert names(existed_at="2020-01-01T00:00:00Z") == []


def test_tunnels_come_in_pages(tunnels, account):
    for number in range(7):
        tunnels.create(account_id=account, name=f"t{number}")
    first = tunnels.list(account_id=account, per_page=3)
    assert len(first.result) == 3 and first.has_next_page()
    pages = [len(page.result) for page in first.iter_pages()]
    assert pages[:3] == [3, 3, 1] and sum(pages) == 7
    names = {own.name for own in tunnels.list(account_id=account, per_page=3)}
    assert names == {f"t{number}" for number in range(7)}


def test_a_taken_name_is_a_conflict(client, impatient, account, tunnel):
    tunnels = impatient.zero_trust.tunnels.cloudflared
    with pytest.raises(ConflictError) as error:
        tunnels.create(account_id=account, name="web")
    assert codes(error) == [1013]


def test_what_is_not_there_is_not_found(tunnels, account):
    nobody = "11111111-2222-4333-8444-555555555555"
    with pytest.raises(NotFoundError) as error:
        tunnels.get(nobody, account_id=account)
    assert codes(error) == [1003]
    with pytest.raises(NotFoundError) as error:
        tunnels.get("no-uuid", account_id=account)
    assert codes(error) == [7003, 7000]


def test_a_short_secret_is_a_bad_request(tunnels, account):
    with pytest.raises(BadRequestError):
        tunnels.create(account_id=account, name="web", tunnel_secret="c2hvcnQ=")


def test_configurations_are_replaced_and_counted(tunnels, account, tunnel):
    configurations = tunnels.configurations
    fresh = configurations.get(tunnel.id, account_id=account)
    assert (fresh.version, fresh.config) == (0, None)
    for version in (1, 2):
        put = configurations.update(tunnel.id, account_id=account, config={"ingress": INGRESS})
        assert put.version == version
    got = configurations.get(tunnel.id, account_id=account)
    assert (got.version, got.source, got.tunnel_id) == (2, "cloudflare", tunnel.id)
    assert [(rule.hostname or None, rule.service) for rule in got.config.ingress] == [
        ("app.example.com", "http://web:8080"),
        (None, "http_status:404"),
    ]


def test_a_bad_configuration_is_a_bad_request_in_cloudflareds_words(tunnels, account, tunnel):
    with pytest.raises(BadRequestError) as error:
        tunnels.configurations.update(
            tunnel.id, account_id=account, config={"ingress": INGRESS[:1]}
        )
    assert codes(error) == [1056]
    assert error.value.errors[0].message.endswith("path filter)\n")


def test_a_deleted_tunnel_has_no_configuration(tunnels, account, tunnel):
    tunnels.delete(tunnel.id, account_id=account)
    with pytest.raises(NotFoundError) as error:
        tunnels.configurations.get(tunnel.id, account_id=account)
    assert codes(error) == [1055]


def test_connections_and_connectors_are_seen(tunnels, account, tunnel, control):
    made = control("POST", f"/tunnels/{tunnel.id}/connectors", {"version": "2026.8.2"})
    (connector,) = list(tunnels.connections.get(tunnel.id, account_id=account))
    assert (connector.id, connector.version) == (made["id"], "2026.8.2")
    assert len(connector.conns) == 4
    assert {own.client_id for own in connector.conns} == {connector.id}
    one = tunnels.connectors.get(connector.id, account_id=account, tunnel_id=tunnel.id)
    assert one == connector
    assert tunnels.get(tunnel.id, account_id=account).status == "healthy"


def test_a_connected_tunnel_is_deleted_after_its_connections(tunnels, account, tunnel, control):
    one, _ = [control("POST", f"/tunnels/{tunnel.id}/connectors", {}) for _ in range(2)]
    with pytest.raises(BadRequestError) as error:
        tunnels.delete(tunnel.id, account_id=account)
    assert codes(error) == [1022]
    tunnels.connections.delete(tunnel.id, account_id=account, client_id=one["id"])
    assert len(list(tunnels.connections.get(tunnel.id, account_id=account))) == 1
    tunnels.connections.delete(tunnel.id, account_id=account)
    assert tunnels.get(tunnel.id, account_id=account).status == "down"
    tunnels.delete(tunnel.id, account_id=account)


def test_cascade_deletes_a_connected_tunnel(tunnels, account, tunnel, control):
    control("POST", f"/tunnels/{tunnel.id}/connectors", {})
    tunnels.delete(tunnel.id, account_id=account, extra_query={"cascade": "true"})


def test_the_run_token_is_a_bare_string(tunnels, account, tunnel):
    token = tunnels.token.get(tunnel.id, account_id=account)
    read = json.loads(base64.b64decode(token))
    assert (read["a"], read["t"]) == (account, tunnel.id)
    assert len(base64.b64decode(read["s"])) == 32


def test_the_management_token_is_a_bare_string(tunnels, account, tunnel):
    token = tunnels.management.create(tunnel.id, account_id=account, resources=["logs"])
    assert token.count(".") == 2
