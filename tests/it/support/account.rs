//! A person at their account page.

use super::browser::{Page, filled};
use super::html::Form;
use super::oauth::PASSWORD;
use super::{Browser, Server};

impl Server {
    /// A browser in which this person has opened their account.
    pub(crate) async fn at_account(&self, person: &str) -> Browser {
        let mut browser = Browser::new(self);
        browser.enter_account(person).await;
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
    /// Opens a page of this server.
    pub(crate) async fn visit(&mut self, path: &str) -> &Page {
        let url = self.at(path);
        self.open(&url).await
    }

    /// Signs in at the account page.
    pub(crate) async fn enter_account(&mut self, person: &str) -> &Page {
        self.visit("/account").await;
        self.press("Sign in", &[("username", person), ("password", PASSWORD)])
            .await
    }

    /// The forms of the present page that go to this path.
    pub(crate) fn forms_to(&self, action: &str) -> Vec<Form> {
        let forms = self.page.forms().into_iter();
        forms.filter(|form| form.action == action).collect()
    }

    /// Posts the first form of the present page that goes to this path.
    pub(crate) async fn submit(&mut self, action: &str, fill: &[(&str, &str)]) -> &Page {
        let forms = self.forms_to(action);
        let Some(form) = forms.first() else {
            panic!("no form to {action} on {}: {}", self.page.url, self.page.text())
        };
        let (url, fields) = (self.action_of(form), filled(form, fill));
        self.post(&url, &fields).await
    }
}
