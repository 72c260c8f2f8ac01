//! The page, as a browser asks for it.

use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};

use super::served::{OTHER, OWNER, Served};

/// Status, headers of interest, and the page.
struct Shown {
    status: u16,
    cookie: Option<String>,
    location: Option<String>,
    text: String,
}

fn ask(
    served: &Served,
    cookie: &str,
    path: &str,
    form: Option<&str>,
    headers: &[(&str, &str)],
) -> Shown {
    let url = format!("http://{}{path}", served.addr());
    let mut request = match form {
        None => served.client.get(url),
        Some(form) => served.client.post(url).body(form.to_owned()),
    };
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.header(COOKIE, format!("other=1; tunctl_serve={cookie}"));
    served.runtime.block_on(async {
        let answer = request.send().await.unwrap();
        let of = |name| {
            answer
                .headers()
                .get(name)
                .map(|it| it.to_str().unwrap().to_owned())
        };
        let (cookie, location) = (of(SET_COOKIE), of(LOCATION));
        let policy = of(reqwest::header::CONTENT_SECURITY_POLICY);
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        assert!(status == 303 || policy.is_some_and(|it| it.contains("default-src 'none'")));
        Shown {
            status,
            cookie,
            location,
            text,
        }
    })
}

fn sign_in(served: &Served, token: &str) -> String {
    let shown = ask(served, "", "/login", Some(&format!("token={token}")), &[]);
    assert_eq!((shown.status, shown.location.as_deref()), (303, Some("/")));
    let cookie = shown.cookie.unwrap();
    assert!(cookie.contains("HttpOnly; SameSite=Strict"), "{cookie}");
    assert!(!cookie.contains(token));
    cookie.split(['=', ';']).nth(1).unwrap().to_owned()
}

fn between<'t>(text: &'t str, before: &str) -> &'t str {
    let (_, rest) = text.split_once(before).unwrap();
    rest.split('"').next().unwrap()
}

#[test]
fn an_owner_sees_its_own_tunnels_and_no_secret() {
    let served = Served::new();
    let made = served.create("mine");
    served.connect("mine");
    assert!(
        ask(&served, "", "/", None, &[])
            .text
            .contains("type=password")
    );
    let wrong = ask(&served, "", "/login", Some("token=wrong"), &[]);
    assert_eq!((wrong.status, wrong.cookie), (401, None));
    let key = sign_in(&served, OWNER);
    let page = ask(&served, &key, "/", None, &[]).text;
    for part in [
        "mine.tunnel.example.com",
        "active",
        "2026-01-01T00:01:00.000Z",
        "<td>1<td>",
        "1 of at most 5",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    for secret in [
        OWNER,
        made["tunnelRunToken"].as_str().unwrap(),
        made["cloudflaredToken"].as_str().unwrap(),
    ] {
        assert!(!page.contains(secret));
    }
    let other = sign_in(&served, OTHER);
    assert!(!ask(&served, &other, "/", None, &[]).text.contains("mine"));
}

#[test]
fn the_button_ends_a_tunnel_or_says_why_not_yet() {
    let served = Served::new();
    served.create("mine");
    served.connect("mine");
    let key = sign_in(&served, OWNER);
    let page = ask(&served, &key, "/", None, &[]).text;
    let (seal, id) = (
        between(&page, "name=seal value=\""),
        between(&page, "name=id value=\""),
    );
    let form = format!("seal={seal}&id={id}");
    let busy = ask(&served, &key, "/stop", Some(&form), &[]);
    assert_eq!(busy.status, 503);
    assert!(
        busy.text.contains("TUNNEL_STOP_PENDING_ACTIVE_CONNECTIONS"),
        "{}",
        busy.text
    );
    assert!(busy.text.contains("stopping since"), "{}", busy.text);
    served.disconnect("mine");
    assert_eq!(ask(&served, &key, "/stop", Some(&form), &[]).status, 303);
    assert_eq!(served.state("mine"), "stopped");
    let out = ask(&served, &key, "/logout", Some(&form), &[]);
    assert_eq!(out.status, 303);
    assert!(
        ask(&served, &key, "/", None, &[])
            .text
            .contains("type=password")
    );
}

#[test]
fn a_form_from_elsewhere_stops_nothing() {
    let served = Served::new();
    let id = served.create("mine")["tunnelId"]
        .as_str()
        .unwrap()
        .to_owned();
    let (key, theirs) = (sign_in(&served, OWNER), sign_in(&served, OTHER));
    let seal = |key: &str| {
        let page = ask(&served, key, "/", None, &[]).text;
        between(&page, "name=seal value=\"").to_owned()
    };
    let (own, foreign) = (seal(&key), seal(&theirs));
    let good = format!("seal={own}&id={id}");
    let host = served.addr().to_string();
    let evil: &[(&str, &str)] = &[("origin", "https://evil.example")];
    let null: &[(&str, &str)] = &[("origin", "null")];
    let cross: &[(&str, &str)] = &[("sec-fetch-site", "cross-site")];
    let cases = [
        (good.clone(), evil),
        (good.clone(), null),
        (good.clone(), cross),
        (format!("id={id}"), &[]),
        (format!("seal=&id={id}"), &[]),
        (format!("seal={foreign}&id={id}"), &[]),
    ];
    for (form, headers) in cases {
        let shown = ask(&served, &key, "/stop", Some(&form), headers);
        assert_eq!(shown.status, 403, "{form} {headers:?}");
    }
    assert_eq!(ask(&served, "", "/stop", Some(&good), &[]).status, 401);
    // Signed in as somebody else, with a seal of their own: the tunnel is not theirs.
    let form = format!("seal={foreign}&id={id}");
    assert_eq!(ask(&served, &theirs, "/stop", Some(&form), &[]).status, 404);
    assert_eq!(
        ask(&served, "", "/login", Some(&format!("token={OWNER}")), evil).status,
        403
    );
    assert_eq!(served.state("mine"), "active");
    let origin = format!("http://{host}");
    let same: &[(&str, &str)] = &[("origin", &origin), ("sec-fetch-site", "same-origin")];
    assert_eq!(ask(&served, &key, "/stop", Some(&good), same).status, 303);
}

#[test]
fn who_is_signed_in_is_signed_out_after_a_working_day() {
    let served = Served::new();
    let key = sign_in(&served, OWNER);
    served.clock.advance(12 * 3600);
    assert!(
        ask(&served, &key, "/", None, &[])
            .text
            .contains("type=password")
    );
}
