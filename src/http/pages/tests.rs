use std::collections::BTreeMap;

use axum::body::to_bytes;
use axum::http::header::RETRY_AFTER;
use html5gum::{Token, Tokenizer};

use super::*;
use crate::account::Username;
use crate::chess::{Game, Opening, Opponent, PersonSide, Reason, Score};
use crate::clock::{Seconds, Timestamp};
use crate::games::{GameSummary, Invited, Page, StoredGame};
use crate::http::account::Notice;
use crate::http::destination::Destination;
use crate::id::{GameId, GrantId, UserId};
use crate::issuer::{
    Account, AccountFault, AccountForm, AccountPage, ConnectedApp, EntryPage, FormKey, LinkedProvider,
    OwnSession, Retry, SignUpFault, SignUpFor, SignUpPage, WeakPassword,
};
use crate::oauth::Scope;
use crate::secret::{MasterKey, Secret};

/// What strangers might call themselves.
const PAYLOADS: [&str; 40] = [
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
    "<ScRiPt>alert(1)</sCrIpT>",
    "<img src=x onerror=alert(1)//",
    "<svg><script>alert(1)</script></svg>",
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<body onload=alert(1)>",
    "<input name=csrf value=x>",
    "<input type=hidden name=scope value=email>",
    "</p></section></main><h1>Signed out</h1>",
    "</textarea><script>alert(1)</script>",
    "</noscript><img src=x onerror=alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "<base href=https://evil.example>",
    "<meta http-equiv=refresh content=0;url=https://evil.example>",
    "<link rel=stylesheet href=https://evil.example>",
    "<style>*{display:none}</style>",
    "<details open ontoggle=alert(1)>",
    "<template><script>alert(1)</script></template>",
    "\" onmouseover=\"alert(1)",
    "` onmouseover=alert(1) `",
    "\u{2028}<script>alert(1)</script>",
    "\u{ff1c}script\u{ff1e}alert(1)\u{ff1c}/script\u{ff1e}",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "<![CDATA[<script>alert(1)</script>]]>",
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
        providers: vec![],
        local: true,
        another: false,
        sign_up: Some("other-csrf".to_owned()),
        reference: Reference::new([7; 10]),
    }
}

fn way(id: &str, label: &str) -> Way {
    Way {
        id: id.parse().unwrap(),
        label: label.to_owned(),
    }
}

fn choice_page(local: bool) -> SignInPage {
    SignInPage {
        providers: vec![way("google", "Google"), way("idp", "Club")],
        local,
        another: true,
        ..sign_in_page(None)
    }
}

fn provider_fault(failure: Failure, here: bool) -> ProviderFault {
    ProviderFault {
        provider: way("google", "Google"),
        failure,
        client_name: "ChatGPT".to_owned(),
        retry: here.then(|| Retry {
            handle: Secret::new("st_handle".to_owned()),
            csrf: "csrf-value".to_owned(),
            others: vec![way("idp", "Club")],
            local: true,
        }),
        reference: Reference::new([7; 10]),
    }
}

fn form_key() -> FormKey {
    FormKey::new(
        MasterKey::new([1; 32]).mac("csrf"),
        Secret::new("ss_cookie".to_owned()),
    )
}

fn sign_up_page(fault: Option<SignUpFault>) -> SignUpPage {
    SignUpPage {
        sign_in: Some(SignUpFor {
            handle: Secret::new("st_handle".to_owned()),
            client_name: "ChatGPT".to_owned(),
            reference: Reference::new([7; 10]),
        }),
        csrf: "csrf-value".to_owned(),
        username: "anna".to_owned(),
        fault,
    }
}

fn entry_page(wrong: Option<Wrong>) -> EntryPage {
    EntryPage {
        browser: Secret::new("br_cookie".to_owned()),
        forms: form_key(),
        username: "anna".to_owned(),
        wrong,
        fault: None,
        sign_up: true,
        providers: vec![],
        local: true,
    }
}

