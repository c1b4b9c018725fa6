use std::collections::BTreeMap;

use axum::body::to_bytes;
use html5gum::{Token, Tokenizer};

use super::*;
use crate::issuer::Account;
use crate::oauth::Scope;
use crate::secret::Secret;

/// What strangers might call themselves.
const PAYLOADS: [&str; 12] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' autofocus onfocus=alert(1) x='",
    "</style><script>alert(1)</script>",
    "</title><svg/onload=alert(1)>",
    "<!--",
    "-->",
    "]]><b>",
    "</form><form action=https://evil.example>",
    "&lt;b&gt; &amp;quot; &#x3c;script&#x3e;",
    "{{ 7*7 }}{% raw %}",
    "<button name=decision value=allow>",
];

/// A page taken apart by the rules of the HTML standard.
#[derive(Debug, PartialEq, Eq)]
struct Parsed {
    /// Every tag with its attributes, in order; an end tag begins with a slash.
    tags: Vec<(String, BTreeMap<String, String>)>,
    /// Everything between the tags, style sheet included.
    text: String,
}

impl Parsed {
    fn of(html: &str) -> Self {
        let (mut tags, mut text) = (Vec::new(), String::new());
        let utf8 = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        for Ok(token) in Tokenizer::new(html) {
            match token {
                Token::StartTag(tag) => {
                    let attributes = tag.attributes.iter();
                    let attributes = attributes.map(|(name, value)| (utf8(name), utf8(value)));
                    tags.push((utf8(&tag.name), attributes.collect()));
                }
                Token::EndTag(tag) => tags.push((format!("/{}", utf8(&tag.name)), BTreeMap::new())),
                Token::String(part) => text.push_str(&utf8(&part)),
                Token::Doctype(_) => {}
                Token::Comment(comment) => panic!("a comment: {comment:?}"),
                Token::Error(error) => panic!("not well formed: {error:?}"),
            }
        }
        Self { tags, text }
    }

    fn all(&self, name: &str) -> Vec<&BTreeMap<String, String>> {
        let tags = self.tags.iter();
        tags.filter(|(tag, _)| tag == name)
            .map(|(_, attributes)| attributes)
            .collect()
    }

    fn value_of(&self, input: &str) -> &str {
        let inputs = self.all("input");
        let found = inputs.into_iter().find(|input_| input_["name"] == input);
        &found.unwrap()["value"]
    }

    /// The page with `value` replaced by `X` wherever it stands as text or as a whole attribute.
    fn without(mut self, value: &str) -> Self {
        self.text = self.text.replace(value, "X");
        for (_, attributes) in &mut self.tags {
            for attribute in attributes.values_mut().filter(|attribute| *attribute == value) {
                "X".clone_into(attribute);
            }
        }
        self
    }
}

fn pages() -> Pages {
    Pages::new(&PublicUrl::parse("https://chess.example").unwrap())
}

fn consent_page() -> ConsentPage {
    ConsentPage {
        verified_host: None,
        handle: Secret::new("st_handle".to_owned()),
        csrf: "csrf-value".to_owned(),
        client_name: "ChatGPT".to_owned(),
        destination: "chatgpt.com".to_owned(),
        local_app: false,
        scopes: Scope::ALL.to_vec(),
        account: Some(account("anna")),
        reference: Reference::new([7; 10]),
    }
}

fn account(name: &str) -> Account {
    Account {
        name: name.to_owned(),
        let_in: false,
    }
}

fn sign_in_page(wrong: Option<Wrong>) -> SignInPage {
    SignInPage {
        handle: Secret::new("st_handle".to_owned()),
        csrf: "csrf-value".to_owned(),
        client_name: "ChatGPT".to_owned(),
        username: "anna".to_owned(),
        wrong,
        reference: Reference::new([7; 10]),
    }
}

