//! Aligned plain-text tables.

/// Where the cells of a column stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A table that sizes its columns to their contents. Control characters in a cell are shown as
/// `?`, so that no file name can steer the terminal.
#[derive(Debug, Clone, Default)]
pub struct Table {
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these column titles.
    pub fn new(columns: &[(&str, Align)]) -> Self {
        let columns = columns.iter().map(|(title, align)| ((*title).to_owned(), *align)).collect();
        Self { columns, rows: Vec::new() }
    }

    /// Appends a row.
    ///
    /// # Panics
    /// When the number of cells is not the number of columns.
    pub fn row<I, S>(&mut self, cells: I) -> &mut Self
    where
        I: IntoIterator<Item = S>,
        S: ToString,
    {
        let cells: Vec<String> = cells.into_iter().map(|cell| plain(&cell.to_string())).collect();
        assert_eq!(cells.len(), self.columns.len(), "a row has one cell per column");
        self.rows.push(cells);
        self
    }

    /// Titles, a rule and the rows, each line ended by a line feed and free of trailing spaces.
    pub fn render(&self) -> String {
        let widths: Vec<usize> = (0..self.columns.len()).map(|index| self.width(index)).collect();
        let titles: Vec<&str> = self.columns.iter().map(|(title, _)| title.as_str()).collect();
        let rule: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
        let mut text = self.line(&titles, &widths);
        text.push_str(&self.line(&rule, &widths));
        for row in &self.rows {
            text.push_str(&self.line(row, &widths));
        }
        text
    }

    fn width(&self, index: usize) -> usize {
        let cells = self.rows.iter().map(|row| row[index].chars().count());
        cells.chain([self.columns[index].0.chars().count()]).max().unwrap_or(0)
    }

    fn line<S: AsRef<str>>(&self, cells: &[S], widths: &[usize]) -> String {
        let padded: Vec<String> = cells
            .iter()
            .zip(widths)
            .zip(&self.columns)
            .map(|((cell, width), (_, align))| match align {
                Align::Left => format!("{:<width$}", cell.as_ref()),
                Align::Right => format!("{:>width$}", cell.as_ref()),
            })
            .collect();
        format!("{}\n", padded.join("  ").trim_end())
    }
}

/// The text with control characters replaced.
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_right_and_words_left_under_their_titles() {
        let mut table = Table::new(&[("subject", Align::Left), ("similarity", Align::Right)]);
        table.row(["Әсел-12", "7"]).row(["b", "1000"]);
        assert_eq!(
            table.render(),
            "subject  similarity\n\
             ───────  ──────────\n\
             Әсел-12           7\n\
             b              1000\n"
        );
    }

    #[test]
    fn a_file_name_cannot_steer_the_terminal() {
        let mut table = Table::new(&[("file", Align::Left)]);
        table.row(["a\x1b[2J\nb"]);
        assert!(table.render().ends_with("a?[2J?b\n"));
    }
}