fn account_page() -> AccountPage {
    let at = Timestamp::from_seconds(1_700_000_000);
    let app = |n: u8, verified_host: Option<&str>, destination: &str| ConnectedApp {
        id: GrantId::new(at, [n; 10]),
        name: "ChatGPT".to_owned(),
        verified_host: verified_host.map(str::to_owned),
        destination: destination.to_owned(),
        scopes: Scope::ALL.to_vec(),
        created_at: at,
        last_used_at: at,
        expires_at: at,
    };
    let session = |id: &str, is_this| OwnSession {
        id: id.to_owned(),
        agent: "Firefox on Linux".to_owned(),
        network: "192.0.2.0/24".to_owned(),
        signed_in_at: at,
        last_seen_at: at,
        is_this,
    };
    AccountPage {
        user: UserId::new(at, [1; 10]),
        name: "Anna".to_owned(),
        username: Some(Username::parse("anna").unwrap()),
        linked: vec![LinkedProvider {
            id: "linked".to_owned(),
            label: "Google".to_owned(),
            account: "anna@x.example".to_owned(),
            linked_at: at,
            last_used_at: at,
            may_go: true,
        }],
        linkable: vec![],
        created_at: at,
        apps: vec![
            app(1, None, "chatgpt.com"),
            app(2, Some("claude.ai"), "127.0.0.1"),
            app(3, None, ""),
        ],
        sessions: vec![session("this", true), session("other", false)],
        forms: form_key(),
        now: at,
    }
}

fn stored_game() -> StoredGame {
    let at = Timestamp::from_seconds(1_700_000_000);
    let opponent = Opponent::Engine {
        level: 3,
        adaptive: false,
    };
    StoredGame::new(
        GameId::new([3; 8]),
        opponent,
        PersonSide::White,
        Game::default(),
        at,
    )
}

fn some_games() -> Page {
    let summary = GameSummary {
        id: GameId::new([3; 8]),
        opponent: Opponent::Engine {
            level: 3,
            adaptive: false,
        },
        name: None,
        attempt: None,
        is_imported: false,
        person: PersonSide::White,
        ply: 4,
        turn: crate::chess::Color::White,
        score: Score::Black,
        reason: Some(Reason::Checkmate),
        opening: Some(Opening {
            eco: "A00".to_owned(),
            name: "Barnes Opening".to_owned(),
        }),
        changed_at: Timestamp::from_seconds(1_700_000_000),
        change: 17,
    };
    Page {
        games: vec![summary],
        next: Some(17),
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
        pages.sign_up(&sign_up_page(None)),
        pages.sign_up(&sign_up_page(Some(SignUpFault::Taken))),
        pages.sign_in(&choice_page(true)),
        pages.sign_in(&choice_page(false)),
        pages.provider_fault(&provider_fault(Failure::Denied, true)),
        pages.provider_fault(&provider_fault(Failure::Misbehaved, false)),
        pages.message(StatusCode::BAD_REQUEST, "Stale", "Begin again.", None),
        pages.home(true),
        pages.home(false),
    ]
    .into_iter()
    .chain(own_pages(pages))
    .collect()
}

/// Those of a person's own account.
fn own_pages(pages: &Pages) -> Vec<Response> {
    let account = account_page();
    let wrong = AccountFault::Wrong(Wrong::Password);
    let mut own = vec![
        pages.entry(&entry_page(None), None, None),
        pages.entry(&entry_page(None), None, Some(&Destination::Play)),
        pages.entry(&entry_page(Some(Wrong::Password)), Some(Notice::SignedOut), None),
        pages.new_account(&entry_page(None), None),
        pages.new_account(&entry_page(None), Some(&Destination::Play)),
        pages.no_board(),
        pages.account(&account, &some_games(), None),
        pages.games(&some_games()),
        pages.delete_game(&account, &stored_game()),
        pages.password(&account, None),
        pages.password(&account, Some(&wrong)),
        pages.delete_account(&account, None),
        pages.delete_account(&account, Some(&AccountFault::OtherName)),
        pages.account_message(StatusCode::NOT_FOUND, "Nothing here", "It is gone."),
    ];
    own.extend(
        Notice::ALL
            .iter()
            .map(|notice| pages.account(&account, &some_games(), Some(*notice))),
    );
    for invitee in [
        Invitee::Person(&account),
        stranger(Some("csrf-value")),
        stranger(None),
    ] {
        own.extend([true, false].map(|own| pages.join(&invitee, &invited("Ana", own))));
    }
    own
}

fn stranger(csrf: Option<&str>) -> Invitee<'static> {
    Invitee::Stranger {
        csrf: csrf.map(str::to_owned),
    }
}

fn invited(host: &str, own: bool) -> Invited {
    Invited {
        game: GameId::new([4; 8]),
        code: "k3m9x7q2w5t8y".to_owned(),
        host: host.to_owned(),
        side: PersonSide::Black,
        ply: 1,
        days_per_move: Some(2),
        own,
    }
}

