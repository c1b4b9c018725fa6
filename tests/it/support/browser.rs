//! A small browser: keeps cookies, sends what browsers send with a form, follows redirects within the
//! server by hand and stops where one leads away.

use std::collections::BTreeMap;

use reqwest::header::{COOKIE, HeaderMap, LOCATION, ORIGIN, SET_COOKIE};
use url::Url;

use super::html::{Form, forms, text};
use super::{Reply, Server};

/// One person's browser.
#[derive(Clone)]
pub(crate) struct Browser {
    http: reqwest::Client,
    /// The origin in the address bar, and where it is reached.
    origin: String,
    reached: String,
    pub(crate) cookies: BTreeMap<String, String>,
    /// Every `Set-Cookie` line seen so far.
    pub(crate) set_cookies: Vec<String>,
    /// All that the server has said so far, headers and bodies.
    pub(crate) heard: String,
    pub(crate) page: Page,
}

/// What the browser shows, or where it was sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Page {
    pub(crate) url: String,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    /// Set when the last answer leads away from the server.
    pub(crate) left_for: Option<Url>,
    /// The statuses of the redirects on the way here.
    pub(crate) redirects: Vec<u16>,
}

impl Page {
    pub(crate) fn forms(&self) -> Vec<Form> {
        forms(&self.body)
    }

    /// The words on the page.
    pub(crate) fn text(&self) -> String {
        text(&self.body)
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("headers are ASCII"))
    }

    /// Whether a page asks for a decision (the consent page).
    pub(crate) fn asks_consent(&self) -> bool {
        self.forms()
            .first()
            .is_some_and(|form| form.buttons.iter().any(|button| button.name == "decision"))
    }

    /// Whether a page asks for name and password.
    pub(crate) fn asks_sign_in(&self) -> bool {
        self.forms()
            .first()
            .is_some_and(|form| form.inputs.iter().any(|input| input.name == "password"))
    }
}

impl Browser {
    pub(crate) fn new(server: &Server) -> Self {
        Self {
            http: server.http().clone(),
            origin: server.origin().to_owned(),
            reached: format!("http://{}", server.address()),
            cookies: BTreeMap::new(),
            set_cookies: Vec::new(),
            heard: String::new(),
            page: Page::default(),
        }
    }

    /// Types an address, or follows a link from an app: no site is behind it.
    pub(crate) async fn open(&mut self, url: &str) -> &Page {
        let request = self.http.get(self.reach(url)).header("sec-fetch-site", "none");
        self.send(url, request).await
    }

    /// Follows a redirect of another site to here.
    pub(crate) async fn arrive(&mut self, url: &str) -> &Page {
        let request = self.http.get(self.reach(url));
        let request = request
            .header("sec-fetch-site", "cross-site")
            .header("sec-fetch-mode", "navigate")
            .header("sec-fetch-dest", "document");
        self.send(url, request).await
    }

