//! Just enough of Rust's syntax to find functions and tests in a source text.

/// The same text with the insides of comments, strings and character literals blanked, so that
/// braces and words found in it are code. Line breaks stay where they are.
pub(crate) fn code_only(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut code = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = literal_end(bytes, at);
        for byte in &mut code[at..end.max(at)] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at = end.max(at + 1);
    }
    String::from_utf8_lossy(&code).into_owned()
}

/// The end of the comment or literal that starts at `at`; `at` itself when none does.
fn literal_end(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    let preceded_by_word =
        at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
    match rest {
        [b'/', b'/', ..] => at + rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len()),
        [b'/', b'*', ..] => block_comment_end(bytes, at),
        [b'"', ..] => quoted_end(bytes, at + 1, b'"'),
        [b'r', b'"' | b'#', ..] if !preceded_by_word => raw_string_end(bytes, at),
        [b'\'', b'\\', ..] => quoted_end(bytes, at + 1, b'\''),
        [b'\'', _, b'\'', ..] => at + 3,
        // A character literal of several bytes; a lifetime has no closing quote this near.
        [b'\'', first, ..] if !first.is_ascii() => {
            at + 1 + rest[1..].iter().position(|b| *b == b'\'').unwrap_or(0) + 1
        }
        _ => at,
    }
}

fn block_comment_end(bytes: &[u8], start: usize) -> usize {
    let (mut depth, mut at) = (0usize, start);
    while at < bytes.len() {
        match &bytes[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] if depth == 1 => return at + 2,
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    at
}

fn quoted_end(bytes: &[u8], mut at: usize, quote: u8) -> usize {
    while at < bytes.len() && bytes[at] != quote {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(bytes.len())
}

fn raw_string_end(bytes: &[u8], start: usize) -> usize {
    let hashes = bytes[start + 1..].iter().take_while(|b| **b == b'#').count();
    let open = start + 1 + hashes;
    if bytes.get(open) != Some(&b'"') {
        return start;
    }
    let close: Vec<u8> = [&b"\""[..], &vec![b'#'; hashes]].concat();
    let found = bytes[open + 1..].windows(close.len()).position(|w| w == close);
    found.map_or(bytes.len(), |offset| open + 1 + offset + close.len())
}

/// A function: its name, its first line (1-based) and how many lines it takes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) lines: usize,
}

/// Every function with a body in text that [`code_only`] has cleaned.
pub(crate) fn functions(code: &str) -> Vec<Function> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        let starts_word = at == 0 || !is_word(code.as_bytes()[at - 1]);
        let name: String =
            code[at + 3..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if !starts_word || name.is_empty() {
            continue;
        }
        if let Some(end) = body_end(code.as_bytes(), at) {
            let line = line_of(code, at);
            found.push(Function { name, line, lines: line_of(code, end) - line + 1 });
        }
    }
    found
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The closing brace of the body that follows `at`, or `None` for a declaration without one.
fn body_end(bytes: &[u8], at: usize) -> Option<usize> {
    let (mut braces, mut brackets) = (0usize, 0isize);
    for (offset, byte) in bytes[at..].iter().enumerate() {
        match byte {
            b'(' | b'[' => brackets += 1,
            b')' | b']' => brackets -= 1,
            b';' if braces == 0 && brackets == 0 => return None,
            b'{' => braces += 1,
            b'}' if braces <= 1 => return Some(at + offset),
            b'}' => braces -= 1,
            _ => {}
        }
    }
    None
}

fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes()[..at].iter().filter(|b| **b == b'\n').count() + 1
}

/// The lines before the unit tests of a file.
pub(crate) fn lines_without_tests(text: &str) -> usize {
    let end = text.lines().position(|line| line.starts_with("#[cfg(test)]"));
    end.unwrap_or_else(|| text.lines().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_in_strings_and_comments_do_not_count() {
        let text =
            "fn a() {\n  let s = \"}\"; // }\n  let c = '}'; /* } */\n  r#\"}\"#;\n}\nfn b() {}\n";
        let functions = functions(&code_only(text));
        let sizes: Vec<_> = functions.iter().map(|f| (f.name.as_str(), f.line, f.lines)).collect();
        assert_eq!(sizes, [("a", 1, 5), ("b", 6, 1)]);
    }

    #[test]
    fn only_what_is_code_is_left_and_every_line_stays() {
        for (text, code) in [
            ("a // b\nc", "a     \nc"),
            ("a /* b /* c */ d\n */ e", "a               \n    e"),
            ("a \"b\\\"c\" d", "a        d"),
            ("r\"b\" c", "     c"),
            ("r#\"b\"c\"# d", "         d"),
            ("br\"b\" c", "br    c"),
            ("r#type", "r#type"),
            ("'x' 'y", "    'y"),
            ("'\\'' a", "     a"),
            ("'\u{4d9}' a", "     a"),
            ("\"a", "  "),
            ("/* a", "    "),
        ] {
            assert_eq!(code_only(text), code, "{text}");
        }
    }

    #[test]
    fn a_function_ends_where_its_own_braces_do() {
        let code = "fn a() {\n if b {\n  c\n } else {\n  d\n }\n}\nfn e(x: [u8; 2]) {}\n";
        let found = functions(code);
        let sizes: Vec<_> = found.iter().map(|f| (f.name.as_str(), f.line, f.lines)).collect();
        assert_eq!(sizes, [("a", 1, 7), ("e", 8, 1)]);
    }

    #[test]
    fn declarations_and_function_types_are_no_functions() {
        let code = code_only("trait T { fn a(&self, x: [u8; 3]); }\ntype F = fn (u8);\n");
        assert!(functions(&code).is_empty());
    }

    #[test]
    fn lifetimes_are_not_character_literals() {
        let code = code_only("fn a<'x>(s: &'x str) -> &'x str { s }\nfn b() { let c = 'ә'; }\n");
        assert_eq!(functions(&code).len(), 2);
    }

    #[test]
    fn unit_tests_do_not_count_as_lines_of_the_file() {
        assert_eq!(lines_without_tests("a\nb\n#[cfg(test)]\nmod tests {}\n"), 2);
    }
}
