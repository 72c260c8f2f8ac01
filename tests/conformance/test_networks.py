import pytest
from cloudflare import BadRequestError, ConflictError, NotFoundError

from conftest import codes


@pytest.fixture
def routes(client):
    return client.zero_trust.networks.routes


@pytest.fixture
def networks(client):
    return client.zero_trust.networks.virtual_networks


@pytest.fixture
def tunnel(client, account):
    made = client.zero_trust.tunnels.cloudflared.create(account_id=account, name="web")
    return made.id


def test_a_route_is_created_read_changed_and_deleted(routes, account, tunnel):
    made = routes.create(
        account_id=account, network="10.1.0.0/16", tunnel_id=tunnel, comment="office"
    )
    assert (made.network, made.tunnel_id, made.comment) == ("10.1.0.0/16", tunnel, "office")
    assert made.virtual_network_id is not None and made.deleted_at is None
    assert routes.get(made.id, account_id=account).network == "10.1.0.0/16"
    assert routes.edit(made.id, account_id=account, comment="lab").comment == "lab"
    (listed,) = list(routes.list(account_id=account, is_deleted=False))
    assert (listed.id, listed.tun_type, listed.tunnel_name) == (made.id, "cfd_tunnel", "web")
    routes.delete(made.id, account_id=account)
    assert list(routes.list(account_id=account, is_deleted=False)) == []


def test_routes_are_found_by_network_tunnel_and_address(routes, account, tunnel):
    wide = routes.create(account_id=account, network="10.0.0.0/8", tunnel_id=tunnel)
    near = routes.create(account_id=account, network="10.1.0.0/16", tunnel_id=tunnel)

    def ids(**filters):
        return {own.id for own in routes.list(account_id=account, **filters)}

    exact = {"network_subset": "10.1.0.0/16", "network_superset": "10.1.0.0/16"}
    assert ids(**exact) == {near.id}
    assert ids(network_subset="10.0.0.0/8") == {wide.id, near.id}
    assert ids(tunnel_id=tunnel, tun_types=["cfd_tunnel"]) == {wide.id, near.id}
    assert ids(route_id=wide.id) == {wide.id}
    assert routes.ips.get("10.1.2.3", account_id=account).id == near.id
    assert routes.ips.get("10.2.2.3", account_id=account).id == wide.id


def test_a_taken_network_is_a_conflict(impatient, account, tunnel):
    routes = impatient.zero_trust.networks.routes
    routes.create(account_id=account, network="10.1.0.0/16", tunnel_id=tunnel)
    with pytest.raises(ConflictError) as error:
        routes.create(account_id=account, network="10.1.0.0/16", tunnel_id=tunnel)
    assert codes(error) == [1014]


def test_an_unknown_route_is_not_found(routes, account):
    with pytest.raises(NotFoundError) as error:
        routes.get("11111111-2222-4333-8444-555555555555", account_id=account)
    assert 7000 not in codes(error)


def test_routes_come_in_pages(routes, account, tunnel):
    for number in range(7):
        routes.create(account_id=account, network=f"10.{number}.0.0/16", tunnel_id=tunnel)
    pages = [len(page.result) for page in routes.list(account_id=account, per_page=3).iter_pages()]
    assert pages[:3] == [3, 3, 1] and sum(pages) == 7


def test_a_virtual_network_is_created_read_changed_and_deleted(networks, account):
    made = networks.create(account_id=account, name="staging", comment="for tests")
    assert (made.name, made.comment) == ("staging", "for tests")
    assert made.is_default_network is False
    assert networks.get(made.id, account_id=account).name == "staging"
    assert networks.edit(made.id, account_id=account, comment="").comment == ""
    assert [own.id for own in networks.list(account_id=account, name="staging")] == [made.id]
    networks.delete(made.id, account_id=account)
    assert list(networks.list(account_id=account, name="staging", is_deleted=False)) == []


def test_the_first_tunnel_makes_a_default_network_that_cannot_be_deleted(
    networks, account, tunnel
):
    (default,) = list(networks.list(account_id=account, is_default_network=True))
    assert default.name == "default"
    with pytest.raises(BadRequestError) as error:
        networks.delete(default.id, account_id=account)
    assert codes(error) == [1049]


def test_one_network_is_the_default(networks, account, tunnel):
    made = networks.create(account_id=account, name="other", is_default_network=True)
    defaults = networks.list(account_id=account, is_default_network=True)
    assert [own.id for own in defaults] == [made.id]


def test_one_network_may_be_routed_in_two_virtual_networks(networks, routes, account, tunnel):
    other = networks.create(account_id=account, name="other")
    for where in ({}, {"virtual_network_id": other.id}):
        routes.create(account_id=account, network="10.1.0.0/16", tunnel_id=tunnel, **where)
    found = routes.list(account_id=account, virtual_network_id=other.id)
    assert [own.virtual_network_name for own in found] == ["other"]
