//! Just enough HTML to use a page as a person would: forms, inputs, buttons, links.

/// A form as it stands in the page.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    pub(crate) action: String,
    pub(crate) method: String,
    pub(crate) inputs: Vec<Input>,
    pub(crate) buttons: Vec<Button>,
}

#[derive(Debug, Clone)]
pub(crate) struct Input {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) kind: String,
    pub(crate) checked: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Button {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) label: String,
}

/// One start tag with its attributes, and where its content begins.
#[derive(Debug, Clone)]
pub(crate) struct Tag {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    end: usize,
}

impl Tag {
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    fn text(&self, name: &str) -> String {
        self.attribute(name).unwrap_or_default().to_owned()
    }
}

/// Every start tag of a page, in order.
pub(crate) fn tags(html: &str) -> Vec<Tag> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = html[at..].find('<').map(|offset| at + offset) {
        at = start + 1;
        if !html[at..].starts_with(|letter: char| letter.is_ascii_alphabetic()) {
            continue;
        }
        let tag = tag_at(html, at);
        at = tag.end;
        found.push(tag);
    }
    found
}

fn tag_at(html: &str, start: usize) -> Tag {
    let bytes = html.as_bytes();
    let ends_name = |byte: u8| byte.is_ascii_whitespace() || byte == b'>' || byte == b'/';
    let mut at = start;
    while at < bytes.len() && !ends_name(bytes[at]) {
        at += 1;
    }
    let name = html[start..at].to_ascii_lowercase();
    let mut attributes = Vec::new();
    loop {
        while at < bytes.len() && (bytes[at].is_ascii_whitespace() || bytes[at] == b'/') {
            at += 1;
        }
        if at >= bytes.len() || bytes[at] == b'>' {
            return Tag {
                name,
                attributes,
                end: (at + 1).min(bytes.len()),
            };
        }
        let key = at;
        while at < bytes.len() && bytes[at] != b'=' && !ends_name(bytes[at]) {
            at += 1;
        }
        let key = html[key..at].to_ascii_lowercase();
        let value = if bytes.get(at) == Some(&b'=') {
            value_at(html, &mut at)
        } else {
            String::new()
        };
        attributes.push((key, value));
    }
}

/// Reads the value behind an equals sign and leaves `at` behind it.
fn value_at(html: &str, at: &mut usize) -> String {
    let bytes = html.as_bytes();
    *at += 1;
    let quote = bytes
        .get(*at)
        .copied()
        .filter(|byte| matches!(byte, b'"' | b'\''));
    let start = *at + usize::from(quote.is_some());
    let ends = |byte: u8| quote.map_or(byte.is_ascii_whitespace() || byte == b'>', |quote| byte == quote);
    let mut end = start;
    while end < bytes.len() && !ends(bytes[end]) {
        end += 1;
    }
    *at = end + usize::from(quote.is_some());
    unescape(&html[start..end])
}

/// The forms of a page, in order.
pub(crate) fn forms(html: &str) -> Vec<Form> {
    let mut forms: Vec<Form> = Vec::new();
    let mut open = None;
    for tag in tags(html) {
        if open.is_some_and(|end| tag.end > end) {
            open = None;
        }
        if tag.name == "form" {
            let end = html[tag.end..]
                .find("</form")
                .map_or(html.len(), |offset| tag.end + offset);
            open = Some(end);
            let (inputs, buttons) = (Vec::new(), Vec::new());
            forms.push(Form {
                action: tag.text("action"),
                method: tag.text("method"),
                inputs,
                buttons,
            });
        }
        let Some(form) = forms.last_mut().filter(|_| open.is_some()) else {
            continue;
        };
        match tag.name.as_str() {
            "input" => form.inputs.push(Input {
                name: tag.text("name"),
                value: tag
                    .attribute("value")
                    .map_or_else(|| default_value(&tag), str::to_owned),
                kind: tag.text("type"),
                checked: tag.attribute("checked").is_some(),
            }),
            "button" => {
                let end = html[tag.end..]
                    .find("</button")
                    .map_or(html.len(), |offset| tag.end + offset);
                let label = text(&html[tag.end..end]);
                form.buttons.push(Button {
                    name: tag.text("name"),
                    value: tag.text("value"),
                    label,
                });
            }
            _ => {}
        }
    }
    forms
}

fn default_value(tag: &Tag) -> String {
    if tag.attribute("type") == Some("checkbox") {
        "on".to_owned()
    } else {
        String::new()
    }
}

/// What a person reads: tags gone, entities resolved, white space folded.
pub(crate) fn text(html: &str) -> String {
    let mut plain = String::new();
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        plain.push_str(before);
        let hidden = ["style", "script"]
            .into_iter()
            .find(|name| after.starts_with(name));
        let end = hidden.map_or(">".to_owned(), |name| format!("</{name}>"));
        rest = after.split_once(end.as_str()).map_or("", |(_, after)| after);
        plain.push(' ');
    }
    plain.push_str(rest);
    unescape(&plain).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn unescape(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        let known = after
            .split_once(';')
            .and_then(|(name, tail)| Some((entity(name)?, tail)));
        let (letter, tail) = known.unwrap_or(('&', after));
        plain.push(letter);
        rest = tail;
    }
    plain + rest
}

fn entity(name: &str) -> Option<char> {
    if let Some(hex) = name.strip_prefix("#x").or_else(|| name.strip_prefix("#X")) {
        return char::from_u32(u32::from_str_radix(hex, 16).ok()?);
    }
    if let Some(decimal) = name.strip_prefix('#') {
        return char::from_u32(decimal.parse().ok()?);
    }
    let named = [
        ("amp", '&'),
        ("lt", '<'),
        ("gt", '>'),
        ("quot", '"'),
        ("apos", '\''),
        ("nbsp", ' '),
    ];
    named
        .into_iter()
        .find(|(known, _)| *known == name)
        .map(|(_, letter)| letter)
}
