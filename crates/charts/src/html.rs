//! HTML that cannot be broken by the texts put into it: a text becomes [`Html`] only by escaping.

use std::fmt::{Display, Write};

/// Markup.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Html(String);

impl Html {
    /// A text, escaped.
    pub fn text(text: impl Display) -> Self {
        Self(escape(&text.to_string()))
    }

    /// A path or another long word that may be broken anywhere.
    pub fn path(text: impl Display) -> Self {
        element("span", &[("class", "path")], [Self::text(text)])
    }

    /// Ten to a power, such as 10³.
    pub fn power_of_ten(exponent: f64) -> Self {
        let raised = element("sup", &[], [Self::text(format!("{exponent:.1}"))]);
        join([Self::text("10"), raised])
    }

    /// Markup made by this program, with every foreign text in it escaped already.
    pub const fn trusted(markup: String) -> Self {
        Self(markup)
    }

    /// The markup.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Html {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Html {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

/// Pieces one after the other.
pub fn join(pieces: impl IntoIterator<Item = Html>) -> Html {
    Html(pieces.into_iter().map(|piece| piece.0).collect())
}

/// `<tag name="value"…>children</tag>`.
pub fn element(
    tag: &str,
    attributes: &[(&str, &str)],
    children: impl IntoIterator<Item = Html>,
) -> Html {
    let mut markup = format!("<{tag}");
    for (name, value) in attributes {
        let _ = write!(markup, " {name}=\"{}\"", escape(value));
    }
    markup.push('>');
    markup.push_str(&join(children).0);
    let _ = write!(markup, "</{tag}>");
    Html(markup)
}

/// A text as it may stand in an element or a quoted attribute. Control characters, which HTML and
/// SVG do not allow, become U+FFFD.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' | '\t' => escaped.push(' '),
            c if c.is_control() => escaped.push('\u{FFFD}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_can_open_an_element_or_leave_an_attribute() {
        let hostile = "\"><script>alert('x')</script>&\u{1b}";
        let markup = element("p", &[("title", hostile)], [Html::text(hostile)]);
        let safe = "&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;\u{FFFD}";
        assert_eq!(markup.as_str(), format!("<p title=\"{safe}\">{safe}</p>"));
    }
}
