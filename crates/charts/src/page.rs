//! The frame of every report and its recurring pieces.

use crate::html::{Html, element, join};
use std::collections::BTreeSet;

const STYLE: &str = include_str!("style.css");

/// A report under construction.
pub struct Page {
    title: String,
    lead: Html,
    definitions: Vec<Html>,
    defined: BTreeSet<String>,
    sections: Vec<Html>,
}

impl Page {
    /// A page with this heading and a first paragraph.
    pub fn new(title: &str, lead: Html) -> Self {
        let title = title.to_owned();
        let (definitions, defined, sections) = (Vec::new(), BTreeSet::new(), Vec::new());
        Self { title, lead, definitions, defined, sections }
    }

    /// Keeps what other pictures refer to by its id, once however often it is shown.
    pub fn define(&mut self, id: &str, symbol: impl FnOnce() -> Html) {
        if self.defined.insert(id.to_owned()) {
            self.definitions.push(symbol());
        }
    }

    /// A section under a heading.
    pub fn section(&mut self, heading: &str, content: Html) {
        let heading = element("h2", &[], [Html::text(heading)]);
        self.sections.push(element("section", &[], [heading, content]));
    }

    /// The whole file. `made` says when and by what.
    pub fn finish(self, made: &str) -> String {
        let definitions = element(
            "svg",
            &[("class", "definitions"), ("aria-hidden", "true"), ("width", "0"), ("height", "0")],
            [element("defs", &[], self.definitions)],
        );
        let header = element(
            "header",
            &[],
            [
                element("p", &[("class", "mark")], ["Tanba".into()]),
                element("h1", &[], [Html::text(&self.title)]),
                element("div", &[("class", "lead")], [self.lead]),
            ],
        );
        let footer = element("footer", &[], [Html::text(made)]);
        let main = element("main", &[], self.sections);
        let title = Html::text(&self.title);
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
             img-src data:; style-src 'unsafe-inline'\">\n\
             <title>{} · Tanba</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n{}\n{}\n{}\n{}\n\
             </body>\n</html>\n",
            title.as_str(),
            definitions.as_str(),
            header.as_str(),
            main.as_str(),
            footer.as_str(),
        )
    }
}

/// Names and values, in two columns.
pub fn definitions<'a>(entries: impl IntoIterator<Item = (&'a str, Html)>) -> Html {
    let rows = entries.into_iter().map(|(name, value)| {
        let name = element("dt", &[], [Html::text(name)]);
        element("div", &[], [name, element("dd", &[], [value])])
    });
    element("dl", &[("class", "facts")], rows)
}

/// A table; a column whose title starts with `#` holds numbers and stands right.
pub fn html_table(titles: &[&str], rows: impl IntoIterator<Item = Vec<Html>>) -> Html {
    let class = |title: &str| if title.starts_with('#') { "number" } else { "" };
    let head = titles.iter().map(|title| {
        let text = Html::text(title.trim_start_matches('#'));
        element("th", &[("scope", "col"), ("class", class(title))], [text])
    });
    let head = element("thead", &[], [element("tr", &[], head)]);
    let rows = rows.into_iter().map(|cells| {
        let cells = cells
            .into_iter()
            .zip(titles)
            .map(|(cell, title)| element("td", &[("class", class(title))], [cell]));
        element("tr", &[], cells)
    });
    let table = element("table", &[], [head, element("tbody", &[], rows)]);
    element("div", &[("class", "wide")], [table])
}

/// A picture with a caption.
pub fn figure(picture: Html, caption: Html) -> Html {
    element("figure", &[], [picture, element("figcaption", &[], [caption])])
}

/// Pieces side by side where there is room.
pub fn grid(pieces: impl IntoIterator<Item = Html>) -> Html {
    element("div", &[("class", "grid")], [join(pieces)])
}
