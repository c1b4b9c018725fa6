//! The board in a plain browser, as far as the server sees it: what its page says, and the calls it makes.

use reqwest::header::ORIGIN;
use serde_json::{Value, json};

use super::mcp::Answer;
use super::{Browser, Reply};

/// Where the board calls tools.
pub(crate) const CALL: &str = "/play/call";

impl Browser {
    /// What the board on the present page was told.
    #[track_caller]
    pub(crate) fn told_to_board(&self) -> Value {
        let element = r#"<script type="application/json" id="page">"#;
        let said = self.page.body.split_once(element).map(|(_, rest)| rest);
        let Some((said, _)) = said.and_then(|rest| rest.split_once("</script>")) else {
            panic!(
                "no board on {} ({}): {}",
                self.page.url,
                self.page.status,
                self.page.text()
            )
        };
        let said: Value = serde_json::from_str(said).expect("JSON");
        assert!(said.is_object(), "{said}");
        said
    }

    /// A call as the board on the present page makes it, not sent yet.
    #[track_caller]
    pub(crate) fn calling(&self, tool: &str, arguments: &Value) -> reqwest::RequestBuilder {
        let said = self.told_to_board();
        let csrf = said["csrf"].as_str().expect("a CSRF value");
        self.posting(said["call"].as_str().expect("where to call"))
            .header(ORIGIN, self.origin())
            .header("sec-fetch-site", "same-origin")
            .header("x-csrf-token", csrf)
            .json(&json!({ "tool": tool, "arguments": arguments }))
    }

    /// Calls a tool from the board; whatever comes back.
    pub(crate) async fn ask(&self, tool: &str, arguments: Value) -> Reply {
        self.once(self.calling(tool, &arguments)).await
    }

    /// Calls a tool from the board and reads its answer.
    pub(crate) async fn call(&self, tool: &str, arguments: Value) -> Answer {
        Answer::of_result(self.ask(tool, arguments).await.expect(200).json())
    }
}