async fn html(response: Response) -> String {
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

async fn parsed(response: Response) -> Parsed {
    Parsed::of(&html(response).await)
}

fn every_page(pages: &Pages) -> Vec<Response> {
    vec![
        pages.consent(&consent_page()),
        pages.sign_in(&sign_in_page(None)),
        pages.sign_in(&sign_in_page(Some(Wrong::Password))),
        pages.sign_in(&sign_in_page(Some(Wrong::Wait(Seconds(30))))),
        pages.message(StatusCode::BAD_REQUEST, "Stale", "Begin again.", None),
        pages.home(true),
        pages.home(false),
    ]
}

#[tokio::test]
async fn every_page_is_closed_to_everything_else() {
    for response in every_page(&pages()) {
        let headers = response.headers().clone();
        let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        let page = html(response).await;
        let (_, rest) = page.split_once("<style>").unwrap();
        let (style, _) = rest.split_once("</style>").unwrap();
        let digest = STANDARD.encode(Digest::of(style.as_bytes()).as_bytes());
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{digest}'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'"
        );
        for (name, value) in [
            ("content-security-policy", policy.as_str()),
            ("content-type", "text/html; charset=utf-8"),
            ("x-frame-options", "DENY"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cache-control", "no-store"),
            ("strict-transport-security", "max-age=31536000"),
        ] {
            assert_eq!(header(name).as_deref(), Some(value), "{name}");
        }
        assert_eq!(header("cross-origin-opener-policy"), None);
        let features = header("permissions-policy").unwrap();
        assert!(
            features.split(", ").all(|feature| feature.ends_with("=()")),
            "{features}"
        );
    }
}

#[tokio::test]
async fn transport_security_is_promised_only_where_there_is_some() {
    let pages = Pages::new(&PublicUrl::parse("http://127.0.0.1:8000").unwrap());
    for response in every_page(&pages) {
        assert!(!response.headers().contains_key(STRICT_TRANSPORT_SECURITY));
    }
    assert!(html(pages.home(true)).await.contains("http://127.0.0.1:8000/mcp"));
}

#[tokio::test]
async fn nothing_runs_and_nothing_is_fetched() {
    for response in every_page(&pages()) {
        let page = parsed(response).await;
        for (tag, attributes) in &page.tags {
            let foreign = ["script", "img", "iframe", "object", "a", "base"];
            assert!(!foreign.contains(&tag.as_str()), "{tag}");
            for name in attributes.keys() {
                assert!(
                    !name.starts_with("on") && name != "style" && name != "src",
                    "{name}"
                );
            }
        }
        let links: Vec<_> = page.all("link").iter().map(|link| link["href"].clone()).collect();
        assert_eq!(links, [FAVICON]);
        assert_eq!(page.all("html")[0]["lang"], "en");
        for outside in ["@import", "url(", "@font-face"] {
            assert!(!page.text.contains(outside), "{outside}");
        }
    }
}

#[tokio::test]
async fn consent_is_a_plain_form_whose_first_button_allows() {
    let response = pages().consent(&consent_page());
    assert_eq!(response.status(), StatusCode::OK);
    let text = html(response).await;
    let page = Parsed::of(&text);
    let forms = page.all("form");
    assert_eq!(forms.len(), 1);
    assert_eq!(
        (forms[0]["method"].as_str(), forms[0]["action"].as_str()),
        ("post", path::CONSENT)
    );
    assert_eq!(page.value_of("sign_in"), "st_handle");
    assert_eq!(page.value_of("csrf"), "csrf-value");
    let buttons: Vec<_> = page.all("button").iter().map(|b| b["value"].clone()).collect();
    assert_eq!(buttons, ["allow", "deny", "another"]);
    assert!(text.contains(r#"<button name="decision" value="allow">Allow</button>"#));
    for said in [
        "chatgpt.com",
        "ChatGPT",
        "signed in as",
        "anna",
        "https://chess.example/mcp",
    ] {
        assert!(page.text.contains(said), "{said}");
    }
    for scope in Scope::ALL {
        assert!(page.text.contains(scope.meaning()));
    }
    assert!(page.text.contains(Reference::new([7; 10]).as_str()));
}

#[tokio::test]
async fn who_let_the_app_in_before_gets_a_shorter_page() {
    let mut page = consent_page();
    page.account.as_mut().unwrap().let_in = true;
    let page = parsed(pages().consent(&page)).await;
    let buttons: Vec<_> = page.all("button").iter().map(|b| b["value"].clone()).collect();
    assert_eq!(buttons, ["allow", "deny", "another"]);
    assert!(page.text.contains("Continue as anna"), "{}", page.text);
    assert!(page.text.contains("chatgpt.com"));
    let details = page.all("details");
    assert!(details.iter().all(|details| !details.contains_key("open")));
}

#[tokio::test]
async fn nobody_signed_in_means_no_other_account() {
    let mut page = consent_page();
    page.account = None;
    page.scopes = vec![Scope::Chess];
    let page = parsed(pages().consent(&page)).await;
    let buttons: Vec<_> = page.all("button").iter().map(|b| b["value"].clone()).collect();
    assert_eq!(buttons, ["allow", "deny"]);
    assert!(!page.text.contains("signed in as"));
    assert!(!page.text.contains(Scope::OfflineAccess.meaning()));
}

#[tokio::test]
async fn what_no_certificate_vouches_for_comes_with_a_warning() {
    let warned = async |destination: &str, local_app| {
        let mut page = consent_page();
        destination.clone_into(&mut page.destination);
        page.local_app = local_app;
        let page = parsed(pages().consent(&page)).await;
        assert!(page.text.contains(destination));
        page.text.contains("Did you just start this?")
    };
    assert!(!warned("chatgpt.com", false).await);
    assert!(warned("127.0.0.1", true).await);
    assert!(warned("[::1]", true).await);
    assert!(warned("cursor:", false).await);
}

#[tokio::test]
async fn sign_in_is_a_plain_form_with_one_button() {
    let response = pages().sign_in(&sign_in_page(None));
    assert_eq!(response.status(), StatusCode::OK);
    let text = html(response).await;
    let page = Parsed::of(&text);
    assert_eq!(
        page.all("form")
            .iter()
            .map(|f| f["action"].as_str())
            .collect::<Vec<_>>(),
        [path::SIGN_IN]
    );
    assert_eq!(page.value_of("sign_in"), "st_handle");
    assert_eq!(page.value_of("csrf"), "csrf-value");
    assert_eq!(page.value_of("username"), "anna");
    assert_eq!(page.all("button").len(), 1);
    assert!(text.contains("<button>Sign in</button>"));
    for (name, autocomplete) in [("username", "username"), ("password", "current-password")] {
        let inputs = page.all("input");
        let input = inputs.iter().find(|input| input["name"] == name).unwrap();
        assert_eq!(input["autocomplete"], autocomplete);
        assert!(
            page.all("label").iter().any(|label| label["for"] == input["id"]),
            "{name}"
        );
        assert!(!input.contains_key("aria-describedby"));
    }
}

#[tokio::test]
async fn the_first_field_to_fill_has_the_focus() {
    for (username, focused) in [("", "username"), ("anna", "password")] {
        let mut page = sign_in_page(None);
        username.clone_into(&mut page.username);
        let page = parsed(pages().sign_in(&page)).await;
        let inputs = page.all("input").into_iter();
        let focus: Vec<_> = inputs
            .filter(|input| input.contains_key("autofocus"))
            .map(|input| input["name"].as_str())
            .collect();
        assert_eq!(focus, [focused]);
    }
}

#[tokio::test]
async fn a_fault_is_said_and_belongs_to_its_fields() {
    for (wrong, status, retry_after, said) in [
        (
            Wrong::Password,
            StatusCode::UNAUTHORIZED,
            None,
            "That name and password do not belong together.",
        ),
        (
            Wrong::Wait(Seconds(30)),
            StatusCode::TOO_MANY_REQUESTS,
            Some("30"),
            "Too many attempts. Try again in 30 seconds.",
        ),
        (
            Wrong::Wait(Seconds(0)),
            StatusCode::TOO_MANY_REQUESTS,
            Some("1"),
            "Too many attempts. Try again in 1 second.",
        ),
    ] {
        let response = pages().sign_in(&sign_in_page(Some(wrong)));
        assert_eq!(response.status(), status);
        let after = response.headers().get(RETRY_AFTER).cloned();
        assert_eq!(after.as_ref().map(|value| value.to_str().unwrap()), retry_after);
        let page = parsed(response).await;
        assert!(page.text.contains(said), "{said}");
        let described = page
            .tags
            .iter()
            .filter(|(_, attributes)| attributes.get("id").is_some_and(|id| id == "fault"));
        assert_eq!(described.count(), 1);
        let inputs = page.all("input").into_iter();
        let linked = inputs.filter(|input| input.get("aria-describedby").is_some_and(|id| id == "fault"));
        assert_eq!(linked.count(), 2);
    }
}

#[tokio::test]
async fn a_message_has_nothing_to_press() {
    let response = pages().message(StatusCode::GONE, "Too late", "Begin again.", None);
    assert_eq!(response.status(), StatusCode::GONE);
    let page = parsed(response).await;
    assert!(page.text.contains("Too late") && page.text.contains("Begin again."));
    for tag in ["form", "button", "input", "footer"] {
        assert!(page.all(tag).is_empty(), "{tag}");
    }
    let named = pages().message(StatusCode::GONE, "x", "y", Some(Reference::new([7; 10])));
    assert!(
        parsed(named)
            .await
            .text
            .contains(Reference::new([7; 10]).as_str())
    );
}

#[tokio::test]
async fn home_shows_what_to_paste_and_how_it_is() {
    let ready = parsed(pages().home(true)).await;
    assert!(ready.text.contains("https://chess.example/mcp"));
    assert!(ready.text.contains("Ready to play"));
    let away = parsed(pages().home(false)).await;
    assert!(away.text.contains("Not ready"));
    assert!(!away.text.contains("Ready to play"));
}

#[tokio::test]
async fn what_strangers_write_stays_text() {
    type Make = fn(&str) -> Response;
    let shown: [(&str, Make); 7] = [
        ("client name on consent", |value| {
            let mut page = consent_page();
            value.clone_into(&mut page.client_name);
            pages().consent(&page)
        }),
        ("destination", |value| {
            let mut page = consent_page();
            value.clone_into(&mut page.destination);
            pages().consent(&page)
        }),
        ("account", |value| {
            let mut page = consent_page();
            page.account = Some(account(value));
            pages().consent(&page)
        }),
        ("client name on sign-in", |value| {
            let mut page = sign_in_page(Some(Wrong::Password));
            value.clone_into(&mut page.client_name);
            pages().sign_in(&page)
        }),
        ("username", |value| {
            let mut page = sign_in_page(Some(Wrong::Password));
            value.clone_into(&mut page.username);
            pages().sign_in(&page)
        }),
        ("title", |value| {
            pages().message(StatusCode::OK, value, "text", None)
        }),
        ("text", |value| {
            pages().message(StatusCode::OK, "title", value, None)
        }),
    ];
    for (place, make) in shown {
        let harmless = parsed(make("harmless")).await.without("harmless");
        for payload in PAYLOADS {
            let page = parsed(make(payload)).await;
            assert_eq!(page.without(payload), harmless, "{place}: {payload}");
        }
    }
}

#[tokio::test]
async fn the_icon_is_the_mark_of_the_pages() {
    let response = pages().favicon();
    assert_eq!(response.headers()[CONTENT_TYPE], "image/svg+xml");
    assert_eq!(response.headers()[X_CONTENT_TYPE_OPTIONS], "nosniff");
    let icon = html(response).await;
    assert!(html(pages().home(true)).await.contains(icon.trim_end()));
    assert_eq!(Parsed::of(&icon).all("script").len(), 0);
}