    /// Presses the button with this label on the first form that has it; `fill` is typed in before.
    #[track_caller]
    pub(crate) fn press<'a>(
        &'a mut self,
        label: &str,
        fill: &[(&str, &str)],
    ) -> impl Future<Output = &'a Page> {
        let forms = self.page.forms();
        let mut all = forms
            .iter()
            .flat_map(|form| form.buttons.iter().map(move |button| (form, button)));
        let Some((form, button)) = all.find(|(_, button)| button.label == label) else {
            panic!(
                "no button {label:?} on {} ({}): {}",
                self.page.url, self.page.status, self.page.body
            )
        };
        let mut fields = filled(form, fill);
        if !button.name.is_empty() {
            fields.push((button.name.clone(), button.value.clone()));
        }
        let action = self.action_of(form);
        assert_eq!(
            form.method.to_ascii_lowercase(),
            "post",
            "the forms of this server are posted"
        );
        async move { self.post(&action, &fields).await }
    }

    /// Where a form of the present page goes.
    pub(crate) fn action_of(&self, form: &Form) -> String {
        let base = Url::parse(&self.page.url).expect("the address of a page");
        base.join(&form.action).expect("the action of a form").into()
    }

    /// Posts fields as this page's form would.
    pub(crate) async fn post(&mut self, url: &str, fields: &[(String, String)]) -> &Page {
        let request = self.http.post(self.reach(url)).form(fields);
        let request = request
            .header(ORIGIN, &self.origin)
            .header("sec-fetch-site", "same-origin");
        self.send(url, request).await
    }

    /// Sends a prepared request with this browser's cookies and reads one answer, following nothing.
    pub(crate) async fn once(&self, request: reqwest::RequestBuilder) -> Reply {
        Reply::to(self.with_cookies(request)).await
    }

    fn with_cookies(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        if self.cookies.is_empty() {
            return request;
        }
        let pairs: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        request.header(COOKIE, pairs.join("; "))
    }

    /// The address of a path of this server.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// The path of the present page.
    pub(crate) fn path(&self) -> &str {
        self.page
            .url
            .strip_prefix(self.origin.as_str())
            .unwrap_or(&self.page.url)
    }

    /// A POST that is not sent yet, to a path of this server.
    pub(crate) fn posting(&self, path: &str) -> reqwest::RequestBuilder {
        self.http.post(self.reach(&self.at(path)))
    }

    /// What the browser says of where its own pages are.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    pub(crate) fn reach(&self, url: &str) -> String {
        let path = url
            .strip_prefix(self.origin.as_str())
            .or_else(|| url.strip_prefix(self.reached.as_str()));
        path.map_or_else(|| url.to_owned(), |path| format!("{}{path}", self.reached))
    }

    async fn send(&mut self, url: &str, request: reqwest::RequestBuilder) -> &Page {
        let mut url = url.to_owned();
        let mut reply = self.once(request).await;
        let mut redirects = Vec::new();
        for _ in 0..10 {
            self.keep(&reply);
            let Some(target) = reply.headers.get(LOCATION) else {
                break;
            };
            redirects.push(reply.status);
            let base = Url::parse(&url).expect("the address of a page");
            let target = target.to_str().expect("a Location is ASCII");
            let target = base.join(target).expect("a Location is an address");
            if !target.as_str().starts_with(&self.origin) && !target.as_str().starts_with(&self.reached) {
                self.page = shown(url, reply, Some(target), redirects);
                return &self.page;
            }
            url = target.into();
            let next = self
                .http
                .get(self.reach(&url))
                .header("sec-fetch-site", "same-origin");
            reply = self.once(next).await;
        }
        self.page = shown(url, reply, None, redirects);
        &self.page
    }

    fn keep(&mut self, reply: &Reply) {
        for (name, value) in &reply.headers {
            let value = String::from_utf8_lossy(value.as_bytes());
            self.heard.extend([name.as_str(), ": ", &value, "\n"]);
        }
        self.heard.push_str(&reply.body);
        for line in reply.headers.get_all(SET_COOKIE) {
            let line = line.to_str().expect("a cookie is ASCII");
            let (name, rest) = line.split_once('=').expect("a cookie has a name");
            let value = rest.split(';').next().unwrap_or_default();
            self.set_cookies.push(line.to_owned());
            if value.is_empty() || line.to_ascii_lowercase().contains("max-age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

fn shown(url: String, reply: Reply, left_for: Option<Url>, redirects: Vec<u16>) -> Page {
    Page {
        url,
        status: reply.status,
        headers: reply.headers,
        body: reply.body,
        left_for,
        redirects,
    }
}

/// What a form sends: its own values, with `fill` typed over them.
pub(crate) fn filled(form: &Form, fill: &[(&str, &str)]) -> Vec<(String, String)> {
    let sent = form.inputs.iter().filter(|input| !input.name.is_empty());
    let sent = sent.filter(|input| !matches!(input.kind.as_str(), "checkbox" | "radio") || input.checked);
    sent.map(|input| {
        let typed = fill.iter().find(|(name, _)| *name == input.name);
        (
            input.name.clone(),
            typed.map_or_else(|| input.value.clone(), |(_, value)| (*value).to_owned()),
        )
    })
    .collect()
}