#[tokio::test]
async fn every_page_is_closed_to_everything_else() {
    let pages = pages();
    let in_sign_in = every_page(&pages).len() - own_pages(&pages).len();
    for (index, response) in every_page(&pages).into_iter().enumerate() {
        let own = index >= in_sign_in;
        let headers = response.headers().clone();
        let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        let page = html(response).await;
        let (_, rest) = page.split_once("<style>").unwrap();
        let (style, _) = rest.split_once("</style>").unwrap();
        let digest = STANDARD.encode(Digest::of(style.as_bytes()).as_bytes());
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{digest}'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'{}",
            if own { "; form-action 'self'" } else { "" }
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
        let opener = header("cross-origin-opener-policy");
        assert_eq!(opener.as_deref(), own.then_some("same-origin"));
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
            let foreign = ["script", "img", "iframe", "object", "base"];
            assert!(!foreign.contains(&tag.as_str()), "{tag}");
            if tag == "a" {
                let target = &attributes["href"];
                assert!(target.starts_with('/') && !target.starts_with("//"), "{target}");
            }
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
    assert!(
        details.len() == 1 && !details[0].contains_key("open"),
        "{details:?}"
    );
    assert_eq!(optional(&page), ["offline_access", "profile", "email"]);
}

/// The scopes that a person may leave out, each ticked.
fn optional(page: &Parsed) -> Vec<&str> {
    let inputs = page.all("input").into_iter();
    let boxes = inputs.filter(|input| input["name"] == "scope");
    boxes
        .inspect(|input| assert!(input["type"] == "checkbox" && input.contains_key("checked")))
        .map(|input| input["value"].as_str())
        .collect()
}

#[tokio::test]
async fn optional_scopes_can_be_left_out_and_the_others_cannot() {
    let page = parsed(pages().consent(&consent_page())).await;
    assert_eq!(optional(&page), ["offline_access", "profile", "email"]);
    for scope in Scope::ALL {
        assert!(page.text.contains(scope.meaning()), "{scope:?}");
    }
}

#[tokio::test]
async fn where_the_access_goes_stands_above_who_vouches_for_the_app() {
    let shown = async |destination: &str, local_app| {
        let mut page = consent_page();
        page.verified_host = Some("claude.ai".to_owned());
        destination.clone_into(&mut page.destination);
        page.local_app = local_app;
        html(pages().consent(&page)).await
    };
    let headline = |host: &str| format!("<p class=\"destination\">{host}</p>");
    for (destination, local_app) in [("127.0.0.1", true), ("evil.example", false), ("cursor:", false)] {
        let text = shown(destination, local_app).await;
        let at = |needle: &str| text.find(needle).unwrap_or_else(|| panic!("{needle}"));
        assert!(at(&headline(destination)) < at("<strong>claude.ai</strong>"));
        assert!(at("<strong>claude.ai</strong>") < at("“<bdi>ChatGPT</bdi>”"));
        assert!(!text.contains(&headline("claude.ai")) && text.contains("verified address"));
        let is_site = destination == "evil.example";
        assert_eq!(text.contains("Did you just start this?"), !is_site);
    }
    let home = shown("claude.ai", false).await;
    assert!(home.contains(&headline("claude.ai")) && home.contains("verified address"));
    let unverified = html(pages().consent(&consent_page())).await;
    assert!(!unverified.contains("verified address"));
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
        [path::SIGN_IN, path::SIGN_UP]
    );
    assert_eq!(page.value_of("sign_in"), "st_handle");
    assert_eq!(page.value_of("csrf"), "csrf-value");
    assert_eq!(page.value_of("username"), "anna");
    assert_eq!(page.all("button").len(), 2);
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
    let shown: [(&str, Make); 17] = [
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
        ("client name on sign-up", |value| {
            let mut page = sign_up_page(Some(SignUpFault::Taken));
            value.clone_into(&mut page.sign_in.as_mut().unwrap().client_name);
            pages().sign_up(&page)
        }),
        ("new name", |value| {
            let mut page = sign_up_page(Some(SignUpFault::Taken));
            value.clone_into(&mut page.username);
            pages().sign_up(&page)
        }),
        ("name at the account's door", |value| {
            let mut page = entry_page(Some(Wrong::Password));
            value.clone_into(&mut page.username);
            pages().entry(&page, None, None)
        }),
        ("name of an account", |value| {
            let mut page = account_page();
            value.clone_into(&mut page.name);
            pages().account(&page, &some_games(), None)
        }),
        ("app in the account", |value| {
            let mut page = account_page();
            value.clone_into(&mut page.apps[0].name);
            value.clone_into(&mut page.apps[1].name);
            pages().account(&page, &some_games(), None)
        }),
        ("destination in the account", |value| {
            let mut page = account_page();
            value.clone_into(&mut page.apps[0].destination);
            pages().account(&page, &some_games(), None)
        }),
        ("browser in the account", |value| {
            let mut page = account_page();
            value.clone_into(&mut page.sessions[0].agent);
            value.clone_into(&mut page.sessions[1].network);
            pages().account(&page, &some_games(), None)
        }),
        ("opening", |value| {
            let mut games = some_games();
            value.clone_into(&mut games.games[0].opening.as_mut().unwrap().name);
            pages().games(&games)
        }),
        ("host of an invitation", |value| {
            pages().join(&stranger(Some("csrf-value")), &invited(value, false))
        }),
        ("verified host", |value| {
            let mut page = consent_page();
            page.verified_host = Some(value.to_owned());
            pages().consent(&page)
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

#[tokio::test]
async fn every_form_of_the_account_carries_its_own_value() {
    let mut page = account_page();
    page.linkable.push(way("idp", "Club"));
    let shown = html(pages().account(&page, &some_games(), None)).await;
    for form in [
        AccountForm::SignOut,
        AccountForm::CutApp,
        AccountForm::CutApps,
        AccountForm::EndSession,
        AccountForm::EndSessions,
        AccountForm::LinkProvider,
        AccountForm::UnlinkProvider,
        AccountForm::Export,
    ] {
        let opening = format!(
            "<form method=\"post\" action=\"{}\">\n<input type=\"hidden\" name=\"csrf\" value=\"{}\">",
            form.path(),
            page.forms.csrf(form)
        );
        assert!(shown.contains(&opening), "{form:?}");
    }
    let page = Parsed::of(&shown);
    assert_eq!(page.all("h1").len(), 1);
    for said in [
        "claude.ai",
        "verified",
        "Command line",
        "this one",
        "You lost by checkmate",
        "Barnes Opening",
    ] {
        assert!(page.text.contains(said), "{said}");
    }
    let cuts = page.all("button").into_iter();
    assert_eq!(
        cuts.filter(|button| button.contains_key("aria-describedby"))
            .count(),
        5
    );
}

#[tokio::test]
async fn faults_of_the_account_belong_to_their_field() {
    type Show = fn(&AccountPage, &AccountFault) -> Response;
    let page = account_page();
    let password: Show = |page, fault| pages().password(page, Some(fault));
    let delete: Show = |page, fault| pages().delete_account(page, Some(fault));
    for (show, fault, status, field) in [
        (
            password,
            AccountFault::Wrong(Wrong::Password),
            401,
            Some("current"),
        ),
        (
            password,
            AccountFault::Weak(WeakPassword::Short),
            422,
            Some("password"),
        ),
        (password, AccountFault::Differs, 422, Some("again")),
        (password, AccountFault::Wrong(Wrong::Wait(Seconds(9))), 429, None),
        (
            delete,
            AccountFault::Wrong(Wrong::Password),
            401,
            Some("password"),
        ),
        (delete, AccountFault::OtherName, 422, Some("name")),
    ] {
        let response = show(&page, &fault);
        assert_eq!(response.status().as_u16(), status, "{fault:?}");
        assert_eq!(response.headers().contains_key(RETRY_AFTER), status == 429);
        let shown = parsed(response).await;
        let inputs = shown.all("input").into_iter();
        let marked: Vec<&str> = inputs
            .filter(|input| input.contains_key("aria-invalid"))
            .map(|input| input["name"].as_str())
            .collect();
        assert_eq!(marked, field.into_iter().collect::<Vec<_>>(), "{fault:?}");
    }
}

#[tokio::test]
async fn nobody_is_offered_an_account_that_strangers_cannot_make() {
    let mut closed = entry_page(None);
    closed.sign_up = false;
    let page = parsed(pages().entry(&closed, None, None)).await;
    assert!(!page.text.contains("Create an account"));
    let mut closed = sign_in_page(None);
    closed.sign_up = None;
    let page = parsed(pages().sign_in(&closed)).await;
    assert_eq!(page.all("form").len(), 1);
}

#[tokio::test]
async fn a_choice_of_providers_comes_before_the_password() {
    let page = html(pages().sign_in(&choice_page(true))).await;
    let (before, after) = page.split_once("name=\"username\"").unwrap();
    assert!(
        before.contains("name=\"provider\" value=\"google\"") && before.contains("value=\"idp\""),
        "{page}"
    );
    assert!(
        before.contains("name=\"another\"") && !after.contains("name=\"provider\""),
        "{page}"
    );
    let without = html(pages().sign_in(&choice_page(false))).await;
    assert!(!without.contains("name=\"password\""), "{without}");
}

#[tokio::test]
async fn a_page_that_leads_to_a_provider_says_so_to_the_browser() {
    let policy = |response: Response| {
        let policy = &response.headers()["content-security-policy"];
        policy.to_str().unwrap().to_owned()
    };
    let (mut entry, mut account) = (entry_page(None), account_page());
    assert!(policy(pages().entry(&entry, None, None)).contains("form-action"));
    assert!(policy(pages().account(&account, &some_games(), None)).contains("form-action"));
    entry.providers.push(way("idp", "Club"));
    account.linkable.push(way("idp", "Club"));
    for response in [
        pages().entry(&entry, None, None),
        pages().account(&account, &some_games(), None),
    ] {
        assert_eq!(response.headers()["cross-origin-opener-policy"], "same-origin");
        assert!(!policy(response).contains("form-action"));
    }
}

#[tokio::test]
async fn a_provider_that_fails_leaves_a_way_on_and_a_way_back() {
    for (failure, status, code) in [
        (Failure::Denied, 403, "access_denied"),
        (Failure::Refused, 403, "access_denied"),
        (Failure::Unavailable, 503, "temporarily_unavailable"),
        (Failure::Misbehaved, 502, "server_error"),
    ] {
        let response = pages().provider_fault(&provider_fault(failure, true));
        assert_eq!(response.status(), status);
        let page = html(response).await;
        let first = page.find("<button").unwrap();
        assert!(
            page[first..].starts_with("<button name=\"provider\" value=\"google\">"),
            "{page}"
        );
        assert!(
            page.contains(&format!("name=\"give_up\" value=\"{code}\"")),
            "{page}"
        );
    }
    let elsewhere = html(pages().provider_fault(&provider_fault(Failure::Denied, false))).await;
    assert!(!elsewhere.contains("<form"), "{elsewhere}");
}

#[tokio::test]
async fn an_invitation_offers_the_ways_to_take_the_seat() {
    let page = parsed(pages().join(&stranger(Some("csrf-value")), &invited("Ana", false))).await;
    let forms: Vec<_> = page
        .all("form")
        .iter()
        .map(|form| form["action"].clone())
        .collect();
    assert_eq!(forms, [path::JOIN_AS_GUEST]);
    assert_eq!(
        (page.value_of("csrf"), page.value_of("code")),
        ("csrf-value", "k3m9x7q2w5t8y")
    );
    assert!(page.text.contains("Play as a guest") && page.text.contains("Sign in and take the seat"));
    let without = parsed(pages().join(&stranger(None), &invited("Ana", false))).await;
    assert!(without.all("form").is_empty(), "guests may not come");
    let links: Vec<_> = without.all("a").iter().map(|link| link["href"].clone()).collect();
    assert!(
        links.contains(&"/join/k3m9x7q2w5t8y/sign-in".to_owned()),
        "{links:?}"
    );
    let account = account_page();
    let own = parsed(pages().join(&Invitee::Person(&account), &invited("Ana", true))).await;
    assert!(own.all("form").is_empty());
}

#[tokio::test]
async fn a_sign_in_says_where_it_leads() {
    let then = Destination::Game(GameId::new([3; 8]));
    let page = parsed(pages().entry(&entry_page(None), None, Some(&then))).await;
    assert!(page.text.contains("Then you go on to your game"), "{}", page.text);
    let page = parsed(pages().new_account(&entry_page(None), Some(&then))).await;
    assert!(page.text.contains("Then you go on to your game"), "{}", page.text);
}

#[cfg(feature = "board")]
#[tokio::test]
async fn the_board_runs_its_own_script_and_nothing_else() {
    let page = BoardPage {
        csrf: "csrf-value",
        call: path::PLAY_CALL,
        game_id: None,
        guest: false,
        name: "Ana",
        account: path::ACCOUNT,
    };
    let response = pages().board(&page);
    let document = board::document().unwrap();
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; img-src data:; connect-src 'self'; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
        document.script_sha256, document.style_sha256
    );
    for (name, value) in [
        ("content-security-policy", policy.as_str()),
        ("content-type", "text/html; charset=utf-8"),
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cache-control", "no-store"),
        ("cross-origin-opener-policy", "same-origin"),
        ("strict-transport-security", "max-age=31536000"),
    ] {
        assert_eq!(response.headers()[name], value, "{name}");
    }
    let html = html(response).await;
    assert!(html.contains(r#""csrf":"csrf-value""#), "{html}");
}
