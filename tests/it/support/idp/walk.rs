//! The way of a person through a provider: consent, provider, back, by hand.

use super::{Kind, Person, Provider};
use crate::support::browser::Page;
use crate::support::oauth::{Callback, Granted, Request, Tokens, callback};
use crate::support::server::http_client;
use crate::support::{App, Browser, Home, Reply, Server};

impl Server {
    /// A server to which this provider alone leads.
    pub(crate) async fn behind(provider: &Provider) -> Self {
        provider.join(Home::new()).serve().await
    }

    /// Where a provider of this kind sends people back to.
    pub(crate) fn callback_of(&self, kind: Kind) -> String {
        format!("{}/oauth/callback/{}", self.origin(), kind.slug())
    }

    /// A browser that stands before the door of the provider: this request is allowed, and nothing else was done.
    pub(crate) async fn at_provider(&self, request: &Request, provider: &Provider) -> Browser {
        let mut browser = Browser::new(self);
        browser.open(&request.url(self)).await;
        browser.press_allow().await;
        browser.choose(provider).await;
        browser
    }

    /// Walks one authorization as whoever is signed in at the provider: allow, there, and back.
    pub(crate) async fn walk_through(
        &self,
        browser: &mut Browser,
        request: &Request,
        provider: &Provider,
    ) -> Callback {
        browser.open(&request.url(self)).await;
        browser.press_allow().await;
        browser.choose(provider).await;
        browser.go_through(provider).await;
        callback(browser)
    }

    /// A whole sign-in of this person, in a fresh browser.
    pub(crate) async fn sign_in_through(&self, app: &App, provider: &Provider, person: &Person) -> Tokens {
        provider.person(person.clone());
        let request = Request::of(app, self);
        let answer = self
            .walk_through(&mut Browser::new(self), &request, provider)
            .await;
        let code = answer.get("code");
        let granted = Granted {
            code: code.unwrap_or_else(|| panic!("no code: {answer:?}")).clone(),
            pkce: request.pkce,
            app: app.clone(),
        };
        Tokens::of(&self.token(&granted.form()).await)
    }

    /// The account that this person has here.
    pub(crate) async fn subject_through(&self, app: &App, provider: &Provider, person: &Person) -> String {
        let tokens = self.sign_in_through(app, provider, person).await;
        tokens.claims()["sub"].as_str().expect("a subject").to_owned()
    }

    /// A browser in which this person has opened their account through the provider.
    pub(crate) async fn at_account_through(&self, provider: &Provider, person: &Person) -> Browser {
        provider.person(person.clone());
        let mut browser = Browser::new(self);
        browser.visit("/account").await;
        browser.press(&provider.button(), &[]).await;
        browser.go_through(provider).await;
        assert!(
            browser.page.text().contains("Connected apps"),
            "{} ({}): {}",
            browser.page.url,
            browser.page.status,
            browser.page.text()
        );
        browser
    }
}

impl Browser {
    /// Presses the button of this provider where there is a choice.
    pub(crate) async fn choose(&mut self, provider: &Provider) -> &Page {
        if self.page.left_for.is_none() {
            self.press(&provider.button(), &[]).await;
        }
        &self.page
    }

    /// Lets the provider decide and follows it back.
    pub(crate) async fn go_through(&mut self, provider: &Provider) -> &Page {
        let back = self.sent_back(provider).await;
        self.arrive(&back).await
    }

    /// Goes where it was sent, to this provider, and reads where that sends it on to. The cookies of our pages stay.
    pub(crate) async fn sent_back(&self, provider: &Provider) -> String {
        let page = &self.page;
        let Some(there) = page.left_for.as_ref().map(url::Url::as_str) else {
            panic!("still on {} ({}): {}", page.url, page.status, page.text())
        };
        assert!(there.starts_with(&format!("{}/", provider.url(""))), "{there}");
        let reply = Reply::to(http_client().get(there)).await.expect(303);
        reply.header("location").to_owned()
    }
}
