import pytest
from cloudflare import BadRequestError, NotFoundError

from conftest import codes

TARGET = "11111111-2222-4333-8444-555555555555.cfargotunnel.com"


@pytest.fixture
def zone(control, account):
    return control.zone(account, "records.example", created_on="2024-01-01T00:00:00Z")


@pytest.fixture
def records(client):
    return client.dns.records


def cname(name, **fields):
    return {"type": "CNAME", "name": name, "content": TARGET, "proxied": True, "ttl": 1, **fields}


def test_zones_are_found_by_name_and_account(client, control, account):
    first = control.zone(account, "one.example")
    control.zone(account, "two.example", plan="business")
    (found,) = list(client.zones.list(account={"id": account}, name="one.example"))
    assert (found.id, found.account.id, found.status) == (first, account, "active")
    contains = client.zones.list(account={"id": account}, name="contains:o.ex")
    assert [own.name for own in contains] == ["two.example"]
    assert client.zones.get(zone_id=first).name == "one.example"
    with pytest.raises(NotFoundError):
        client.zones.get(zone_id=account)


def test_zones_come_in_pages(client, control, account):
    for number in range(12):
        control.zone(account, f"z{number:02}.example")
    first = client.zones.list(account={"id": account}, per_page=5, direction="desc")
    pages = [[own.name for own in page.result] for page in first.iter_pages()]
    assert [len(page) for page in pages][:3] == [5, 5, 2]
    assert sum(pages, []) == [f"z{number:02}.example" for number in reversed(range(12))]


def test_a_record_is_created_read_patched_replaced_and_deleted(records, zone):
    made = records.create(zone_id=zone, **cname("app", comment="tunctl:edge"))
    assert (made.name, made.content, made.proxied) == ("app.records.example", TARGET, True)
    assert made.ttl == 1 and made.comment == "tunctl:edge" and made.proxiable
    assert records.get(made.id, zone_id=zone).created_on == made.created_on
    patched = records.edit(
        made.id, zone_id=zone, type="CNAME", name="app", ttl=1, content=TARGET, proxied=False
    )
    assert patched.proxied is False and patched.comment == "tunctl:edge"
    put = records.update(made.id, zone_id=zone, **cname("api"))
    assert put.name == "api.records.example" and put.comment is None
    assert records.delete(made.id, zone_id=zone).id == made.id
    with pytest.raises(NotFoundError) as error:
        records.get(made.id, zone_id=zone)
    assert codes(error) == [81044]


def test_records_are_filtered(records, zone):
    records.create(zone_id=zone, **cname("app", comment="tunctl:edge"))
    records.create(zone_id=zone, **cname("api", comment="by hand"))
    records.create(zone_id=zone, type="TXT", name="@", content='"hello"', ttl=300)

    def names(**filters):
        found = records.list(zone_id=zone, order="name", **filters)
        return [own.name.removesuffix(".records.example") for own in found]

    assert names(type="CNAME") == ["api", "app"]
    assert names(name={"exact": "app.records.example"}) == ["app"]
    assert names(name={"startswith": "ap"}) == ["api", "app"]
    assert names(content={"endswith": "cfargotunnel.com"}, direction="desc") == ["app", "api"]
    assert names(comment={"startswith": "TUNCTL:"}) == ["app"]
    assert names(comment={"absent": "true"}) == ["records.example"]
    assert names(proxied=False) == ["records.example"]
    either = {"name": {"exact": "app.records.example"}, "comment": {"exact": "by hand"}}
    assert names(**either) == []
    assert names(match="any", **either) == ["api", "app"]


def test_records_come_in_pages(records, zone):
    posts = [cname(f"r{number:03}") for number in range(120)]
    records.batch(zone_id=zone, posts=posts)
    first = records.list(zone_id=zone)
    assert len(first.result) == 100 and first.has_next_page()
    assert len(list(records.list(zone_id=zone))) == 120
    pages = [len(page.result) for page in records.list(zone_id=zone, per_page=50).iter_pages()]
    assert pages[:3] == [50, 50, 20] and sum(pages) == 120


def test_a_batch_deletes_before_it_posts(records, zone):
    old = records.create(zone_id=zone, type="A", name="app", content="192.0.2.1", ttl=1)
    keep = records.create(zone_id=zone, **cname("keep"))
    put = records.create(zone_id=zone, **cname("put"))
    answer = records.batch(
        zone_id=zone,
        deletes=[{"id": old.id}],
        patches=[{"id": keep.id, "comment": "kept"}],
        puts=[{"id": put.id, **cname("put", comment="put")}],
        posts=[cname("app")],
    )
    assert [own.content for own in answer.deletes] == ["192.0.2.1"]
    assert [own.comment for own in answer.patches + answer.puts] == ["kept", "put"]
    assert answer.posts[0].name == "app.records.example"


def test_a_batch_is_one_transaction(records, zone):
    with pytest.raises(BadRequestError) as error:
        records.batch(zone_id=zone, posts=[cname("a"), cname("b"), cname("a")])
    assert codes(error)[0] in (81053, 81057, 81058)
    assert list(records.list(zone_id=zone)) == []
    with pytest.raises(BadRequestError):
        records.batch(zone_id=zone, posts=[cname(f"r{number}") for number in range(201)])
    assert list(records.list(zone_id=zone)) == []


def test_conflicting_records_are_bad_requests(records, zone):
    records.create(zone_id=zone, type="A", name="app", content="192.0.2.1", ttl=1)
    with pytest.raises(BadRequestError) as error:
        records.create(zone_id=zone, **cname("app"))
    assert codes(error) == [81053]
    records.create(zone_id=zone, **cname("api"))
    with pytest.raises(BadRequestError) as error:
        records.create(zone_id=zone, type="A", name="api", content="192.0.2.1", ttl=1)
    assert codes(error) == [81054]
    with pytest.raises(BadRequestError) as error:
        records.create(zone_id=zone, type="A", name="app", content="192.0.2.1", ttl=1)
    assert codes(error)[0] in (81057, 81058)


def test_the_quota_of_a_zone_is_seen(client, records, zone):
    records.create(zone_id=zone, **cname("app"))
    usage = client.dns.usage.zone.get(zone_id=zone)
    assert (usage.record_usage, usage.record_quota) == (1, 1000)
